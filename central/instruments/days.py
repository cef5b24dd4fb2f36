"""A day of each instrument in a few numbers, kept for good: passers, twins, and contact thermometers.

Twins are compared on the same people (`pairs`); contact thermometers on people picked by chance.

Passers count without the station's baseline (`body_c`): a baseline that follows the instrument would hide its drift.
Other contact readings are left out: whoever is measured because the camera read high was measured high by chance more
often than low, so their difference is biased (`science.md` 5.2 g).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from statistics import median
from typing import Any, Final
from uuid import UUID

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
from contract.vocabulary import Reason

SOON: Final = timedelta(hours=1)


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
    contacts = _contacts(connection, start, end)
    for one, simulated in _passed(connection, start, end):
        if one.body_c is not None:
            found = _One(one.body_c, one.ambient_c, simulated)
            values[one.gate, one.instrument, Series.PASSERS].append(found)
            seen[one.gate].append(Seen(one.instrument, one.at, one.body_c))
            pretended |= {one.gate} if simulated else set()
            for contact in contacts.get(one.passage, ()):
                for instrument, off_c in _compared(one, one.body_c, contact):
                    off = _One(off_c, one.ambient_c, simulated)
                    values[one.gate, instrument, Series.SECOND_MEASUREMENT].append(off)
    for gate, people in seen.items():
        for instrument, apart_c in differences(people).items():
            values[gate, instrument, Series.TWIN] += [_One(c, None, gate in pretended) for c in apart_c]
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
        if Reason.CONTACT_FEVER not in alert.verdict.reasons:  # the instrument raised it, and has told it only here
            yield alert.measurement, alert.simulated


def _contacts(connection: Connection, start: datetime, end: datetime) -> dict[UUID, list[SecondMeasurement]]:
    """Return the contact readings of passages that chance had picked; one is soon made, perhaps after midnight."""
    query = select(second_measurements.c.passage, second_measurements.c.body).where(
        second_measurements.c.at >= start, second_measurements.c.at < end + SOON
    )
    found: dict[UUID, list[SecondMeasurement]] = defaultdict(list)
    for row in connection.execute(query):
        said = SecondMeasurement.model_validate(row.body)
        if said.audit:
            found[row.passage].append(said)
    return found


def _compared(one: Measurement, body_c: float, contact: SecondMeasurement) -> Iterable[tuple[str, float]]:
    """Return which instrument is off by how much, as far as the other one can say: camera and contact thermometer.

    A thermometer whose calibration is unknown or over says something of itself only.
    """
    apart_c = body_c - contact.value_c
    yield thermometer_slug(contact.thermometer), -apart_c
    if thermometers.calibrated(contact):
        yield one.instrument, apart_c


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
