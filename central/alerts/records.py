"""Alerts as they are read: everything about one in one frozen record, and the lists that the board shows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select

from central.alerts.decisions import Decided, by_id
from central.alerts.lifecycle import OPEN, AlertEvent
from central.alerts.register import UnknownAlert
from central.store.tables import (
    accounts,
    alert_journal,
    alerts,
    confirmations,
    crops,
    picture_views,
    second_measurements,
)
from contract.messages import Alert, Confirmation, SecondMeasurement
from contract.vocabulary import AlertState

RECENT: Final = timedelta(hours=2)
RECENT_LIMIT: Final = 12
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """One alert and all that has become of it."""

    id: UUID
    gate: str
    received_at: datetime
    late: bool
    from_future: bool
    state: AlertState
    state_since: datetime
    handler: str
    """Full name of the officer who acknowledged or decided last."""
    escalation: int
    has_picture: bool
    alert: Alert
    second_measurements: tuple[SecondMeasurement, ...]
    decision: Decided | None
    confirmation: Confirmation | None
    """The gate's last word, also one that the decision was not carried out."""

    @property
    def open(self) -> bool:
        """Whether it waits for an officer."""
        return self.state in OPEN

    @property
    def sounds(self) -> bool:
        """Whether the board calls for attention by sound."""
        return self.state is AlertState.RAISED and not self.late

    @property
    def version(self) -> str:
        """Changes whenever anything that a card shows has changed."""
        delivered = bool(self.decision and self.decision.gate_has_it_at)
        decision = self.decision.id.hex[-6:] if self.decision else ""
        parts = (self.state, self.escalation, len(self.second_measurements), decision, delivered, self.has_picture)
        return ".".join(str(part) for part in (*parts, round(self.state_since.timestamp() * 1000)))


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One row of an alert's journal."""

    number: int
    at: datetime
    event: AlertEvent
    from_state: AlertState | None
    to_state: AlertState
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class PictureView:
    """Who has looked at a picture."""

    at: datetime
    full_name: str


def waiting(connection: Connection) -> list[AlertRecord]:
    """Return the alerts that wait for an officer, the longest waiting first."""
    return _records(connection, alerts.c.state.in_(OPEN), oldest_first=True)


def unconfirmed(connection: Connection) -> list[AlertRecord]:
    """Return the alerts that were decided and not yet confirmed by their gate."""
    return _records(connection, alerts.c.state == AlertState.DECIDED, oldest_first=True)


def recent(connection: Connection, now: datetime) -> list[AlertRecord]:
    """Return the alerts that were closed lately, the last first."""
    closed = (alerts.c.state == AlertState.CONFIRMED) & (alerts.c.state_since > now - RECENT)
    return _records(connection, closed, order=alerts.c.state_since.desc(), limit=RECENT_LIMIT)


def page(
    connection: Connection,
    *,
    state: AlertState | None = None,
    gate: str | None = None,
    before: datetime | None = None,
    limit: int = PAGE,
) -> list[AlertRecord]:
    """Return alerts by time, the newest first; `before` is where the page before this one ended."""
    chosen: ColumnElement[bool] = alerts.c.id.is_not(None)
    if state is not None:
        chosen &= alerts.c.state == state
    if gate is not None:
        chosen &= alerts.c.gate == gate
    if before is not None:
        chosen &= alerts.c.raised_at < before
    return _records(connection, chosen, limit=limit)


def find(connection: Connection, alert: UUID) -> AlertRecord:
    """Return one alert. Raises UnknownAlert."""
    found = _records(connection, alerts.c.id == alert)
    if not found:
        raise UnknownAlert(f"no alert {alert}")
    return found[0]


def journal(connection: Connection, alert: UUID) -> list[JournalRow]:
    """Return what happened to an alert, in order."""
    query = select(alert_journal).where(alert_journal.c.alert == alert).order_by(alert_journal.c.number)
    return [
        JournalRow(
            row.number,
            row.at,
            AlertEvent(row.event),
            None if row.from_state is None else AlertState(row.from_state),
            AlertState(row.to_state),
            row.who,
            row.reason,
        )
        for row in connection.execute(query)
    ]


def picture_viewers(connection: Connection, alert: UUID) -> list[PictureView]:
    """Return who has looked at an alert's picture, in order."""
    joined = picture_views.join(accounts, accounts.c.id == picture_views.c.account)
    query = select(picture_views.c.at, accounts.c.full_name).select_from(joined)
    rows = connection.execute(query.where(picture_views.c.alert == alert).order_by(picture_views.c.at))
    return [PictureView(row.at, row.full_name) for row in rows]


def count_by_state(connection: Connection) -> dict[AlertState, int]:
    """Return how many alerts are in each state but the last."""
    query = select(alerts.c.state, func.count()).where(alerts.c.state != AlertState.CONFIRMED)
    found = {AlertState(state): count for state, count in connection.execute(query.group_by(alerts.c.state))}
    return {state: found.get(state, 0) for state in AlertState if state is not AlertState.CONFIRMED}


def _records(
    connection: Connection,
    chosen: ColumnElement[bool],
    *,
    oldest_first: bool = False,
    order: ColumnElement[Any] | None = None,
    limit: int = 500,
) -> list[AlertRecord]:
    handler = accounts.c.full_name.label("handler_name")
    query = (
        select(alerts, handler, crops.c.alert.label("picture"))
        .select_from(
            alerts.outerjoin(accounts, accounts.c.id == alerts.c.handler).outerjoin(crops, crops.c.alert == alerts.c.id)
        )
        .where(chosen)
    )
    if order is None:
        order = alerts.c.raised_at.asc() if oldest_first else alerts.c.raised_at.desc()
    rows = connection.execute(query.order_by(order, alerts.c.id).limit(limit)).all()
    ids = [row.id for row in rows]
    seconds = _second_measurements(connection, ids)
    decided = by_id(connection, [row.decision for row in rows if row.decision])
    confirmed = _confirmations(connection, ids)
    return [
        AlertRecord(
            id=row.id,
            gate=row.gate,
            received_at=row.received_at,
            late=row.late,
            from_future=row.from_future,
            state=AlertState(row.state),
            state_since=row.state_since,
            handler=row.handler_name or "",
            escalation=row.escalation,
            has_picture=row.picture is not None,
            alert=Alert.model_validate(row.body),
            second_measurements=tuple(seconds[row.id]),
            decision=decided.get(row.decision),
            confirmation=confirmed.get(row.id),
        )
        for row in rows
    ]


def _second_measurements(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, list[SecondMeasurement]]:
    found: dict[UUID, list[SecondMeasurement]] = defaultdict(list)
    query = select(second_measurements).where(second_measurements.c.alert.in_(ids)).order_by(second_measurements.c.at)
    for row in connection.execute(query):
        found[row.alert].append(SecondMeasurement.model_validate(row.body))
    return found


def _confirmations(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Confirmation]:
    query = select(confirmations).where(confirmations.c.alert.in_(ids)).order_by(confirmations.c.received_at)
    return {row.alert: Confirmation.model_validate(row.body) for row in connection.execute(query)}
