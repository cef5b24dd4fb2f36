"""What the programming interface says: pydantic models, codes and numbers, times in UTC."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from central.access.accounts import Account
from central.alerts.decisions import MAX_TEXT, Decided
from central.alerts.lifecycle import AlertEvent
from central.alerts.records import AlertRecord, JournalRow
from central.board.view import GateView
from central.gates import Liveness, Standing
from central.instruments.registry import Instrument
from contract.messages import Alert, Confirmation, GateHealth, InstrumentHealth, SecondMeasurement
from contract.vocabulary import AlertState, Decision, GateKind, Role


class Resource(BaseModel):
    """Base of what is read."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Credentials(BaseModel):
    """Name and password."""

    model_config = ConfigDict(extra="forbid")

    name: str
    password: str


class SessionResource(Resource):
    """Who is logged in, and the token that every changing request must carry in `X-CSRF-Token`."""

    name: str
    full_name: str
    roles: tuple[Role, ...]
    csrf: str

    @classmethod
    def of(cls, account: Account, csrf: str) -> Self:
        """Make it from an account."""
        return cls(name=account.name, full_name=account.full_name, roles=tuple(sorted(account.roles)), csrf=csrf)


class DecisionResource(Resource):
    """A decision as it stands."""

    id: UUID
    alert: UUID
    decision: Decision
    reason_code: str
    remark: str
    instruction: str
    decided_by: str
    decided_at: AwareDatetime
    revises: UUID | None
    gate_has_it_at: AwareDatetime | None

    @classmethod
    def of(cls, decided: Decided) -> Self:
        """Make it from a decision."""
        return cls.model_validate(decided)


class JournalResource(Resource):
    """One row of an alert's journal."""

    number: int
    at: AwareDatetime
    event: AlertEvent
    from_state: AlertState | None
    to_state: AlertState
    who: str
    reason: str

    @classmethod
    def of(cls, row: JournalRow) -> Self:
        """Make it from a row."""
        return cls.model_validate(row)


class AlertResource(Resource):
    """An alert and what has become of it; the picture has an address of its own."""

    id: UUID
    gate: str
    state: AlertState
    state_since: AwareDatetime
    received_at: AwareDatetime
    late: bool
    from_future: bool
    escalation: int
    handler: str
    has_picture: bool
    alert: Alert
    second_measurements: tuple[SecondMeasurement, ...]
    decision: DecisionResource | None
    confirmation: Confirmation | None

    @classmethod
    def of(cls, record: AlertRecord) -> Self:
        """Make it from a record."""
        return cls.model_validate(record)


class AlertDetail(AlertResource):
    """An alert with its journal."""

    journal: tuple[JournalResource, ...] = ()


class InstrumentResource(Resource):
    """One instrument as its gate last spoke of it."""

    gate: str
    instrument: str
    seen_at: AwareDatetime
    health: InstrumentHealth

    @classmethod
    def of(cls, instrument: Instrument) -> Self:
        """Make it from an instrument."""
        return cls.model_validate(instrument)


class GateResource(Resource):
    """One gate as last known."""

    id: str
    name_zh: str
    name_en: str
    township: str
    kind: GateKind
    simulated: bool
    version: str
    standing: Standing
    liveness: Liveness
    online: bool
    last_seen_at: AwareDatetime | None
    health: GateHealth | None
    instruments: tuple[InstrumentResource, ...]

    @classmethod
    def of(cls, view: GateView) -> Self:
        """Make it from a view."""
        gate = view.gate
        return cls(
            id=gate.id,
            name_zh=gate.name_zh,
            name_en=gate.name_en,
            township=gate.township,
            kind=gate.kind,
            simulated=gate.simulated,
            version=gate.version,
            standing=gate.standing,
            liveness=view.liveness,
            online=gate.online,
            last_seen_at=gate.last_seen_at,
            health=gate.health,
            instruments=tuple(InstrumentResource.of(one.instrument) for one in view.instruments),
        )


class HandBack(BaseModel):
    """Why an alert is given back."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=MAX_TEXT)] = ""


class DecisionRequest(BaseModel):
    """A decision to take; its id is the request's `Idempotency-Key`."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision
    reason_code: str
    """One of the decision's reasons; `other` needs a remark."""
    remark: str = ""
    instruction: str = ""
    """Where to send the person; needed to refer."""
    revises: UUID | None = None
    """The decision in force that this one replaces; then a remark is needed."""


class Problem(BaseModel):
    """Why a request was refused."""

    code: str
    message: str
    """In the language of `?lang=`."""
    standing: DecisionResource | None = None
    """The decision in force, where somebody else was first."""
