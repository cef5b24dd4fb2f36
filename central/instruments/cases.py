"""Recalibration cases: from the word that an instrument reads wrong to its return to service.

    opened ──> assigned ──> as_found ──> adjusted ──> verified ──> closed
       └──────────┴─ closed as a false flag, with a clean check      (verification failed: back to assigned)

Each step moves the instrument where the lifecycle's table allows it, in the same transaction, and stands in the audit
log. As found comes before any adjustment, because an adjusted instrument can no longer say whom it misjudged. Whoever
adjusted does not verify while another expert has an account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from central.access.accounts import all_accounts
from central.access.audit import Action, record
from central.instruments.found import AsFound, FoundPoint
from central.instruments.life import Hand
from central.instruments.refusal import InstrumentRefused
from central.instruments.wording import coded
from central.store.instrument_tables import cases
from central.store.tables import audit
from central.store.writer import Transaction
from contract.ids import new_id
from contract.vocabulary import Role

MAX_REASON: Final = 500


class CaseStage(StrEnum):
    """How far a case has come."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    AS_FOUND = "as_found"
    ADJUSTED = "adjusted"
    VERIFIED = "verified"
    CLOSED = "closed"


class CaseSource(StrEnum):
    """Who asked for an expert."""

    DRIFT = "drift"
    GATE = "gate"
    TECHNICIAN = "technician"
    DUTY_OFFICER = "duty_officer"
    EXPERT = "expert"


class CaseOutcome(StrEnum):
    """How a case ended."""

    RECALIBRATED = "recalibrated"
    FALSE_FLAG = "false_flag"
    RETIRED = "retired"


class UnknownCase(InstrumentRefused):
    """There is no such case."""

    def __init__(self, case: UUID) -> None:
        super().__init__("cases.unknown", f"no case {case}")


@dataclass(frozen=True, slots=True)
class Case:
    """One case as it stands."""

    id: UUID
    gate: str
    instrument: str
    stage: CaseStage
    source: CaseSource
    reason: str
    evidence: str
    opened_by: str
    opened_at: datetime
    expert: UUID | None
    expert_name: str
    assigned_at: datetime | None
    taken_at: datetime | None
    as_found_at: datetime | None
    as_found: AsFound | None
    adjusted_at: datetime | None
    adjusted_by: UUID | None
    verified_at: datetime | None
    verified_by: str
    alone: bool
    certificate: UUID | None
    closed_at: datetime | None
    closed_by: str
    outcome: str

    @property
    def to_expert(self) -> timedelta | None:
        """From the flag to the expert who took it."""
        return None if self.taken_at is None else self.taken_at - self.opened_at

    @property
    def to_service(self) -> timedelta | None:
        """From the flag to the return to service."""
        return None if self.closed_at is None else self.closed_at - self.opened_at


def open_case(
    transaction: Transaction,
    gate: str,
    instrument: str,
    source: CaseSource,
    by: Hand,
    reason: str,
    evidence: tuple[str, ...] = (),
) -> UUID:
    """Open a case, or return the one that is open already: an instrument has one at a time."""
    connection = transaction.connection
    if (standing := open_of(connection, gate, instrument)) is not None:
        return standing.id
    case = new_id(transaction.at)
    row = {
        "id": case,
        "gate": gate,
        "instrument": instrument,
        "stage": CaseStage.OPENED,
        "source": source,
        "reason": reason[:MAX_REASON],
        "evidence": " ".join(evidence),
        "opened_by": by.who[:80],
        "opened_at": transaction.at,
    }
    connection.execute(cases.insert().values(row))
    note(transaction, case, by, coded("opened", reason[:MAX_REASON]))
    return case


def note(transaction: Transaction, case: UUID, by: Hand, detail: str) -> None:
    """Write a step of a case into the audit log."""
    record(transaction, Action.CASE, by.name or by.who, str(case), detail, by.address)


def change(transaction: Transaction, case: UUID, **values: object) -> None:
    """Change columns of a case."""
    transaction.connection.execute(update(cases).where(cases.c.id == case).values(values))


def demand(case: Case, *stages: CaseStage) -> None:
    """Raise InstrumentRefused unless the case stands at one of these stages."""
    if case.stage not in stages:
        raise InstrumentRefused("cases.other_stage", f"case {case.id} is {case.stage}", stage=case.stage)


def other_experts(connection: Connection, than: UUID | None) -> list[str]:
    """Return the names of the other experts who could verify."""
    return [
        account.full_name
        for account in all_accounts(connection)
        if Role.EXPERT in account.roles and not account.disabled and account.id != than
    ]


def experts(connection: Connection) -> list[tuple[UUID, str]]:
    """Return id and name of everybody to whom a case may be assigned."""
    return [
        (account.id, account.full_name)
        for account in all_accounts(connection)
        if Role.EXPERT in account.roles and not account.disabled
    ]


def find(connection: Connection, case: UUID) -> Case:
    """Return a case. Raises UnknownCase."""
    row = connection.execute(select(cases).where(cases.c.id == case)).one_or_none()
    if row is None:
        raise UnknownCase(case)
    return _case(row)


def open_of(connection: Connection, gate: str, instrument: str) -> Case | None:
    """Return the open case of an instrument."""
    own = cases.c.gate == gate, cases.c.instrument == instrument
    row = connection.execute(select(cases).where(*own, cases.c.stage != CaseStage.CLOSED)).first()
    return None if row is None else _case(row)


def page(connection: Connection, *, closed: bool, gate: str = "", instrument: str = "", limit: int = 100) -> list[Case]:
    """Return open cases, the oldest first, or closed ones, the newest first."""
    if closed:
        query = select(cases).where(cases.c.stage == CaseStage.CLOSED).order_by(cases.c.closed_at.desc())
    else:
        query = select(cases).where(cases.c.stage != CaseStage.CLOSED).order_by(cases.c.opened_at)
    if gate:
        query = query.where(cases.c.gate == gate, cases.c.instrument == instrument)
    return [_case(row) for row in connection.execute(query.limit(limit))]


def history(connection: Connection, case: UUID) -> list[Row[Any]]:
    """Return what the audit log says of a case, the first first."""
    query = select(audit).where(audit.c.action == Action.CASE, audit.c.subject == str(case)).order_by(audit.c.number)
    return list(connection.execute(query).all())


def _case(row: Row[Any]) -> Case:
    values = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's public way to a row's names
    found = values["as_found"]
    if found is not None:
        points = tuple(FoundPoint(*pair) for pair in found["points"])
        values["as_found"] = AsFound(points, found["expanded_c"], found["mpe_c"])
    return Case(**{**values, "stage": CaseStage(row.stage), "source": CaseSource(row.source)})
