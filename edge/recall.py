"""What is read back from the gate's tables: at the start, and for the pages."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from contract.calibration import Certificate
from contract.messages import (
    Alert,
    DecisionBody,
    InstrumentStateBody,
    MeasurementBody,
    RulesBody,
    SecondMeasurement,
)
from edge import tables


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that nobody has closed, with everything that belongs to it."""

    alert: UUID
    passage: UUID
    raised_at: datetime
    body: Alert
    attempts: tuple[MeasurementBody, ...]
    seconds: tuple[SecondMeasurement, ...]
    decision: DecisionBody | None
    taken: bool
    crop: bool


def waiting(connection: Connection) -> list[Waiting]:
    """Return the alerts that nobody has closed, oldest first."""
    rows = connection.execute(
        select(tables.alerts).where(tables.alerts.c.closed_at.is_(None)).order_by(tables.alerts.c.raised_at)
    )
    return [
        Waiting(
            alert=row.id,
            passage=row.passage,
            raised_at=row.raised_at,
            body=Alert.model_validate_json(row.alert),
            attempts=attempts_of(connection, row.passage),
            seconds=seconds_of(connection, row.passage),
            decision=newest_decision(connection, row.id),
            taken=row.taken_at is not None,
            crop=row.crop_png is not None,
        )
        for row in rows.all()
    ]


def orphans(connection: Connection) -> list[DecisionBody]:
    """Return unconfirmed decisions about alerts that this store does not know, oldest first."""
    decisions, known = tables.decisions.c, select(tables.alerts.c.id)
    confirmed = select(tables.confirmations.c.decision)
    rows = connection.execute(
        select(decisions.body)
        .where(decisions.alert.not_in(known), decisions.id.not_in(confirmed))
        .order_by(decisions.decided_at)
    )
    return [DecisionBody.model_validate_json(row.body) for row in rows]


def attempts_of(connection: Connection, passage: UUID) -> tuple[MeasurementBody, ...]:
    """Return the attempts of a passage, in order."""
    rows = connection.execute(
        select(tables.attempts.c.measurement)
        .where(tables.attempts.c.passage == passage)
        .order_by(tables.attempts.c.attempt)
    )
    return tuple(MeasurementBody.model_validate_json(row.measurement) for row in rows)


def seconds_of(connection: Connection, passage: UUID) -> tuple[SecondMeasurement, ...]:
    """Return the contact measurements of a passage, in order."""
    table = tables.second_measurements.c
    rows = connection.execute(select(table.body).where(table.passage == passage).order_by(table.at))
    return tuple(SecondMeasurement.model_validate_json(row.body) for row in rows)


def alert_of(connection: Connection, passage: UUID) -> UUID | None:
    """Return the alert that a passage raised, None if it raised none."""
    row = connection.execute(select(tables.alerts.c.id).where(tables.alerts.c.passage == passage)).first()
    return row.id if row else None


def crop_of(connection: Connection, alert: UUID) -> bytes | None:
    """Return the picture of an alert, None if there is none (any more)."""
    row = connection.execute(select(tables.alerts.c.crop_png).where(tables.alerts.c.id == alert)).first()
    return row.crop_png if row else None


def certificates_of(connection: Connection, instrument: str) -> list[Certificate]:
    """Return the certificates that central has sent for an instrument, the newest first."""
    table = tables.certificates.c
    rows = connection.execute(
        select(table.body).where(table.instrument == instrument).order_by(table.received_at.desc())
    )
    return [Certificate.model_validate_json(row.body) for row in rows]


def states(connection: Connection) -> dict[str, InstrumentStateBody]:
    """Return the newest state that central has ordered for each instrument."""
    rows = connection.execute(select(tables.instrument_states.c.body).order_by(tables.instrument_states.c.at))
    bodies = (InstrumentStateBody.model_validate_json(row.body) for row in rows)
    return {body.instrument: body for body in bodies}


def newest_rules(connection: Connection) -> RulesBody | None:
    """Return the policy that central has sent last."""
    table = tables.rules.c
    row = connection.execute(select(table.body).order_by(table.received_at.desc()).limit(1)).first()
    return RulesBody.model_validate_json(row.body) if row else None


def known_orders(connection: Connection) -> set[UUID]:
    """Return the ids of the decisions and rules that are stored."""
    decisions = connection.execute(select(tables.decisions.c.id)).scalars()
    return {*decisions, *connection.execute(select(tables.rules.c.id)).scalars()}


def newest_decision(connection: Connection, alert: UUID) -> DecisionBody | None:
    """Return the decision in force on an alert."""
    table = tables.decisions.c
    row = connection.execute(
        select(table.body).where(table.alert == alert).order_by(table.decided_at.desc(), table.id.desc()).limit(1)
    ).first()
    return DecisionBody.model_validate_json(row.body) if row else None
