"""Run every evaluation: `python -m tests.evaluation [--data DIR] [--out DIR]`.

Tables go to the screen; JSON files, pictures and report.html to build/eval/. What needs real data that are not here is
left out, and says so.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.evaluation.face_oral import load_all
from tests.evaluation.fit import fit
from tests.evaluation.plots import crowd_plots, drift_plots, fever_plots, offset_plots
from tests.evaluation.report import page
from tests.evaluation.summary import rows

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True)
class Evaluation:
    """One program of this package."""

    title: str
    module: str
    data: str | None = None
    """Folder of the real data that it needs."""
    options: tuple[str, ...] = ("--data",)
    """Those that take that folder."""


ALL = (
    Evaluation("Fever: real faces with oral temperatures", "fever", "face_oral_temp", ("--fit", "--data")),
    Evaluation("Simulated crowds and the reference's filter", "crowds"),
    Evaluation("Linearity: phantoms of 35-40 °C through every kind of instrument", "linearity"),
    Evaluation("Faces found on checkpoint pictures", "faces", "checkpoint_recordings"),
    Evaluation("Checkpoint recordings: people who tried and got a reading", "recordings", "checkpoint_recordings"),
    Evaluation("Drift and calibration: how fast it is found, what it costs in false flags", "drift"),
    Evaluation("Field readings: the device that slid", "field_readings", "field_readings"),
    Evaluation("Blackbody offsets by date: what the policy does and costs", "blackbody_offsets", "face_oral_temp"),
)


def main(arguments=None):
    """Run from the command line; returns how many evaluations failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SHARED, help="folder of the real data")
    parser.add_argument("--out", type=Path, default=Path("build/eval"))
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    sections, commands, results, failed = [], [], {}, 0
    for evaluation in ALL:
        command, why_not = _command(evaluation, options.data, options.out)
        print(f"\n== {evaluation.title}", flush=True)
        if why_not:
            print(why_not)
            continue
        began_s = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        print(done.stdout, done.stderr, f"({time.monotonic() - began_s:.0f} s)", sep="", flush=True)
        failed += done.returncode != 0
        if not done.returncode:
            results[evaluation.module] = json.loads((options.out / f"{evaluation.module}.json").read_text("utf-8"))
        commands.append(" ".join(["python", *command[1:]]))
        sections.append((evaluation.title, done.stdout + done.stderr, _pictures(evaluation, done, options)))
    (options.out / "report.html").write_text(page(sections, commands, rows(results)), encoding="utf-8")
    print(f"\nreport: {options.out / 'report.html'}")
    return failed


def _command(evaluation, data, out):
    """Return the command line of an evaluation, and why it cannot run, if so."""
    module = f"tests.evaluation.{evaluation.module}"
    if importlib.util.find_spec(module) is None:
        return [], f"{module} is not part of this tree"
    command = [sys.executable, "-m", module, "--json", str(out / f"{evaluation.module}.json")]
    if evaluation.module == "crowds" and (reference := data.parent / "science").is_dir():
        command += ["--reference", str(reference)]
    if evaluation.data is None:
        return command, ""
    folder = data / evaluation.data
    if not folder.is_dir():
        return [], f"left out: the real data {folder} are not here"
    for option in evaluation.options:
        command += [option, str(folder)]
    return command, ""


def _pictures(evaluation, done, options):
    if done.returncode:
        return []
    drawn = {"drift": drift_plots, "crowds": crowd_plots, "blackbody_offsets": offset_plots}
    if evaluation.module in drawn:
        result = json.loads((options.out / f"{evaluation.module}.json").read_text(encoding="utf-8"))
        return drawn[evaluation.module](result, options.out)
    if evaluation.module == "fever":
        cameras = load_all(options.data / evaluation.data)
        return fever_plots(cameras, fit(cameras), options.out)
    return []


if __name__ == "__main__":
    sys.exit(main())
