"""Monte Carlo through the real code: how fast a drift is found, how often a good instrument is flagged, what remains
after a calibration, and how often conformity is judged wrongly (`science.md` 2.1, 2.3, 5.1).

    python -m tests.evaluation.drift --json FILE [--instruments N] [--years N]

Days are AR(1) 0.3 noise with one outlier of five sigma in a hundred. Checks are made as the gate makes them (its r0,
its repeats, its judgement), sent as `CheckResult` messages, read again, and charted by central with every other stream
of the instrument; what is counted is the state that central concludes on each day. Nothing here knows a formula that
the program does not run.
"""

import argparse
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np

from central.instruments import charts
from central.instruments.assessment import Known, assess, conclude
from central.instruments.cusum import Chart
from central.instruments.days import DayRow, Series
from central.instruments.life import Life
from central.instruments.scatter import ASSUMED, estimate
from central.instruments.streams import DESIGNS, Day, Stream
from contract.calibration import CalibrationPoint, correct
from contract.conformity import Zone, zone
from contract.messages import CheckResult, decode, encode
from contract.topics import Direction, Kind, Topic
from contract.vocabulary import InstrumentState
from edge.technician.check import NEW, Outcome, judge, residual
from edge.technician.fit import fit, point_u_c

START = datetime(2026, 1, 1, 8, tzinfo=UTC)
GOOD_DAYS = 90
"""Days without drift before one begins: the level is learned."""
AFTER_DAYS = 100
LONG_GOOD_DAYS = 190
PUBLISHED = {
    "step 0.3": 3.1,
    "step 0.2": 4.5,
    "step 0.15": 7.0,
    "ramp 0.1 a day": 4.1,
    "ramp 0.02 a day": 9.7,
    "ramp 0.01 a day": 15.0,
}
"""Mean number of checks until the flag, `science.md` 5.1."""
PUBLISHED_TWIN = {"step 0.3": 2.9, "step 0.2": 3.3, "step 0.15": 4.5, "ramp 0.1 a day": 3.6, "ramp 0.02 a day": 8.1}
PUBLISHED_ARL0 = 1540
RESIDUAL_C = 0.064
CONFORMITY = {"w = 0": (0.0, 0.92, 1.9), "w = U": (0.15, 0.02, 13.6)}
"""Guard band, and false accept and reject in per cent of all instruments."""
READING_SD_C = 0.05
PLATE_SD_C = 0.10
CHECK_SIGMA_C = DESIGNS[Stream.REFERENCE_CHECK].sigma_c
U_FIELD_C = 0.43
U_COMMON_C, STABILITY_C, RESOLUTION_C = 0.06, 0.025, 0.01
_TOPIC = Topic("mc", Direction.UP, Kind.CHECK)


def drift_c(name, days):
    """Return how wrong the instrument is on these days, counted from the first one with drift."""
    kind, size = name.split()[:2]
    return float(size) * (np.ones_like(days) if kind == "step" else days)


def daily_noise(rng, streams, days, sigma_c):
    """AR(1) .3 noise with 1 % five-sigma outliers: the days of `science.md` 5.1; shape (days, streams)."""
    noise = np.empty((days, streams))
    value = rng.normal(size=streams)
    for day in range(days):
        value = 0.3 * value + np.sqrt(1 - 0.3**2) * rng.normal(size=streams)
        noise[day] = value
    outlier = rng.random(noise.shape) < 0.01
    noise[outlier] += 5 * rng.choice([-1, 1], outlier.sum())
    return noise * sigma_c


def checks(rng, drifts_c, noise_c):
    """Make a check a day as the gate does; return the messages as central reads them."""
    baseline, plate_c, found = NEW, rng.normal(0, PLATE_SD_C), []
    for number, (drift, noise) in enumerate(zip(drifts_c, noise_c, strict=True)):
        error_c = plate_c + drift + noise
        sets = [_set(rng, error_c, baseline)]
        while (outcome := judge(sets, U_FIELD_C, baseline)) is Outcome.REPEAT:
            # aimed anew: the day's own noise is drawn again, the drift stays
            sets.append(_set(rng, plate_c + drift + rng.normal(0, CHECK_SIGMA_C), baseline))
        passed = outcome is Outcome.PASSED
        mean_c = float(np.mean([one.mean_c for one in sets]))
        found.append(a_check(number, mean_c, residual_c=sets[-1].residual_c, passed=passed))
        baseline = baseline.learn(sets[-1].error_c) if passed else baseline
    return found


def _set(rng, error_c, baseline):
    return residual(rng.normal(36 + error_c, READING_SD_C, 10), 36.0, baseline)


def a_check(number, mean_c, *, residual_c=None, passed=True, certificate=None):
    """Return the message of a check on a day, as central reads it."""
    at = START + timedelta(days=number)
    body = CheckResult(
        id=UUID(int=number),
        instrument="array",
        at=at,
        reference_c=36.0,
        mean_c=round(mean_c, 3),
        residual_c=round(mean_c - 36.0 if residual_c is None else residual_c, 3),
        n=10,
        passed=passed,
        made_by="mc",
        certificate_id=None if certificate is None else UUID(int=certificate),
    )
    sent = encode(body, kind=Kind.CHECK, message_id=body.id, gate="mc", epoch=UUID(int=0), seq=number, sent_at=at)
    return decode(sent, _TOPIC)[1]


LIFE = Life("mc", "array", InstrumentState.IN_SERVICE, START, "mc", "", verified_at=START - timedelta(days=1))


def days_until(flagged, first):
    """Return how many days after the `first` one (numbered from 0) something is flagged; None if earlier or never."""
    number = min(flagged, default=-1)
    return number - first + 1 if number >= first else None


def check_run_lengths(name, n, seed):
    """Return the days to the flag of n instruments that begin to drift on a day: by the chart of their checks alone,
    and by whatever acts first, the chart at central or the action limit with its repeats at the gate."""
    rng = np.random.default_rng(seed)
    noise = daily_noise(rng, n, GOOD_DAYS + AFTER_DAYS, CHECK_SIGMA_C)
    drift = np.concatenate([np.zeros(GOOD_DAYS), drift_c(name, np.arange(1, AFTER_DAYS + 1))])
    found = {"chart": [], "policy": []}
    for one in noise.T:
        made = checks(rng, drift, one)
        charted = flagged_days(charts.reference_checks(LIFE, made, UTC, scatter_of(made[:GOOD_DAYS])))
        failed = [number for number, check in enumerate(made) if not check.passed]
        found["chart"].append(days_until(charted, GOOD_DAYS))
        found["policy"].append(days_until(charted + failed, GOOD_DAYS))
    return {by: [length for length in lengths if length is not None] for by, lengths in found.items()}


def scatter_of(made):
    """Return the scatter that central would estimate from these checks: the only instrument of its model, the hardest
    case."""
    return estimate([{check.at.date(): check.mean_c - check.reference_c for check in made}])


def another_model(sigma_c, n, seed):
    """Return what becomes of instruments whose checks scatter otherwise than assumed, by the chart of their checks:
    the share flagged falsely and the days to the flag of a step of 0.3 °C, for each way to know the sigma."""
    begins = LONG_GOOD_DAYS
    noise = daily_noise(np.random.default_rng(seed), n, begins + AFTER_DAYS, sigma_c)
    step = np.repeat([0.0, 0.3], [begins, AFTER_DAYS])
    found = {"assumed": [], "estimated": []}
    for one in noise.T:
        made = [a_check(day, 36.0 + error_c) for day, error_c in enumerate(one + step)]
        for way, scatter in (("assumed", ASSUMED), ("estimated", scatter_of(made[begins - GOOD_DAYS : begins]))):
            found[way].append(min(flagged_days(charts.reference_checks(LIFE, made, UTC, scatter)), default=None))
    return {
        way: {
            "false": float(np.mean([day is not None and day < begins for day in days])),
            "step 0.3": float(np.mean([day - begins + 1 for day in days if day is not None and day >= begins])),
        }
        for way, days in found.items()
    }


def flagged_days(stream):
    """Return the numbers of the days on which a stream's chart is beyond its limit."""
    return [(point.day - START.date()).days for point in stream.points if point.chart.flag]


def twin_run_lengths(name, n, seed):
    """Return the days to the flag of the chart of the same people through two instruments."""
    rng = np.random.default_rng(seed)
    noise = daily_noise(rng, n, GOOD_DAYS + AFTER_DAYS, DESIGNS[Stream.TWIN].sigma_c)
    noise[GOOD_DAYS:] += drift_c(name, np.arange(1, AFTER_DAYS + 1))[:, None]
    found = []
    for one in noise.T:
        rows = [a_row(number, Series.TWIN, value, n=200, spread_c=0.3) for number, value in enumerate(one)]
        found.append(days_until(flagged_days(charts.twin(LIFE, rows, UTC)), GOOD_DAYS))
    return {"chart": [length for length in found if length is not None]}


def a_row(number, series, value_c, *, n=1000, spread_c=0.5, gate="mc", instrument="array", ambient_c=None):
    """Return a day as central keeps it."""
    day = START.date() + timedelta(days=number)
    summary = Day(n, float(value_c), spread_c, float(value_c) + 0.6, 0.02)
    return DayRow(gate, instrument, series, day, summary, ambient_c, simulated=False)


def instrument_year(rng, days=365):
    """One good instrument with all its streams and three other gates for a year.

    Returns (days it was suspected on or taken out, days it was watched on); each flag begins a new life, as it does
    once an expert has found nothing.
    """
    noise = {stream: daily_noise(rng, 1, days, DESIGNS[stream].sigma_c)[:, 0] for stream in Stream}
    air_c = 22 + daily_noise(rng, 1, days, 1.5)[:, 0]
    slope = rng.normal(0, 0.02)
    rows = [
        row
        for d in range(days)
        for row in (
            a_row(d, Series.PASSERS, 36.5 + slope * (air_c[d] - 22) + noise[Stream.POPULATION][d], ambient_c=air_c[d]),
            a_row(d, Series.TWIN, 0.1 + noise[Stream.TWIN][d], n=200, spread_c=0.3),
            a_row(d, Series.SECOND_MEASUREMENT, -0.2 + noise[Stream.SECOND_MEASUREMENT][d], n=30, spread_c=0.3),
        )
    ]
    for gate in ("b", "c", "d"):
        others = daily_noise(rng, 1, days, DESIGNS[Stream.FLEET].sigma_c)[:, 0]
        rows += [a_row(d, Series.PASSERS, 36.4 + others[d], gate=gate) for d in range(days)]
    made = checks(rng, np.zeros(days), noise[Stream.REFERENCE_CHECK])
    known = Known(rows, START.date() + timedelta(days=days))
    scatter = scatter_of(made[:GOOD_DAYS])
    life, suspected, watched = LIFE, [], []
    while True:
        flagged = _first(assess(life, made, known, UTC, scatter), made, life)
        if flagged is None:
            return suspected, watched
        day, state = flagged
        (suspected if state is InstrumentState.SUSPECT else watched).append(day)
        life = replace(life, reset_at=START + timedelta(days=day, hours=4))


def _first(found, made, life):
    """Return the number of the first day since the last return to service that asks for something, and for what."""
    begin = 0 if life.reset_at is None else (life.reset_at - START).days + 1
    failed = {(check.at - START).days for check in made if not check.passed}
    streams = tuple(replace(one, confirmed=False) for one in found.streams)
    for number in range(begin, len(made)):
        day = START.date() + timedelta(days=number)
        state = conclude(replace(found, day=day, streams=streams)).state
        if state is not None or number in failed:
            return number, InstrumentState.SUSPECT if number in failed else state
    return None


def false_flags(years, seed):
    """Return how often a good instrument is suspected and watched, a year, by which streams."""
    rng = np.random.default_rng(seed)
    found = [instrument_year(rng) for _ in range(years)]
    suspected = [len(one) for one, _ in found]
    return {
        "years": years,
        "suspected_a_year": float(np.mean(suspected)),
        "standard_error": float(np.std(suspected) / np.sqrt(years)),
        "watched_a_year": float(np.mean([len(two) for _, two in found])),
    }


def good_run_length(streams, days, seed):
    """Return values per flag of the bare chart on good values with a known level: the published design."""
    values = daily_noise(np.random.default_rng(seed), streams, days, CHECK_SIGMA_C)
    flags = 0
    for stream in values.T:
        chart = Chart(DESIGNS[Stream.REFERENCE_CHECK])
        for value in stream:
            chart = chart.update(value)
            if chart.flag:
                flags += 1
                chart = Chart(chart.design)
    return values.size / flags


def residuals_c(truth, n, seed):
    """Return the RMS error that remains after a calibration at 34, 37, 39 and 42 °C, by the bench's own fit."""
    rng, left = np.random.default_rng(seed), []
    for _ in range(n):
        common = rng.normal(0, U_COMMON_C)
        points = []
        for reference_c in (34.0, 37.0, 39.0, 42.0):
            shown = truth(reference_c + common) + rng.normal(0, STABILITY_C) + rng.normal(0, READING_SD_C, 10)
            points.append(
                CalibrationPoint(reference_c=reference_c, indicated_c=shown.mean(), n=10, sd_c=float(shown.std(ddof=1)))
            )
        u_c = np.sqrt(np.mean([point_u_c(point, RESOLUTION_C, STABILITY_C) ** 2 for point in points]))
        correction = fit(points, float(u_c), U_COMMON_C).correction
        left += [correct(correction, float(truth(t))) - t for t in (35.0, 37.0, 39.0, 41.0)]
    return float(np.sqrt(np.mean(np.square(left))))


TRUTHS = {
    "offset 0.3": lambda t: t + 0.3,
    "gain +1 %": lambda t: t + 0.01 * (t - 37) + 0.2,
    "gain -3 %": lambda t: t - 0.03 * (t - 37),
}


def conformity(guard_c, n, seed):
    """Return false accept and false reject in per cent: MPE 0.5, process sd 0.25, U 0.15."""
    rng = np.random.default_rng(seed)
    true_c = rng.normal(0, 0.25, n)
    shown_c = true_c + rng.normal(0, 0.075, n)
    accepting = {Zone.PASS} if guard_c else {Zone.PASS, Zone.CONDITIONAL_PASS}
    accepted = np.array([zone(error_c, 0.5, guard_c) in accepting for error_c in shown_c])
    good = np.abs(true_c) <= 0.5
    return 100 * float(np.mean(accepted & ~good)), 100 * float(np.mean(~accepted & good))


def evaluate(n, years):
    """Return every figure beside the published one."""
    lengths = {
        "reference checks": (check_run_lengths, PUBLISHED),
        "twins, the same people": (twin_run_lengths, PUBLISHED_TWIN),
    }
    return {
        "run_lengths": {
            stream: [_lengths(name, published, run(name, n, seed)) for seed, (name, published) in enumerate(of.items())]
            for stream, (run, of) in lengths.items()
        },
        "other_models": {f"{sigma_c:g}": another_model(sigma_c, n, 54) for sigma_c in (0.05, 0.12)},
        "good_run_length": {"found": good_run_length(60, 8000, 52), "published": PUBLISHED_ARL0},
        "false_flags": false_flags(years, 53),
        "residuals_c": {name: residuals_c(truth, 2000, 21) for name, truth in TRUTHS.items()},
        "conformity_pct": {
            name: {"found": conformity(guard_c, 400_000, 23), "published": published}
            for name, (guard_c, *published) in CONFORMITY.items()
        },
    }


def _lengths(name, published, found):
    sums = {
        by: {"mean": float(np.mean(lengths)), "p90": float(np.percentile(lengths, 90)), "n": len(lengths)}
        for by, lengths in found.items()
    }
    return {"drift": name, "published": published, **sums, "lengths": found["chart"]}


def main():
    """Print the tables and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--instruments", type=int, default=300, help="for each kind of drift")
    parser.add_argument("--years", type=int, default=150, help="of good instruments")
    args = parser.parse_args()
    result = evaluate(args.instruments, args.years)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    for stream, rows in result["run_lengths"].items():
        print(f"{stream}: values until the flag")
        for row in rows:
            chart, policy = row["chart"], row.get("policy")
            print(
                f"  {row['drift']:18} mean {chart['mean']:5.1f}  p90 {chart['p90']:4.0f}"
                f"   published {row['published']:4.1f} ({100 * (chart['mean'] / row['published'] - 1):+.0f} %)"
                + (f"   with the action limit {policy['mean']:4.1f}" if policy else "")
            )
    for sigma_c, ways in result["other_models"].items():
        for way, of in ways.items():
            print(
                f"a model whose checks scatter {sigma_c} °C, sigma {way:9}: falsely flagged within"
                f" {LONG_GOOD_DAYS} days {100 * of['false']:.0f} %, step 0.3 found in {of['step 0.3']:.1f}"
            )
    good, flags = result["good_run_length"], result["false_flags"]
    print(f"a good stream, level known: {good['found']:.0f} values a flag, published {good['published']}")
    print(
        f"a good instrument, all streams, levels learned: suspected {flags['suspected_a_year']:.2f} times a year"
        f" (± {2 * flags['standard_error']:.2f}), watched {flags['watched_a_year']:.2f} times; at most 1 was asked for"
    )
    for name, left_c in result["residuals_c"].items():
        print(f"left after calibration, {name:10}: {1000 * left_c:.0f} mK, published {1000 * RESIDUAL_C:.0f} mK")
    for name, row in result["conformity_pct"].items():
        (accept, reject), (accept_p, reject_p) = row["found"], row["published"]
        print(f"{name}: falsely accepted {accept:.3f} % ({accept_p}), falsely rejected {reject:.1f} % ({reject_p})")


if __name__ == "__main__":
    main()
