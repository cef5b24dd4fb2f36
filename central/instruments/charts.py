"""From stored values to the chart of every stream of one instrument.

Nothing of a chart is stored: it is run again from the values each time, so a design that changes changes the past with
it, and the page shows the very sums that flagged. Values before the last return to service belong to another life of
the instrument; levels (the plate's own error, the population's line, the usual difference to a twin or to other
stations) start at the last verification, are learned from the first values and are then frozen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import groupby
from statistics import fmean, median
from typing import Final

from central.instruments import regression
from central.instruments.cusum import Chart
from central.instruments.days import DayRow
from central.instruments.level import Level
from central.instruments.life import Life
from central.instruments.scatter import ASSUMED, Scatter
from central.instruments.streams import DESIGNS, USUAL_C, Evidence, Stream, Value, against_fleet
from contract.messages import CheckResult

ACTION_LIMIT_C: Final = 0.25
REPEATS: Final = 3
READINGS: Final = 10
MIN_PASSERS: Final = 20
"""For the population's line. Where days are compared with others, a day's sigma says how few passers it had."""
MIN_PAIRS: Final = 50
MIN_CONTACTS: Final = 10


@dataclass(frozen=True, slots=True)
class Levelled:
    """One value of a stream that has a level to learn."""

    day: date
    value: Value
    counts: bool
    """False for values before the last return to service: they tell the level, but belong to another chart."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a stream, less its level, and the chart after it."""

    day: date
    value: Value
    chart: Chart


@dataclass(frozen=True, slots=True)
class StreamChart:
    """One stream of one instrument."""

    stream: Stream
    points: tuple[Point, ...]
    confirmed: bool = False
    """Reference checks only: the action limit was exceeded and three repeats agreed."""

    @property
    def days_flagged(self) -> int:
        """How many of the newest values were flagged without interruption."""
        count = 0
        for point in reversed(self.points):
            if point.chart.flag is None:
                break
            count += 1
        return count

    def evidence(self) -> Evidence:
        """Return what this stream says now."""
        if not self.points:
            return Evidence(self.stream, None, confirmed=self.confirmed)
        newest = self.points[-1]
        return Evidence(self.stream, newest.chart.flag, newest.value.jump, self.days_flagged, confirmed=self.confirmed)


def reference_checks(life: Life, made: Sequence[CheckResult], zone: tzinfo, scatter: Scatter = ASSUMED) -> StreamChart:
    """Return the chart of these checks, one value a day, the first check first.

    What is charted is the error against the plate under the certificate now in force, less its level: the gate's own
    residual is the bare error while r0 is being learned, and r0 itself is known only to a third of a sigma.
    """
    after = [check for check in made if life.verified_at is None or check.at >= life.verified_at]
    in_force = after[-1].certificate_id if after else None
    known = [check for check in after if check.certificate_id in {in_force, None}]
    back = life.reset_at

    def of_day(check: CheckResult) -> tuple[date, bool]:
        return check.at.astimezone(zone).date(), back is None or check.at >= back

    values = [
        Levelled(day, Value(median(_error_c(check) for check in checks), scatter.sigma_c), counts)
        for (day, counts), checks in groupby(known, key=of_day)
    ]
    lately = [check for check in known if back is None or check.at >= back]
    return levelled(Stream.REFERENCE_CHECK, values, confirmed=_confirmed(lately))


def population(life: Life, own: Sequence[DayRow], zone: tzinfo) -> StreamChart:
    """Return the chart of the passers' daily medians about the frozen line."""
    own = _whole_days(life, own, zone, MIN_PASSERS)
    line = regression.learn(own)
    if line is None:
        return StreamChart(Stream.POPULATION, ())
    values = [
        (row.day, Value(line.residual_c(row), line.widened(_sigma_c(Stream.POPULATION, row))))
        for row in own[regression.LEARNING_DAYS :]
        if after(row.day, life.reset_at, zone)
    ]
    return _run(Stream.POPULATION, values)


def twin(life: Life, own: Sequence[DayRow], zone: tzinfo) -> StreamChart:
    """Return the chart against the other instruments of the gate, on the same people."""
    return _compared(Stream.TWIN, life, own, zone, MIN_PAIRS)


def fleet(life: Life, own: Sequence[DayRow], others: dict[date, list[DayRow]], zone: tzinfo) -> StreamChart:
    """Return the chart against the other gates of each day; simulated and real ones are never compared."""
    values = []
    for row in _whole_days(life, own, zone, 1):
        compared = [
            one.summary for one in others.get(row.day, ()) if one.gate != life.gate and one.simulated == row.simulated
        ]
        if (value := against_fleet(row.summary, compared)) is not None:
            values.append(Levelled(row.day, value, after(row.day, life.reset_at, zone)))
    return levelled(Stream.FLEET, values)


def contacts(life: Life, own: Sequence[DayRow], zone: tzinfo) -> StreamChart:
    """Return the chart against contact thermometers."""
    return _compared(Stream.SECOND_MEASUREMENT, life, own, zone, MIN_CONTACTS)


def levelled(stream: Stream, values: Iterable[Levelled], *, confirmed: bool = False) -> StreamChart:
    """Hold each value against the level of those before it, and chart those that count."""
    level, chart, points = Level(USUAL_C[stream]), Chart(DESIGNS[stream]), []
    for one in values:
        above = level.less(one.value)
        if one.counts:
            chart = chart.update(above.value_c, above.sigma_c)
            points.append(Point(one.day, above, chart))
        level = level.learn(one.value, chart)
    return StreamChart(stream, tuple(points), confirmed)


def after(day: date, at: datetime | None, zone: tzinfo) -> bool:
    """Say whether a whole day lies after a moment: the day of a return to service holds both lives."""
    return at is None or day > at.astimezone(zone).date()


def _confirmed(made: Sequence[CheckResult]) -> bool:
    """Say whether three repeats agreed with a check that the gate did not accept (`science.md` 5.1)."""
    if not made or made[-1].passed:
        return False
    if made[-1].n >= REPEATS * READINGS:
        return True
    newest = made[-1 - REPEATS :]
    beyond = all(not check.passed for check in newest)
    return len(newest) == 1 + REPEATS and beyond and abs(fmean(c.residual_c for c in newest[1:])) > ACTION_LIMIT_C


def _error_c(check: CheckResult) -> float:
    return check.mean_c - check.reference_c


def _sigma_c(stream: Stream, row: DayRow) -> float:
    return max(DESIGNS[stream].sigma_c, row.summary.sigma_c)


def _compared(stream: Stream, life: Life, own: Sequence[DayRow], zone: tzinfo, least: int) -> StreamChart:
    """Return the chart of a series of differences, whose usual size is the level."""
    days = _whole_days(life, own, zone, least)
    return levelled(
        stream,
        (
            Levelled(row.day, Value(row.summary.median_c, _sigma_c(stream, row)), after(row.day, life.reset_at, zone))
            for row in days
        ),
    )


def _whole_days(life: Life, own: Iterable[DayRow], zone: tzinfo, least: int) -> list[DayRow]:
    return [row for row in own if row.summary.n >= least and after(row.day, life.verified_at, zone)]


def _run(stream: Stream, values: Iterable[tuple[date, Value]]) -> StreamChart:
    chart, points = Chart(DESIGNS[stream]), []
    for day, value in values:
        chart = chart.update(value.value_c, value.sigma_c)
        points.append(Point(day, value, chart))
    return StreamChart(stream, tuple(points))
