"""The officer's decision on an alert, and the way back: delivered, confirmed, or not carried out.

The decision, its journal row and its outbox row are one transaction: what the board shows as decided is on its way to
the gate, whatever dies next. The request's idempotency key is the decision's id, so a POST that is sent twice decides
once. Whoever comes second learns who was first and what they decided; to change it, a revision names the decision it
replaces and gives a reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from central.access.accounts import Account
from central.access.audit import Action, record
from central.alerts.lifecycle import OPEN, AlertEvent, TransitionRefused
from central.alerts.register import Party, Register, Transition
from central.dispatch import Dispatch
from central.store.dialect import insert_new
from central.store.tables import confirmations, decisions
from central.store.writer import Transaction
from contract.messages import Confirmation, DecisionBody
from contract.vocabulary import AlertState, Decision

REASONS: Final[dict[Decision, tuple[str, ...]]] = {
    Decision.RELEASE: ("second_normal", "sun_or_heater", "exertion", "instrument_doubted", "other"),
    Decision.TURN_BACK: ("second_fever", "no_second", "refused_second", "other"),
    Decision.REFER: ("second_fever", "symptoms", "contact_history", "other"),
}
"""Why an officer decides so. Each code has words in the board's catalogue; `other` needs a remark."""

MAX_TEXT: Final = 500


class DecisionRefused(Exception):
    """The request is not a decision; `code` is the key of the sentence that says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AlreadyDecided(Exception):
    """Somebody was first; `standing` is the decision in force."""

    def __init__(self, standing: "Decided") -> None:
        super().__init__(f"{standing.decided_by} decided {standing.decision} at {standing.decided_at}")
        self.standing = standing


@dataclass(frozen=True, slots=True)
class Choice:
    """What an officer asks for."""

    id: UUID
    """The request's idempotency key."""
    alert: UUID
    decision: Decision
    reason_code: str
    remark: str = ""
    instruction: str = ""
    revises: UUID | None = None
    """The decision in force that this one replaces; None: the alert is still open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Choice):
    """A decision as it stands."""

    account: UUID
    decided_by: str
    decided_at: datetime
    message_id: UUID
    gate_has_it_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decisions:
    """What makes decisions and hears of them; every method works in the caller's transaction."""

    register: Register
    dispatch: Dispatch

    def decide(
        self, transaction: Transaction, choice: Choice, officer: Account, address: str, reason: str
    ) -> tuple[Decided, Transition | None]:
        """Take a decision; `reason` is the code in words, for the gate. No transition: it was taken already.

        Raises DecisionRefused, AlreadyDecided, UnknownAlert, TransitionRefused.
        """
        check(choice)
        connection = transaction.connection
        if (earlier := find(connection, choice.id)) is not None:
            if (earlier.alert, earlier.account, earlier.decision) != (choice.alert, officer.id, choice.decision):
                raise DecisionRefused("decide.key_reused")
            return earlier, None
        alert = self.register.find(transaction, choice.alert)
        event = self._event(connection, alert, choice)
        if event is AlertEvent.REVISE and (standing := find(connection, alert.decision)) is not None:
            self.dispatch.withdraw(transaction, standing.message_id)
        letter = _letter(choice, alert.passage, officer.full_name, transaction.at, reason)
        decided = Decided(
            **{field.name: getattr(choice, field.name) for field in fields(choice)},
            account=officer.id,
            decided_by=officer.full_name,
            decided_at=transaction.at,
            message_id=self.dispatch.send(transaction, alert.gate, letter),
            gate_has_it_at=None,
        )
        connection.execute(
            decisions.insert().values({field.name: getattr(decided, field.name) for field in fields(decided)})
        )
        detail = f"{choice.decision}: {choice.reason_code} {choice.remark}".strip()
        party = Party(officer.full_name, address, officer.id)
        moved = self.register.move(transaction, choice.alert, event, party, detail, decision=choice.id)
        record(transaction, Action.DECISION, officer.name, str(choice.alert), detail, address)
        return decided, moved

    def _event(self, connection: Connection, alert: Row[tuple[object, ...]], choice: Choice) -> AlertEvent:
        if AlertState(alert.state) in OPEN:
            if choice.revises is not None:
                raise DecisionRefused("decide.nothing_to_revise")
            return AlertEvent.DECIDE
        standing = find(connection, alert.decision)
        if standing is None:
            raise TransitionRefused(AlertState(alert.state), AlertEvent.DECIDE)
        if choice.revises != standing.id or AlertState(alert.state) is AlertState.CONFIRMED:
            raise AlreadyDecided(standing)
        if not choice.remark:
            raise DecisionRefused("decide.revision_needs_remark")
        return AlertEvent.REVISE

    def delivered(self, transaction: Transaction, message_ids: list[UUID]) -> list[Transition]:
        """Note that gates have these messages; return what that says of alerts."""
        moved = []
        rows = transaction.connection.execute(
            select(decisions.c.id, decisions.c.alert).where(decisions.c.message_id.in_(message_ids))
        ).all()
        for row in rows:
            transaction.connection.execute(
                update(decisions).where(decisions.c.id == row.id).values(gate_has_it_at=transaction.at)
            )
            alert = self.register.find(transaction, row.alert)
            if (alert.decision, alert.state) == (row.id, AlertState.DECIDED):
                moved.append(self.register.move(transaction, row.alert, AlertEvent.DELIVER, Party(alert.gate)))
        return moved

    def confirmed(self, transaction: Transaction, gate: str, said: Confirmation) -> Transition | None:
        """Take the word of a gate's staff. None if it is not about the decision in force. Raises UnknownAlert."""
        alert = self.register.find(transaction, said.alert, gate)
        row = {
            "id": said.id,
            "gate": gate,
            "alert": said.alert,
            "decision": said.decision,
            "at": said.at,
            "received_at": transaction.at,
            "body": said.model_dump(mode="json"),
        }
        new = insert_new(transaction.connection, confirmations, [row])
        if not new or (alert.decision, alert.state) != (said.decision, AlertState.DECIDED):
            return None
        standing = find(transaction.connection, said.decision)
        if standing is not None:
            self.dispatch.withdraw(transaction, standing.message_id)
        event = AlertEvent.CONFIRM if said.carried_out else AlertEvent.FAIL
        return self.register.move(transaction, said.alert, event, Party(f"{gate}: {said.confirmed_by}"), said.remark)


def check(choice: Choice) -> None:
    """Raise DecisionRefused unless the choice is whole: a known decision, one of its reasons, a remark where asked."""
    reasons = REASONS.get(choice.decision)
    if reasons is None:
        raise DecisionRefused("decide.unknown_decision")
    if choice.reason_code not in reasons:
        raise DecisionRefused("decide.unknown_reason")
    if choice.reason_code == "other" and not choice.remark:
        raise DecisionRefused("decide.other_needs_remark")
    if len(choice.remark) > MAX_TEXT or len(choice.instruction) > MAX_TEXT:
        raise DecisionRefused("decide.too_long")
    if choice.decision is Decision.REFER and not choice.instruction:
        raise DecisionRefused("decide.refer_needs_instruction")


def _letter(choice: Choice, passage: UUID, decided_by: str, decided_at: datetime, reason: str) -> DecisionBody:
    return DecisionBody(
        id=choice.id,
        alert=choice.alert,
        passage=passage,
        decision=choice.decision,
        reason="；".join(filter(None, (reason, choice.remark))),
        decided_by=decided_by,
        decided_at=decided_at,
        instruction=choice.instruction,
    )


def find(connection: Connection, decision: UUID | None) -> Decided | None:
    """Return a decision by its id."""
    row = connection.execute(select(decisions).where(decisions.c.id == decision)).mappings().one_or_none()
    return None if row is None else _decided(dict(row))


def of_alert(connection: Connection, alert: UUID) -> list[Decided]:
    """Return every decision taken on an alert, the first first."""
    query = select(decisions).where(decisions.c.alert == alert).order_by(decisions.c.decided_at)
    return [_decided(dict(row)) for row in connection.execute(query).mappings()]


def by_id(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Decided]:
    """Return several decisions, by id."""
    query = select(decisions).where(decisions.c.id.in_(ids))
    return {row["id"]: _decided(dict(row)) for row in connection.execute(query).mappings()}


def _decided(row: dict[str, object]) -> Decided:
    return Decided(**{**row, "decision": Decision(row["decision"])})  # type: ignore[arg-type]  # columns are its fields
