"""`make bench`: everything that is timed, in one run on one machine."""

import argparse
import json
from pathlib import Path

from tests.benchmarks import codecs, pipeline, way

PARTS = {
    "codecs": lambda _: codecs.run(),
    "radiometry": lambda _: pipeline.radiometry(),
    "steps": lambda _: pipeline.steps(),
    "way": lambda options: way.run(options.passages),
}


def main() -> None:
    """Run the parts that were asked for, or all; write the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--passages", type=int, default=30, help="febrile people for the part `way`")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"))
    options = parser.parse_args()
    figures = {part: PARTS[part](options) for part in options.parts or PARTS}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=1, default=str), encoding="utf-8")


if __name__ == "__main__":
    main()
