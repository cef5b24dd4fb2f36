"""Replay the blackbody offsets of the face and oral temperature data by date through the policies that watch them.

    python -m tests.evaluation.blackbody_offsets --data DIR --json FILE

Two policies read the offset that the blackbody in view asks for. The gate's (`edge.measure.offset`) judges each shot
and refuses it, which costs a reading. The daily one (`science.md` 5.2 a') flags a day whose median is beyond 2 °C or
more than 1 °C from the median of the fourteen days before: `offset_excess`, which makes the instrument suspect and
costs a visit of the expert. For comparison, the chart of reference checks is run on the daily medians as well, with the
level frozen on the first five days and sigma from those of the first half: what it would cost to treat an offset as a
check. No day of these data is known to be a fault, so every flag counts as cost; its line says what the data say of it.
"""

import argparse
import json
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from central.instruments.cusum import Chart, Design
from edge.measure.offset import CHANGE_C, LARGE_C, MEMORY
from tests.evaluation.face_oral import CAMERAS, load

ARGUMENT = """
What it costs: about one shot in seventy of FLIR and one in four hundred of ICI has no result, and on two of 238 camera
days an expert is called. On both days the only person measured was refused in every shot, with an offset more than a
degree below that of the weeks before and after, while the other camera's rose by over 0.6: rightly refused, whatever
it was. Held against a frozen level as if they were checks, FLIR's offsets would call an expert every fifth day, because
they wander by tenths from day to day: so an offset is drawn as a trend, and flagged only when it jumps or grows beyond
what a camera needs."""
LEVEL_DAYS = 5
SIGMA_C = (0.05, 0.15)
"""Floor and ceiling of a check's sigma (`science.md` 2.5)."""


def by_day(people):
    """The offsets of each day and how many of its shots the gate would have refused."""
    _, refused = people.believed()
    days = defaultdict(lambda: {"offsets_c": [], "refused": 0})
    for i, at in enumerate(people.at):
        known = np.isfinite(people.offset_c[i])
        days[at.date()]["offsets_c"] += people.offset_c[i][known].tolist()
        days[at.date()]["refused"] += int(refused[i].sum())
    return {day: found for day, found in sorted(days.items()) if found["offsets_c"]}


def replay(days):
    """What each policy does on each day, one line a day."""
    medians = {day: float(np.median(found["offsets_c"])) for day, found in days.items()}
    values = list(medians.values())
    level_c = float(np.median(values[:LEVEL_DAYS]))
    half = np.array(values[: len(values) // 2])
    sigma_c = float(np.clip(1.4826 * np.median(np.abs(half - np.median(half))), *SIGMA_C))
    chart, lines = Chart(Design(sigma_c=sigma_c, reference_c=level_c)), []
    for day, median_c in medians.items():
        usual_c = usual(medians, day)
        jump = usual_c is not None and abs(median_c - usual_c) > CHANGE_C
        chart = chart.update(median_c)
        alarmed = chart.flag is not None
        lines.append(
            {
                "date": day.isoformat(),
                "shots": len(days[day]["offsets_c"]),
                "median_c": round(median_c, 2),
                "usual_c": None if usual_c is None else round(usual_c, 2),
                "refused_shots": days[day]["refused"],
                "offset_excess": bool(abs(median_c) > LARGE_C or jump),
                "chart": chart.flag.side.value if chart.flag else None,
            }
        )
        if alarmed:  # an expert looks, finds the blackbody right, and resets the chart
            chart = Chart(chart.design)
    return {"sigma_c": round(sigma_c, 3), "level_c": round(level_c, 2), "days": lines}


def usual(medians, day: date):
    """The median of the fourteen days before, or None on the first day after a pause."""
    before = [value for other, value in medians.items() if timedelta(0) < day - other <= MEMORY]
    return float(np.median(before)) if before else None


def costs(replayed):
    """The sums of one camera."""
    lines = replayed["days"]
    return {
        "days": len(lines),
        "shots": sum(line["shots"] for line in lines),
        "refused_shots": sum(line["refused_shots"] for line in lines),
        "days_with_refusals": sum(line["refused_shots"] > 0 for line in lines),
        "offset_excess": [line["date"] for line in lines if line["offset_excess"]],
        "chart_alarms": sum(line["chart"] is not None for line in lines),
    }


def main() -> None:
    """Print what would have been done, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    args = parser.parse_args()
    replayed = {camera: replay(by_day(load(args.data, camera))) for camera in CAMERAS}
    result = {camera: {"costs": costs(one), **one} for camera, one in replayed.items()}
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    for camera, one in result.items():
        cost = one["costs"]
        print(f"{camera}: {cost['days']} days, {cost['shots']} shots")
        print(f"  gate: {cost['refused_shots']} shots without a result, on {cost['days_with_refusals']} days")
        flagged = cost["offset_excess"]
        print(f"  daily median: offset_excess on {len(flagged)} days {', '.join(flagged)}")
        print(f"  as a chart (sigma {one['sigma_c']} °C, reset after each): {cost['chart_alarms']} alarms")
        for line in one["days"]:
            if line["offset_excess"] or line["refused_shots"]:
                usual_c = "none" if line["usual_c"] is None else f"{line['usual_c']:+.2f}"
                print(
                    f"    {line['date']}  median {line['median_c']:+.2f} (usual {usual_c}), {line['refused_shots']}"
                    f" of {line['shots']} shots refused{', offset_excess' if line['offset_excess'] else ''}"
                )
    print(ARGUMENT)


if __name__ == "__main__":
    main()
