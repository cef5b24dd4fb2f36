"""A day of each instrument in a few numbers, kept for good: passers, twins, and contact thermometers.

Twins are compared on the same people (`pairs`); contact thermometers on people picked by chance.

Passers count without the station's baseline (`body_c`): a baseline that follows the instrument would hide its drift.
Other contact readings are left out: whoever is measured because the camera read high was measured high by chance more
often than low, so their difference is biased (`science.md` 5.2 g).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from statistics import median
from typing import Any

from sqlalchemy import Connection, Row, select

from central.instruments import thermometers
from central.instruments.pairs import Seen, differences
from central.instruments.streams import Day, summarise
from central.store.dialect import upsert
from central.store.instrument_tables import daily_values
from central.store.tables import alerts, measurements, second_measurements
from central.store.writer import Transaction
from contract.ids import thermometer_slug
from contract.messages import Alert, Measurement, MeasurementBody, SecondMeasurement


class Series(StrEnum):
    """What was counted."""

    PASSERS = "passers"
    TWIN = "twin"
    SECOND_MEASUREMENT = "second_measurement"


@dataclass(frozen=True, slots=True)
class DayRow:
    """One instrument's day."""

    gate: str
    instrument: str
    series: Series
    day: date
    summary: Day
    ambient_c: float | None
    simulated: bool


@dataclass(frozen=True, slots=True)
class _One:
    """A value of one passage."""

    value_c: float
    ambient_c: float | None
    simulated: bool


def bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return when a day begins and ends in the district's zone."""
    start = datetime.combine(day, time(), zone)
    return start, datetime.combine(day + timedelta(days=1), time(), zone)


def keep(transaction: Transaction, day: date, zone: tzinfo) -> int:
    """Count one day from what is stored and keep it; doing it again changes nothing. Returns how many rows."""
    connection, (start, end) = transaction.connection, bounds(day, zone)
    values: dict[tuple[str, str, Series], list[_One]] = defaultdict(list)
    seen: dict[str, list[Seen]] = defaultdict(list)
    pretended: set[str] = set()
    for one, simulated in _passed(connection, start, end):
        if one.body_c is not None:
            found = _One(one.body_c, one.ambient_c, simulated)
            values[one.gate, one.instrument, Series.PASSERS].append(found)
            seen[one.gate].append(Seen(one.instrument, one.at, one.body_c))
            pretended |= {one.gate} if simulated else set()
    for gate, people in seen.items():
        for instrument, apart_c in differences(people).items():
            values[gate, instrument, Series.TWIN] += [_One(c, None, gate in pretended) for c in apart_c]
    for key, found in _compared(connection, start, end):
        values[*key, Series.SECOND_MEASUREMENT].append(found)
    count = 0
    for (gate, instrument, series), ones in values.items():
        summary = summarise(one.value_c for one in ones)
        if summary is None:
            continue
        known = [one.ambient_c for one in ones if one.ambient_c is not None]
        row = {"gate": gate, "instrument": instrument, "series": series, "day": day.isoformat()}
        rest = {"ambient_c": median(known) if known else None, "simulated": any(one.simulated for one in ones)}
        upsert(connection, daily_values, row | asdict(summary) | rest)
        count += 1
    return count


def load(connection: Connection, series: Series, until: date) -> list[DayRow]:
    """Return what was kept of all instruments up to a day, in order of days."""
    query = select(daily_values).where(daily_values.c.series == series, daily_values.c.day <= until.isoformat())
    return [_row(row) for row in connection.execute(query.order_by(daily_values.c.day))]


def last_day(connection: Connection) -> date | None:
    """Return the newest day that was counted."""
    newest = connection.execute(select(daily_values.c.day).order_by(daily_values.c.day.desc()).limit(1)).scalar()
    return None if newest is None else date.fromisoformat(newest)


def _passed(connection: Connection, start: datetime, end: datetime) -> Iterable[tuple[Measurement, bool]]:
    during = measurements.c.at >= start, measurements.c.at < end
    for row in connection.execute(select(measurements.c.body).where(*during)):
        body = MeasurementBody.model_validate(row.body)
        yield body.measurement, body.simulated
    during = alerts.c.raised_at >= start, alerts.c.raised_at < end
    for row in connection.execute(select(alerts.c.body).where(*during)):
        alert = Alert.model_validate(row.body)
        yield alert.measurement, alert.simulated


def _compared(connection: Connection, start: datetime, end: datetime) -> Iterable[tuple[tuple[str, str], _One]]:
    """Return what two instruments say of each other: camera and contact thermometer, for people picked by chance.

    A thermometer whose calibration is unknown or over says something of itself only.
    """
    for one, contact, simulated in _audited(connection, start, end):
        if one.body_c is None or not contact.audit:
            continue
        apart_c = one.body_c - contact.value_c
        yield (one.gate, thermometer_slug(contact.thermometer)), _One(-apart_c, one.ambient_c, simulated)
        if thermometers.calibrated(contact):
            yield (one.gate, one.instrument), _One(apart_c, one.ambient_c, simulated)


def _audited(
    connection: Connection, start: datetime, end: datetime
) -> Iterator[tuple[Measurement, SecondMeasurement, bool]]:
    """Return who was measured a second time, whether or not there was an alert."""
    sources = (measurements, measurements.c.at, MeasurementBody), (alerts, alerts.c.raised_at, Alert)
    for table, at, kind in sources:
        query = (
            select(second_measurements.c.body.label("contact"), table.c.body)
            .join(table, table.c.passage == second_measurements.c.passage)
            .where(at >= start, at < end)
        )
        for row in connection.execute(query):
            said = kind.model_validate(row.body)
            yield said.measurement, SecondMeasurement.model_validate(row.contact), said.simulated


def _row(row: Row[Any]) -> DayRow:
    return DayRow(
        gate=row.gate,
        instrument=row.instrument,
        series=Series(row.series),
        day=date.fromisoformat(row.day),
        summary=Day(row.n, row.median_c, row.spread_c, row.upper_c, row.low_share),
        ambient_c=row.ambient_c,
        simulated=row.simulated,
    )
