"""What is written to the gate's tables, each as one function inside the caller's transaction.

Every write may come twice (a message repeated, a button pressed again) and then changes nothing: the ids decide.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Table, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from contract.calibration import Certificate
from contract.messages import (
    Alert,
    Confirmation,
    DecisionBody,
    InstrumentStateBody,
    Measurement,
    MeasurementBody,
    RulesBody,
    SecondMeasurement,
)
from edge import tables
from edge.passages import Entry
from edge.recall import newest_decision


def keep_passage(connection: Connection, entry: Entry, reflected_c: float | None, crop_png: bytes | None) -> None:
    """Keep an attempt, its passage, and the alert if it raised one."""
    body = entry.measurement
    _keep_attempt(connection, body, reflected_c)
    _insert(
        connection,
        tables.passages,
        id=entry.decided.passage,
        instrument=entry.decided.instrument,
        first_at=entry.attempts[0].measurement.at,
        last_at=body.measurement.at,
        attempts=len(entry.attempts),
        verdict=entry.worst,
    )
    connection.execute(
        update(tables.passages)
        .where(tables.passages.c.id == entry.decided.passage)
        .values(last_at=body.measurement.at, attempts=len(entry.attempts), verdict=entry.worst)
    )
    if isinstance(entry.body, Alert):
        keep_alert(connection, entry.body, crop_png)


def keep_alert(connection: Connection, alert: Alert, crop_png: bytes | None) -> None:
    """Keep an alert; its picture in a column of its own, so that the retention clock can erase it."""
    _insert(
        connection,
        tables.alerts,
        id=alert.id,
        passage=alert.passage,
        raised_at=alert.raised_at,
        crop_png=crop_png,
        alert=alert.model_copy(update={"crop_png": None}).model_dump_json(),
    )


def _keep_attempt(connection: Connection, body: MeasurementBody, reflected_c: float | None) -> None:
    measurement, verdict = body.measurement, body.verdict
    _insert(
        connection,
        tables.attempts,
        id=measurement.id,
        passage=measurement.passage,
        attempt=measurement.attempt,
        instrument=measurement.instrument,
        at=measurement.at,
        verdict=verdict.kind,
        site=measurement.site,
        t_app_c=measurement.indicated_c,
        skin_c=measurement.skin_c,
        body_c=measurement.body_c,
        adjusted_c=measurement.adjusted_c,
        baseline_c=measurement.baseline_c,
        reference_offset_c=measurement.reference_offset_c,
        k=heat_balance_k(measurement),
        u_c=measurement.u_c,
        p_fever=measurement.p_fever,
        air_c=measurement.ambient_c,
        reflected_c=reflected_c if reflected_c is not None else measurement.ambient_c,
        threshold_c=verdict.threshold_c,
        rule=verdict.rule,
        certificate=measurement.certificate_id,
        config=measurement.config_version,
        simulated=body.simulated,
        measurement=body.model_dump_json(exclude_defaults=True),
    )


def heat_balance_k(measurement: Measurement) -> float | None:
    """Return the k that was applied: `T_body = T_skin + k (T_skin - T_air)` solved for it (`science.md` 3.1)."""
    skin_c, body_c, air_c = measurement.skin_c, measurement.body_c, measurement.ambient_c
    if skin_c is None or body_c is None or air_c is None or abs(skin_c - air_c) < 0.5:
        return None
    return (body_c - skin_c) / (skin_c - air_c)


def keep_taken(connection: Connection, alert: UUID, at: datetime, by: str) -> None:
    """Note that staff have taken the person aside; the first to say so stands."""
    rows = tables.alerts.c
    connection.execute(
        update(tables.alerts).where(rows.id == alert, rows.taken_at.is_(None)).values(taken_at=at, taken_by=by)
    )


def keep_decision(connection: Connection, body: DecisionBody, received_at: datetime) -> None:
    """Keep a duty officer's decision; the alert waits again until staff confirm it."""
    if _insert(
        connection,
        tables.decisions,
        id=body.id,
        alert=body.alert,
        decided_at=body.decided_at,
        received_at=received_at,
        decision=body.decision,
        body=body.model_dump_json(),
    ):
        connection.execute(update(tables.alerts).where(tables.alerts.c.id == body.alert).values(closed_at=None))


def keep_confirmation(connection: Connection, body: Confirmation) -> None:
    """Keep that a decision was carried out, and close the alert if no newer decision waits."""
    _insert(
        connection,
        tables.confirmations,
        id=body.id,
        decision=body.decision,
        alert=body.alert,
        at=body.at,
        body=body.model_dump_json(),
    )
    newest = newest_decision(connection, body.alert)
    if newest is None or newest.id == body.decision:
        rows = tables.alerts.c
        connection.execute(
            update(tables.alerts).where(rows.id == body.alert, rows.closed_at.is_(None)).values(closed_at=body.at)
        )


def keep_second(connection: Connection, body: SecondMeasurement) -> None:
    """Keep a contact measurement."""
    _insert(
        connection,
        tables.second_measurements,
        id=body.id,
        passage=body.passage,
        alert=body.alert,
        at=body.at,
        thermometer=body.thermometer,
        value_c=body.value_c,
        body=body.model_dump_json(),
    )


def keep_certificate(connection: Connection, certificate: Certificate, received_at: datetime) -> None:
    """Keep a certificate that central has sent."""
    _insert(
        connection,
        tables.certificates,
        id=certificate.id,
        instrument=certificate.instrument,
        received_at=received_at,
        valid_from=certificate.valid_from,
        valid_until=certificate.valid_until,
        body=certificate.model_dump_json(),
    )


def keep_state(connection: Connection, message: UUID, body: InstrumentStateBody) -> None:
    """Keep a lifecycle state that central has ordered."""
    _insert(
        connection,
        tables.instrument_states,
        id=message,
        instrument=body.instrument,
        at=body.at,
        state=body.state,
        body=body.model_dump_json(),
    )


def keep_rules(connection: Connection, message: UUID, body: RulesBody, received_at: datetime) -> None:
    """Keep the policy that central has sent."""
    _insert(
        connection,
        tables.rules,
        id=message,
        received_at=received_at,
        version=body.version,
        body=body.model_dump_json(),
    )


def forget_before(connection: Connection, cutoff: datetime) -> int:
    """Erase what is older than the retention allows; return how many rows and pictures went.

    Crops go even where the alert still waits; the alert itself, and what belongs to it, goes once it is closed.
    """
    alert, attempt, passage, second = (
        tables.alerts.c,
        tables.attempts.c,
        tables.passages.c,
        tables.second_measurements.c,
    )
    old_and_closed = alert.raised_at < cutoff, alert.closed_at.is_not(None)
    closed = select(alert.id).where(*old_and_closed)
    open_passages = select(alert.passage).where(alert.closed_at.is_(None))
    erased = update(tables.alerts).where(alert.raised_at < cutoff, alert.crop_png.is_not(None)).values(crop_png=None)
    gone = connection.execute(erased).rowcount
    for statement in (
        delete(tables.attempts).where(attempt.at < cutoff, attempt.passage.not_in(open_passages)),
        delete(tables.passages).where(passage.last_at < cutoff, passage.id.not_in(open_passages)),
        delete(tables.second_measurements).where(second.at < cutoff, second.passage.not_in(open_passages)),
        delete(tables.decisions).where(tables.decisions.c.alert.in_(closed)),
        delete(tables.confirmations).where(tables.confirmations.c.alert.in_(closed)),
        delete(tables.alerts).where(*old_and_closed),
    ):
        gone += connection.execute(statement).rowcount
    return gone


def _insert(connection: Connection, table: Table, **values: object) -> bool:
    """Insert a row unless its id is there; say whether it was new."""
    statement = insert(table).values(**values).on_conflict_do_nothing()
    return connection.execute(statement).rowcount == 1
