"""The register of alerts: entering one, moving one along the table, journal and timers in the same transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Row, delete, select, update

from central.alerts.lifecycle import TIMERS, AlertEvent, next_state
from central.config import AlertPolicy
from central.store.chain import append
from central.store.dialect import insert_new
from central.store.tables import alert_journal, alerts, crops, timers
from central.store.writer import Transaction
from contract.messages import Alert
from contract.vocabulary import AlertState

FUTURE: Final = timedelta(minutes=5)
"""A gate whose clock is further ahead than this is flagged."""

_RESTARTS: Final = {AlertEvent.REVISE, AlertEvent.ESCALATE, AlertEvent.OVERDUE}
"""Events that stay in their state and start its timers anew."""


class UnknownAlert(Exception):
    """There is no alert of this id, or it is another gate's."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who makes something happen, as the journal names them."""

    who: str
    address: str = ""
    account: UUID | None = None


TIMER: Final = Party("timer")


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of an alert's journal: what happened, from where to where."""

    alert: UUID
    gate: str
    event: AlertEvent
    from_state: AlertState | None
    to_state: AlertState
    who: str
    at: datetime
    raised_at: datetime
    late: bool
    simulated: bool
    escalation: int


@dataclass(frozen=True, slots=True)
class Register:
    """What enters and moves alerts; every method works in the caller's transaction."""

    policy: AlertPolicy
    keep_pictures: timedelta

    def enter(self, transaction: Transaction, alert: Alert) -> Transition | None:
        """Enter an alert that a gate raised; None if it is here already. Raises UnknownAlert if another gate's."""
        gate, at = alert.measurement.gate, transaction.at
        late = at - alert.raised_at > timedelta(seconds=self.policy.late_after_s)
        row = _row(alert, at, late=late)
        if not insert_new(transaction.connection, alerts, [row]):
            self.find(transaction, alert.id, gate)
            return None
        if alert.crop_png is not None:
            picture = {"alert": alert.id, "png": alert.crop_png, "expires_at": at + self.keep_pictures}
            transaction.connection.execute(crops.insert().values(picture))
        state = next_state(None, AlertEvent.RAISE)
        if not late:
            self._start_timers(transaction, alert.id, state, at, step=0)
        entered = Transition(
            alert=alert.id,
            gate=gate,
            event=AlertEvent.RAISE,
            from_state=None,
            to_state=state,
            who=gate,
            at=at,
            raised_at=alert.raised_at,
            late=late,
            simulated=alert.simulated,
            escalation=0,
        )
        self._journal(transaction, entered, "", "")
        return entered

    def find(self, transaction: Transaction, alert: UUID, gate: str | None = None) -> Row[tuple[object, ...]]:
        """Return an alert's row, locked. Raises UnknownAlert, also if it is not of `gate`."""
        row = transaction.connection.execute(select(alerts).where(alerts.c.id == alert).with_for_update()).one_or_none()
        if row is None or gate not in {None, row.gate}:
            raise UnknownAlert(f"no alert {alert}" + (f" of gate {gate}" if gate else ""))
        return row

    def move(
        self,
        transaction: Transaction,
        alert: UUID,
        event: AlertEvent,
        party: Party,
        reason: str = "",
        *,
        decision: UUID | None = None,
    ) -> Transition:
        """Move an alert along the table, with journal and timers. Raises UnknownAlert, TransitionRefused."""
        row = self.find(transaction, alert)
        before = AlertState(row.state)
        after = next_state(before, event)
        step = 0 if before is not after else row.escalation + (event is AlertEvent.ESCALATE)
        changes: dict[str, object] = {"escalation": step}
        if before is not after:
            changes |= {"state": after, "state_since": transaction.at}
        if event in {AlertEvent.HAND_BACK, AlertEvent.LAPSE, AlertEvent.FAIL}:
            changes |= {"handler": None, "decision": None}
        if party.account is not None and event is not AlertEvent.HAND_BACK:
            changes["handler"] = party.account
        if decision is not None:
            changes["decision"] = decision
        transaction.connection.execute(update(alerts).where(alerts.c.id == alert).values(changes))
        if before is not after or event in _RESTARTS:
            transaction.connection.execute(delete(timers).where(timers.c.alert == alert))
            since = row.state_since if before is after else transaction.at
            if not (row.late and after is AlertState.RAISED):
                self._start_timers(transaction, alert, after, since, step)
        moved = Transition(
            alert=alert,
            gate=row.gate,
            event=event,
            from_state=before,
            to_state=after,
            who=party.who,
            at=transaction.at,
            raised_at=row.raised_at,
            late=row.late,
            simulated=row.simulated,
            escalation=step,
        )
        self._journal(transaction, moved, reason, party.address)
        return moved

    def _start_timers(
        self, transaction: Transaction, alert: UUID, state: AlertState, since: datetime, step: int
    ) -> None:
        for event in TIMERS[state]:
            due_at = self._due_at(event, since, transaction.at, step)
            if due_at is not None:
                row = {"alert": alert, "kind": event, "due_at": due_at}
                transaction.connection.execute(timers.insert().values(row))

    def _due_at(self, event: AlertEvent, since: datetime, now: datetime, step: int) -> datetime | None:
        policy = self.policy
        if event is AlertEvent.ESCALATE:
            steps = policy.escalate_after_s
            if step < len(steps):
                return since + timedelta(seconds=steps[step])
            return now + timedelta(seconds=steps[-1]) if steps else None
        if event is AlertEvent.REMIND:
            return since + timedelta(seconds=policy.remind_after_s)
        if event is AlertEvent.LAPSE:
            return since + timedelta(seconds=policy.lapse_after_s)
        return now + timedelta(seconds=policy.confirm_within_s)

    @staticmethod
    def _journal(transaction: Transaction, moved: Transition, reason: str, address: str) -> None:
        append(
            transaction.connection,
            alert_journal,
            {
                "at": moved.at,
                "alert": moved.alert,
                "event": moved.event,
                "from_state": moved.from_state,
                "to_state": moved.to_state,
                "who": moved.who,
                "reason": reason,
                "address": address,
            },
        )


def _row(alert: Alert, at: datetime, *, late: bool) -> dict[str, object]:
    return {
        "id": alert.id,
        "gate": alert.measurement.gate,
        "passage": alert.passage,
        "raised_at": alert.raised_at,
        "received_at": at,
        "late": late,
        "from_future": alert.raised_at - at > FUTURE,
        "simulated": alert.simulated,
        "adjusted_c": alert.measurement.adjusted_c,
        "u_c": alert.measurement.u_c,
        "state": AlertState.RAISED,
        "state_since": at,
        "escalation": 0,
        "body": alert.model_dump(mode="json", exclude={"crop_png"}),
    }
