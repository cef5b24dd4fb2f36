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
from datetime import date, datetime
from pathlib import Path

from central.instruments.cusum import Chart
from central.instruments.streams import DESIGNS, Day, Evidence, Stream, against_fleet, fuse, likely_cause, summarise


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


def replay(days: dict[date, dict[str, Day]]) -> dict[str, list[dict[str, object]]]:
    """What the policy says of each device on each of its days."""
    charts: dict[str, Chart] = defaultdict(lambda: Chart(DESIGNS[Stream.FLEET]))
    flagged: dict[str, int] = defaultdict(int)
    result: dict[str, list[dict[str, object]]] = defaultdict(list)
    for day, devices in days.items():
        for device, summary in sorted(devices.items()):
            others = [other for name, other in devices.items() if name != device]
            line: dict[str, object] = {"date": day.isoformat(), "n": summary.n, "median_c": round(summary.median_c, 2)}
            if value := against_fleet(summary, others):
                chart = charts[device] = charts[device].update(value.value_c, value.sigma_c)
                flagged[device] = flagged[device] + 1 if chart.flag else 0
                state = fuse([Evidence(Stream.FLEET, chart.flag, value.jump, flagged[device])])
                line |= {
                    "against_fleet_c": round(value.value_c, 2),
                    "sigma_c": round(value.sigma_c, 2),
                    "low": round(chart.low, 1),
                    "high": round(chart.high, 1),
                    "state": state.value if state else None,
                    "cause": likely_cause(summary, others).value if state else None,
                }
            result[device].append(line)
    return dict(result)


def evaluate(data: Path) -> dict[str, object]:
    """The replay and, for each device, on which of its days it was first flagged."""
    replayed = replay(read(data / "temp-readings.csv"))
    first = {
        device: next(
            ((number, line["date"], line["cause"]) for number, line in enumerate(lines, 1) if line.get("state")), None
        )
        for device, lines in sorted(replayed.items())
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
        says = f"first flagged on its day {first[0]} ({first[1]}): {first[2]}" if first else "not flagged"
        print(f"{device:22} {says}")


if __name__ == "__main__":
    main()
