"""From stored values to the charts of every stream of one instrument, and to what they say together.

Nothing of a chart is stored: it is run again from the values each time, so a design that changes changes the past with
it, and the page shows the very sums that flagged. Values before the last return to service belong to another life of
the instrument; levels (r0, the population's line, the usual difference to other stations) start at the last
verification and are then frozen.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from statistics import median
from typing import Final

from sqlalchemy import Connection, select

from central.instruments import regression
from central.instruments.cusum import Chart
from central.instruments.days import DayRow, Series, bounds, load
from central.instruments.life import Life
from central.instruments.streams import (
    DESIGNS,
    Cause,
    Evidence,
    Stream,
    Value,
    against_fleet,
    fuse,
    likely_cause,
)
from central.store.tables import instrument_reports
from contract.messages import CheckResult
from contract.topics import Kind
from contract.vocabulary import InstrumentState

ACTION_LIMIT_C: Final = 0.25
REPEATS: Final = 3
READINGS: Final = 10
MIN_PASSERS: Final = 100
MIN_CONTACTS: Final = 10
LEVEL_DAYS: Final = 5
"""Days after a verification whose median makes the usual difference to other stations or to contact thermometers."""
PARALLEL_SIGMA_C: Final = 0.09
"""Parallel lanes with 100 people each; the 0.06 of the design is for the same people on both."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a stream, and the chart after it."""

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


@dataclass(frozen=True, slots=True)
class Assessment:
    """What all streams of one instrument say on a day."""

    gate: str
    instrument: str
    day: date
    streams: tuple[StreamChart, ...]
    state: InstrumentState | None
    """WATCH, SUSPECT, or None where nothing speaks against it."""
    cause: Cause | None

    @property
    def speaking(self) -> tuple[StreamChart, ...]:
        """The streams that speak against it."""
        return tuple(one for one in self.streams if (e := one.evidence()).flag is not None or e.jump or e.confirmed)


class Known:
    """The daily values of all instruments up to a day, read once for many assessments."""

    def __init__(self, connection: Connection, until: date) -> None:
        self.until = until
        self._by_day: dict[date, list[DayRow]] = defaultdict(list)
        self._own: dict[tuple[str, str, Series], list[DayRow]] = defaultdict(list)
        for series in Series:
            for row in load(connection, series, until):
                self._own[row.gate, row.instrument, series].append(row)
                if series is Series.PASSERS:
                    self._by_day[row.day].append(row)

    def own(self, life: Life, series: Series) -> list[DayRow]:
        """Return the days of one instrument, the first first."""
        return self._own[life.gate, life.instrument, series]

    def others(self, life: Life, day: date) -> list[DayRow]:
        """Return the other instruments' passers of a day."""
        return [row for row in self._by_day[day] if (row.gate, row.instrument) != (life.gate, life.instrument)]


def assess(connection: Connection, life: Life, known: Known, zone: tzinfo) -> Assessment:
    """Return what is known about an instrument at the end of a day; reads only what was stored by then."""
    day = known.until
    charts = (
        reference_checks(connection, life, bounds(day, zone)[1], zone),
        _population(life, known, zone),
        _twin(life, known, zone),
        _fleet(life, known, zone),
        _contacts(life, known, zone),
    )
    state = fuse(chart.evidence() for chart in charts)
    own = [row for row in known.own(life, Series.PASSERS) if row.day == day]
    others = [row.summary for row in known.others(life, day)]
    cause = likely_cause(own[-1].summary, others) if state and own else None
    return Assessment(life.gate, life.instrument, day, charts, state, cause)


def assess_checks(connection: Connection, life: Life, check: CheckResult, zone: tzinfo) -> Assessment:
    """Return what the reference checks alone say, as soon as one comes in."""
    day = check.at.astimezone(zone).date()
    chart = reference_checks(connection, life, bounds(day, zone)[1], zone)
    return Assessment(life.gate, life.instrument, day, (chart,), fuse([chart.evidence()]), None)


def checks(connection: Connection, life: Life, since: datetime | None, until: datetime) -> list[CheckResult]:
    """Return the reference checks of an instrument, the first first."""
    own = instrument_reports.c.gate == life.gate, instrument_reports.c.instrument == life.instrument
    query = select(instrument_reports.c.body).where(*own, instrument_reports.c.kind == Kind.CHECK)
    query = query.where(instrument_reports.c.at < until)
    if since is not None:
        query = query.where(instrument_reports.c.at >= since)
    rows = connection.execute(query.order_by(instrument_reports.c.at))
    return [CheckResult.model_validate(row.body) for row in rows]


def reference_checks(connection: Connection, life: Life, end: datetime, zone: tzinfo) -> StreamChart:
    """Return the chart of the checks since the last return to service, one value a day."""
    made = checks(connection, life, life.reset_at, end)
    by_day: dict[date, list[float]] = {}
    for check in made:
        by_day.setdefault(check.at.astimezone(zone).date(), []).append(check.residual_c)
    sigma_c = DESIGNS[Stream.REFERENCE_CHECK].sigma_c
    values = [(day, Value(median(residuals), sigma_c)) for day, residuals in by_day.items()]
    newest = [check.residual_c for check in made[-1 - REPEATS :]]
    beyond = [residual for residual in newest if abs(residual) > ACTION_LIMIT_C]
    repeats = newest[1:]
    # the first one beyond the limit, then three repeats whose mean is beyond it as well
    repeated = len(newest) == 1 + REPEATS and newest[0] in beyond and abs(sum(repeats) / REPEATS) > ACTION_LIMIT_C
    at_once = bool(made) and not made[-1].passed and made[-1].n >= REPEATS * READINGS
    confirmed = repeated or at_once
    return _run(Stream.REFERENCE_CHECK, values, confirmed=confirmed)


def _population(life: Life, known: Known, zone: tzinfo) -> StreamChart:
    own = _own_days(life, known, zone)
    line = regression.learn(own)
    if line is None:
        return StreamChart(Stream.POPULATION, ())
    floor_c = DESIGNS[Stream.POPULATION].sigma_c
    values = [
        (row.day, Value(line.residual_c(row), max(floor_c, row.summary.sigma_c)))
        for row in own[regression.LEARNING_DAYS :]
        if _after(row.day, life.reset_at, zone)
    ]
    return _run(Stream.POPULATION, values)


def _twin(life: Life, known: Known, zone: tzinfo) -> StreamChart:
    """Against the other lanes of the same gate: the same crowd through another instrument."""
    values = []
    for row in _own_days(life, known, zone):
        others = known.others(life, row.day)
        twins = [o.summary.median_c for o in others if o.gate == life.gate and o.summary.n >= MIN_PASSERS]
        if twins:
            difference_c = row.summary.median_c - median(twins)
            values.append((row.day, Value(difference_c, max(PARALLEL_SIGMA_C, row.summary.sigma_c))))
    return _levelled(Stream.TWIN, life, values, zone)


def _fleet(life: Life, known: Known, zone: tzinfo) -> StreamChart:
    """Against the other gates of that day; simulated and real ones are never compared."""
    values = []
    for row in _own_days(life, known, zone):
        others = [
            one.summary
            for one in known.others(life, row.day)
            if one.gate != life.gate and one.simulated == row.simulated and one.summary.n >= MIN_PASSERS
        ]
        if (value := against_fleet(row.summary, others)) is not None:
            values.append((row.day, value))
    return _levelled(Stream.FLEET, life, values, zone)


def _contacts(life: Life, known: Known, zone: tzinfo) -> StreamChart:
    floor_c = DESIGNS[Stream.SECOND_MEASUREMENT].sigma_c
    values = [
        (row.day, Value(row.summary.median_c, max(floor_c, row.summary.sigma_c)))
        for row in known.own(life, Series.SECOND_MEASUREMENT)
        if row.summary.n >= MIN_CONTACTS and _after(row.day, life.verified_at, zone)
    ]
    return _levelled(Stream.SECOND_MEASUREMENT, life, values, zone)


def _own_days(life: Life, known: Known, zone: tzinfo) -> list[DayRow]:
    return [
        row
        for row in known.own(life, Series.PASSERS)
        if row.summary.n >= MIN_PASSERS and _after(row.day, life.verified_at, zone)
    ]


def _levelled(stream: Stream, life: Life, values: list[tuple[date, Value]], zone: tzinfo) -> StreamChart:
    """Take off the usual level, the median of the first days after the verification, and chart what comes after."""
    if len(values) <= LEVEL_DAYS:
        return StreamChart(stream, ())
    level_c = median(value.value_c for _, value in values[:LEVEL_DAYS])
    later = [
        (day, Value(value.value_c - level_c, value.sigma_c))
        for day, value in values[LEVEL_DAYS:]
        if _after(day, life.reset_at, zone)
    ]
    return _run(stream, later)


def _run(stream: Stream, values: list[tuple[date, Value]], *, confirmed: bool = False) -> StreamChart:
    chart, points = Chart(DESIGNS[stream]), []
    for day, value in values:
        chart = chart.update(value.value_c, value.sigma_c)
        points.append(Point(day, value, chart))
    return StreamChart(stream, tuple(points), confirmed)


def _after(day: date, at: datetime | None, zone: tzinfo) -> bool:
    """Say whether a whole day lies after a moment: the day of a return to service holds both lives."""
    return at is None or day > at.astimezone(zone).date()
