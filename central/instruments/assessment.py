"""What all streams of one instrument say together on a day, read from what was stored by then."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Self

from sqlalchemy import Connection, select

from central.instruments import charts
from central.instruments.charts import StreamChart
from central.instruments.days import DayRow, Series, bounds, load
from central.instruments.life import Life
from central.instruments.scatter import ASSUMED, Scatter, Scatters
from central.instruments.streams import Cause, Stream, fuse, likely_cause
from central.store.tables import instrument_reports
from contract.messages import CheckResult
from contract.topics import Kind
from contract.vocabulary import InstrumentState


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

    def __init__(self, rows: Iterable[DayRow], until: date) -> None:
        self.until = until
        self._by_day: dict[date, list[DayRow]] = defaultdict(list)
        self._own: dict[tuple[str, str, Series], list[DayRow]] = defaultdict(list)
        for row in rows:
            self._own[row.gate, row.instrument, row.series].append(row)
            if row.series is Series.PASSERS:
                self._by_day[row.day].append(row)

    @classmethod
    def read(cls, connection: Connection, until: date) -> Self:
        """Return what was kept up to a day."""
        return cls((row for series in Series for row in load(connection, series, until)), until)

    def own(self, life: Life, series: Series) -> list[DayRow]:
        """Return the days of one instrument, the first first."""
        return self._own[life.gate, life.instrument, series]

    def passers(self) -> dict[date, list[DayRow]]:
        """Return everybody's passers by day."""
        return self._by_day

    def others(self, life: Life, day: date) -> list[DayRow]:
        """Return the other instruments' passers of a day."""
        return [row for row in self._by_day[day] if (row.gate, row.instrument) != (life.gate, life.instrument)]


def assess(
    life: Life, made: Sequence[CheckResult], known: Known, zone: tzinfo, scatter: Scatter = ASSUMED
) -> Assessment:
    """Return what is known about an instrument at the end of a day; `scatter` is that of its model's checks."""
    day, passers = known.until, known.own(life, Series.PASSERS)
    streams = (
        charts.reference_checks(life, made, zone, scatter),
        charts.population(life, passers, zone),
        charts.twin(life, known.own(life, Series.TWIN), zone),
        charts.fleet(life, passers, known.passers(), zone),
        charts.contacts(life, known.own(life, Series.SECOND_MEASUREMENT), zone),
    )
    found = conclude(Assessment(life.gate, life.instrument, day, streams, None, None))
    if found.state is None:
        return found
    others = known.others(life, day)
    if {one.stream for one in found.speaking} == {Stream.TWIN}:
        here = {row.instrument for row in others if row.gate == life.gate}
        return replace(found, cause=Cause.DISAGREE) if len(here) < 2 else found
    own = [row for row in passers if row.day == day]
    return replace(found, cause=likely_cause(own[-1].summary, [row.summary for row in others])) if own else found


def conclude(found: Assessment) -> Assessment:
    """Return an assessment with the state that its streams ask for on its day; later values do not count yet."""
    cut = tuple(
        StreamChart(one.stream, tuple(point for point in one.points if point.day <= found.day), one.confirmed)
        for one in found.streams
    )
    return replace(found, streams=cut, state=fuse(one.evidence() for one in cut))


def assess_checks(
    connection: Connection, life: Life, check: CheckResult, zone: tzinfo, scatters: Scatters
) -> Assessment:
    """Return what the reference checks alone say, as soon as one comes in."""
    day = check.at.astimezone(zone).date()
    made = checks(connection, life, life.verified_at, bounds(day, zone)[1])
    chart = charts.reference_checks(life, made, zone, scatters.of(connection, life, day, zone))
    return conclude(Assessment(life.gate, life.instrument, day, (chart,), None, None))


def checks(connection: Connection, life: Life, since: datetime | None, until: datetime) -> list[CheckResult]:
    """Return the reference checks of an instrument, the first first."""
    own = instrument_reports.c.gate == life.gate, instrument_reports.c.instrument == life.instrument
    query = select(instrument_reports.c.body).where(*own, instrument_reports.c.kind == Kind.CHECK)
    query = query.where(instrument_reports.c.at < until)
    if since is not None:
        query = query.where(instrument_reports.c.at >= since)
    rows = connection.execute(query.order_by(instrument_reports.c.at))
    return [CheckResult.model_validate(row.body) for row in rows]
