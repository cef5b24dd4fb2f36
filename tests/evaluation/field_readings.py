"""Replay what six fielded devices showed, by device and day, through the real drift streams.

    python -m tests.evaluation.field_readings --data DIR --json FILE

DIR holds `temp-readings.csv`. The readings are skin temperatures without ambient or reference, from devices whose
one-point calibrations differ, so only the comparison with the fleet of the same day can be made. What a day's shape
says of the cause is in `central.instruments.streams.likely_cause`.
"""

import argparse
import csv
import json
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from statistics import median

from central.instruments.assessment import Assessment, Known, assess, conclude
from central.instruments.days import DayRow, Series
from central.instruments.life import Life
from central.instruments.streams import Day, Stream, against_fleet, likely_cause, summarise
from contract.vocabulary import InstrumentState

ARGUMENT = """
fs-1220 is rightly flagged: from its second day on it lies a degree and more below the others and goes on falling, to
31.7 degrees where the others stay at 36. Its best readings fall less than its middle ones and its spread grows, which
is not an offset: it looks past faces, or people come in cold. What it is only a plate before it can say.
fs-1204 and tko-1007 read 0.5 high from their first day and stay there. That is no drift, and readings of skin at other
doors can differ so much by place alone: rightly not flagged as drift, but a level that nobody has checked against a
reference is not a good one either; a second measurement or the first check finds it.
fs-1217 lies 1.2 low on one Saturday on which only the two that read high were there beside it; against them it lies
low on nearly every day. Rightly not flagged: of two others nobody knows whether it is they who are off.
fs-1216 and fs-1228 stay within 0.4 of the fleet: rightly not flagged."""


def read(path: Path) -> dict[date, dict[str, Day]]:
    """The day of each device, for devices with enough passers."""
    values: dict[tuple[date, str], list[float]] = defaultdict(list)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.strptime(row["Date/Time"].split(" GMT")[0], "%a %b %d %Y %H:%M:%S")
            values[at.date(), row["Device"]].append(float(row["Screened Temp C"]))
    days: dict[date, dict[str, Day]] = defaultdict(dict)
    for (day, device), readings in values.items():
        if summary := summarise(readings):
            days[day][device] = summary
    return dict(sorted(days.items()))


def rows_of(days: dict[date, dict[str, Day]]) -> list[DayRow]:
    """The days as central keeps them, each device at a gate of its own."""
    return [
        DayRow(device, "array", Series.PASSERS, day, summary, None, simulated=False)
        for day, devices in days.items()
        for device, summary in devices.items()
    ]


def replay(days: dict[date, dict[str, Day]]) -> dict[str, list[dict[str, object]]]:
    """What central concludes of each device at the end of each of its days; nothing is known of before."""
    rows = rows_of(days)
    known = Known(rows, max(days))
    first = datetime.combine(min(days), time(), UTC)
    result: dict[str, list[dict[str, object]]] = {}
    for device in sorted({row.gate for row in rows}):
        life = Life(device, "array", InstrumentState.IN_SERVICE, first, "", "")
        whole = assess(life, [], known, UTC)
        result[device] = [
            _line(day, devices[device], conclude(replace(whole, day=day)), known.others(life, day))
            for day, devices in days.items()
            if device in devices
        ]
    return result


def _line(day: date, own: Day, found: Assessment, others: list[DayRow]) -> dict[str, object]:
    line: dict[str, object] = {"date": day.isoformat(), "n": own.n, "median_c": round(own.median_c, 2), "state": None}
    fleet = next(one for one in found.streams if one.stream is Stream.FLEET)
    if fleet.points and fleet.points[-1].day == day:
        newest, state = fleet.points[-1], found.state
        summaries = [row.summary for row in others]
        raw = against_fleet(own, summaries)
        line |= {
            "against_fleet_c": round(raw.value_c, 2) if raw else None,
            "less_usual_c": round(newest.value.value_c, 2),
            "sigma_c": round(newest.value.sigma_c, 2),
            "low": round(newest.chart.low, 1),
            "high": round(newest.chart.high, 1),
            "state": state.value if state else None,
            "cause": likely_cause(own, summaries).value if state else None,
        }
    return line


def evaluate(data: Path) -> dict[str, object]:
    """The replay and, for each device, on which of its days it was first flagged."""
    replayed = replay(read(data / "temp-readings.csv"))
    first = {
        device: next(
            ((number, line["date"], line["cause"]) for number, line in enumerate(lines, 1) if line["state"]), None
        )
        for device, lines in replayed.items()
    }
    return {"first_flag": first, "devices": replayed}


def main() -> None:
    """Print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    args = parser.parse_args()
    result = evaluate(args.data)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    for device, first in result["first_flag"].items():
        apart = [line["against_fleet_c"] for line in result["devices"][device] if line.get("against_fleet_c")]
        says = f"first flagged on its day {first[0]} ({first[1]}): {first[2]}" if first else "not flagged"
        level = f"usually {median(apart):+.2f}, {min(apart):+.2f} to {max(apart):+.2f}"
        print(f"{device:20} against the fleet {level}; {says}")
    print(ARGUMENT)


if __name__ == "__main__":
    main()
