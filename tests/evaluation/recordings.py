"""How many people a gate screens on real recordings of checkpoints, and how often it screens nobody.

`python -m tests.evaluation.recordings --data DIR --json FILE`

Every .cptv in DIR goes through the real way: replay link, `lepton_y16` decoder, lane. `recordings.csv` says how many
people tried (`people_scanned`; empty: unknown, and then the recording counts for nothing). A reading is a measurement
with a skin temperature, whatever its verdict. Fewer readings than people: the rest is missed. A reading in a recording
in which nobody tried is a false one.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from contract.clock import Instant
from drivers.capture import CaptureUnreadable
from drivers.devices.lepton_y16 import SPEC
from drivers.link import LinkEnded
from drivers.replay_link import ReplayLink
from edge.events import Air, PassageDecided, Picture
from tests.evaluation.checkpoint import AMBIENT_C, CAMERA, REFERENCE_C, DataRefused, lane, table

AIR = Air(AMBIENT_C, 1.5, 50.0)
START = Instant(datetime(2021, 1, 1, tzinfo=UTC), 0)


class StoppedClock:
    """Recorded time is all that counts here."""

    def now(self):
        """Return the start of the playback."""
        return START


def samples(path):
    """Yield what the driver makes of a recording's bytes, at the recorded times."""
    link, decoder = ReplayLink(f"replay://{path.resolve()}?speed=max", SPEC, StoppedClock()), SPEC.decoder(CAMERA)
    try:
        while True:
            yield from decoder.feed(link.read(0.0), link.at())
    except LinkEnded:
        yield from decoder.feed(b"", link.at().later(1.0))
    finally:
        link.close()


def play(recorded, reference_c):
    """Return the readings, the people without one, and what the camera was told not to do."""
    screening, first_seen_s, spoiled = lane(reference_c), {}, Counter()
    readings, without, since_shutter_s, frames = [], [], None, 0
    for sample in recorded:
        frames += 1
        since_shutter_s = getattr(sample, "since_shutter_s", None)
        events = screening.feed(sample, AIR)
        for picture in (event for event in events if isinstance(event, Picture)):
            for face in picture.faces:
                first_seen_s.setdefault(face.track, seconds(picture.mono_ns))
                spoiled.update([face.refused.value] if face.refused else [])
        for decided in (event for event in events if isinstance(event, PassageDecided)):
            (readings if decided.measurement.skin_c is not None else without).append(
                summary(decided, first_seen_s, since_shutter_s)
            )
    return readings, without, spoiled, frames


def summary(decided, first_seen_s, since_shutter_s):
    """Return one verdict as JSON."""
    measured, t_s = decided.measurement, seconds(decided.decided_by_mono_ns)
    return {
        "t_s": round(t_s, 3),
        "site": measured.site.value if measured.site else None,
        "skin_c": measured.skin_c,
        "u_c": measured.u_c,
        "verdict": decided.verdict.kind.value,
        "reasons": [reason.value for reason in decided.verdict.reasons],
        "frames_used": measured.frames_used,
        "after_s": round(t_s - first_seen_s.get(decided.track, t_s), 3),
        "since_shutter_s": since_shutter_s,
    }


def seconds(mono_ns):
    """Return seconds since the start of the playback."""
    return (mono_ns - START.mono_ns) / 1e9


def evaluate(folder, reference_c):
    """Return the figures over all recordings of a folder. Raises DataRefused."""
    rows, paths = table(folder), sorted(folder.rglob("*.cptv"))
    if not paths:
        raise DataRefused(f"no .cptv in {folder}")
    recordings = []
    for path in paths:
        row = rows.get(path.stem, {})
        set_c = float(row.get("operator_calibration_c") or reference_c)
        readings, without, spoiled, frames = play(samples(path), set_c)
        if not frames:
            raise DataRefused(f"{path} holds no frame that could be read")
        recordings.append(
            {
                "recording": path.stem,
                "people_scanned": int(float(row["people_scanned"])) if row.get("people_scanned") else None,
                "readings": readings,
                "without_reading": without,
                "frames": frames,
                "spoiled_frames": dict(spoiled.most_common()),
                "reference_assumed_c": set_c,
            }
        )
    return figures(recordings)


def figures(recordings):
    """Return the sums over recordings of which it is known how many people tried."""
    known = [one for one in recordings if one["people_scanned"] is not None]
    idle = [one for one in known if not one["people_scanned"]]
    waits = [reading["after_s"] for one in recordings for reading in one["readings"]]
    shutters = [r["since_shutter_s"] for one in recordings for r in one["readings"] if r["since_shutter_s"] is not None]
    return {
        "tried": sum(one["people_scanned"] for one in known),
        "missed": sum(max(0, one["people_scanned"] - len(one["readings"])) for one in known),
        "surplus": sum(max(0, len(one["readings"]) - one["people_scanned"]) for one in known if one["people_scanned"]),
        "not_tried": len(idle),
        "false_readings": sum(bool(one["readings"]) for one in idle),
        "median_s": median(waits) if waits else None,
        "least_since_shutter_s": min(shutters, default=None),
        "per_recording": recordings,
    }


def report(result):
    """Return the table for the screen."""
    lines = [f"{'recording':14} {'tried':>5} {'readings':>8}  skin (u) °C, seconds from first sight; spoiled frames"]
    for one in result["per_recording"]:
        tried = "?" if one["people_scanned"] is None else one["people_scanned"]
        values = "  ".join(
            f"{r['skin_c']:.2f} ({r['u_c']:.2f}) {r['site']} {r['after_s']:.1f} s" for r in one["readings"]
        )
        spoiled = " ".join(f"{reason} {count}" for reason, count in one["spoiled_frames"].items())
        lines.append(f"{one['recording']:14} {tried:>5} {len(one['readings']):>8}  {values}; {spoiled or '-'}")
    wait = "-" if result["median_s"] is None else f"{result['median_s']:.2f} s"
    lines.append(
        f"tried {result['tried']}, missed {result['missed']}; recordings with nobody trying {result['not_tried']}, "
        f"with a reading {result['false_readings']}; median {wait} from first sight to reading; "
        f"least after a shutter {result['least_since_shutter_s']} s"
    )
    return "\n".join(lines)


def main(arguments=None):
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with .cptv files and recordings.csv")
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument(
        "--reference-c", type=float, default=REFERENCE_C, help="assumed temperature of references that no row tells"
    )
    options = parser.parse_args(arguments)
    try:
        result = evaluate(options.data, options.reference_c)
    except (DataRefused, CaptureUnreadable) as refused:
        print(refused, file=sys.stderr)
        return 2
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(report(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
