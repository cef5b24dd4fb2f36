"""What the gate and central say to each other: pydantic, versioned, codes and numbers, never sentences.

The ends upgrade at different times. So readers ignore fields they do not know, fields are only ever added within
version 1, and a breaking change means `v2` topics beside `v1`. The dated list of changes is in `contract/README.md`.
"""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from contract.calibration import Certificate
from contract.ids import Slug
from contract.topics import Direction, Kind, Topic
from contract.vocabulary import (
    Decision,
    GateKind,
    HealthFlag,
    InstrumentState,
    LinkState,
    Reason,
    Scale,
    Site,
    VerdictKind,
)

SCHEMA_VERSION: Final = 1
MAX_PAYLOAD_BYTES: Final = 256 * 1024
"""Larger payloads are refused unread; an alert with its crop is below 40 kB."""


class MessageRefused(Exception):
    """A payload is not a message of ours; the text says what is wrong with it."""


class Body(BaseModel):
    """Base of everything that crosses the wire."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Term(Body):
    """One correction on the way from indication to decision, so that an expert can redo it by hand."""

    name: str
    """Key of the step, in the order of `science.md` 2.6: device, certificate, window, reference, emissivity, …"""
    size_c: float
    u_c: float
    """Its share in the decision's standard uncertainty: the squares of all terms sum to `Measurement.u_c` squared."""


class Measurement(Body):
    """The four temperatures of one person at one passage; None where the way stopped (`design.md` 4)."""

    id: UUID
    gate: Slug
    instrument: Slug
    passage: UUID
    attempt: Annotated[int, Field(ge=1)] = 1
    at: AwareDatetime
    """When the last frame that decided was taken."""
    indicated_c: float | None = None
    skin_c: float | None = None
    body_c: float | None = None
    adjusted_c: float | None = None
    u_c: float | None = None
    p_fever: float | None = None
    site: Site | None = None
    ambient_c: float | None = None
    reference_offset_c: float | None = None
    baseline_c: float | None = None
    frames_used: int = 0
    certificate_id: UUID | None = None
    config_version: str = ""
    coefficients: str = ""
    """Whose k and spread took skin to body: version and author of the signed table."""
    terms: tuple[Term, ...] = ()
    flags: tuple[Reason, ...] = ()


class Verdict(Body):
    """What the gate's rule says of a measurement, with the rule that said it."""

    kind: VerdictKind
    reasons: tuple[Reason, ...] = ()
    threshold_c: float
    threshold_scale: Scale = Scale.ORAL_EQUIVALENT
    p_alarm: float
    rule: str
    """Identity and version of the rules in force."""
    author: str = ""
    """Who set the threshold."""
    source: str = ""
    """What the threshold rests on."""


class MeasurementBody(Body):
    """A passage that raised no alert."""

    measurement: Measurement
    verdict: Verdict
    simulated: bool = False


class Alert(Body):
    """A person is stopped at the gate and a duty officer must decide."""

    id: UUID
    passage: UUID
    raised_at: AwareDatetime
    measurement: Measurement
    verdict: Verdict
    attempts: tuple[MeasurementBody, ...] = ()
    """Earlier attempts of the same passage: there is no "try until green"."""
    crop_png: Base64Bytes | None = None
    """The face in false colour, only if the gate's policy says so."""
    simulated: bool = False


class SecondMeasurement(Body):
    """A contact thermometer's reading of the person of a passage."""

    id: UUID
    alert: UUID | None = None
    passage: UUID
    at: AwareDatetime
    value_c: Annotated[float, Field(ge=30, le=45)]
    scale: Scale
    thermometer: str
    calibrated_until: AwareDatetime | None = None
    measured_by: str
    audit: bool = False
    """Chance had picked this passage, whatever the instrument said: only such readings tell how far it is off."""


class Confirmation(Body):
    """Gate staff say that they have seen a decision and carried it out."""

    id: UUID
    decision: UUID
    alert: UUID
    at: AwareDatetime
    confirmed_by: str
    carried_out: bool = True
    remark: str = ""


class InstrumentHealth(Body):
    """One instrument as the gate sees it."""

    instrument: Slug
    driver: str
    serial: str = ""
    role: str = ""
    link: LinkState
    state: InstrumentState = InstrumentState.IN_SERVICE
    last_sample_at: AwareDatetime | None = None
    last_value_c: float | None = None
    samples: int = 0
    faults: int = 0
    dropped_bytes: int = 0
    reopened: int = 0
    rate_hz: float | None = None
    flags: tuple[HealthFlag, ...] = ()
    certificate_id: UUID | None = None
    certificate_until: AwareDatetime | None = None


class GateHealth(Body):
    """The gate in one look, sent every 10 s and at every change."""

    at: AwareDatetime
    screening: bool
    reasons: tuple[Reason, ...] = ()
    instruments: tuple[InstrumentHealth, ...]
    reference_c: float | None = None
    reference_offset_c: float | None = None
    ambient_c: float | None = None
    humidity_pct: float | None = None
    baseline_c: float | None = None
    outbox_rows: int = 0
    outbox_oldest_s: float = 0.0
    passages_total: int = 0
    passages_by_verdict: dict[VerdictKind, int] = {}
    rule: str = ""
    simulated: bool = False


class CheckResult(Body):
    """A daily check against a plate or blackbody (`science.md` 2.5)."""

    id: UUID
    instrument: Slug
    at: AwareDatetime
    reference_c: float
    mean_c: float
    residual_c: float
    n: int
    passed: bool
    made_by: str
    certificate_id: UUID | None = None
    """Under which it was made: another certificate has another r0."""


class DriftReport(Body):
    """The gate suspects an instrument; only an expert may clear it."""

    id: UUID
    instrument: Slug
    at: AwareDatetime
    flag: HealthFlag
    value: float
    limit: float


class DecisionBody(Body):
    """A duty officer's decision on an alert, on its way to the gate."""

    id: UUID
    alert: UUID
    passage: UUID
    decision: Decision
    reason: str = ""
    decided_by: str
    decided_at: AwareDatetime
    instruction: str = ""
    """Where to send the person: the fever clinic's name and telephone; free text of the district."""


class CertificateBody(Body):
    """A certificate on its way between expert and gate."""

    certificate: Certificate


class InstrumentStateBody(Body):
    """Central orders a lifecycle state; the gate obeys at once."""

    instrument: Slug
    state: InstrumentState
    reason: str = ""
    ordered_by: str
    at: AwareDatetime


class RulesBody(Body):
    """The district's policy in force from now on."""

    version: str
    threshold_c: float
    threshold_scale: Scale
    p_alarm: float
    p_amber: float
    author: str
    source: str


class Ack(Body):
    """The other end has committed these messages; whoever sent them may forget them."""

    message_ids: tuple[UUID, ...]


class Presence(Body):
    """A gate is there, or its last will says that it is not. Retained; both carry the boot id."""

    gate: Slug
    boot: UUID
    online: bool
    at: AwareDatetime
    name_zh: str = ""
    name_en: str = ""
    township: str = ""
    kind: GateKind = GateKind.COMMUNITY
    simulated: bool = False
    version: str = ""


BODIES: Final[dict[Kind, type[Body]]] = {
    Kind.ALERT: Alert,
    Kind.MEASUREMENT: MeasurementBody,
    Kind.SECOND_MEASUREMENT: SecondMeasurement,
    Kind.CONFIRMATION: Confirmation,
    Kind.HEALTH: GateHealth,
    Kind.CHECK: CheckResult,
    Kind.DRIFT: DriftReport,
    Kind.DECISION: DecisionBody,
    Kind.CERTIFICATE: CertificateBody,
    Kind.INSTRUMENT_STATE: InstrumentStateBody,
    Kind.RULES: RulesBody,
    Kind.ACK: Ack,
}
"""The body of each kind; the one table from which reading and the documentation are made."""


class Envelope(Body):
    """What every message carries beside its body."""

    message_id: UUID
    schema_version: int = SCHEMA_VERSION
    gate: Slug
    epoch: UUID
    """The sender's boot id: `seq` counts within it."""
    seq: Annotated[int, Field(ge=0)]
    sent_at: AwareDatetime
    kind: Kind
    body: dict[str, object]


_envelope: TypeAdapter[Envelope] = TypeAdapter(Envelope)


def encode(body: Body, *, kind: Kind, message_id: UUID, gate: str, epoch: UUID, seq: int, sent_at: datetime) -> bytes:
    """Return the payload of a message; raises TypeError if the body is not of that kind."""
    if type(body) is not BODIES[kind]:
        raise TypeError(f"a {kind} message carries a {BODIES[kind].__name__}, not a {type(body).__name__}")
    envelope = Envelope(
        message_id=message_id,
        gate=gate,
        epoch=epoch,
        seq=seq,
        sent_at=sent_at,
        kind=kind,
        body=body.model_dump(mode="json", exclude_defaults=True),
    )
    return envelope.model_dump_json().encode()


def decode(payload: bytes, topic: Topic) -> tuple[Envelope, Body]:
    """Return the envelope and typed body of a payload that came on `topic`.

    Raises MessageRefused if it is too large, not JSON, of another version, not of its kind, or if it names
    another gate or kind than its topic: a broker acknowledges a forged publish, so the payload is checked here.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise MessageRefused(f"{len(payload)} bytes are more than the {MAX_PAYLOAD_BYTES} allowed")
    try:
        envelope = _envelope.validate_python(from_json(payload, allow_inf_nan=False))
        if envelope.schema_version != SCHEMA_VERSION:
            raise MessageRefused(f"schema version {envelope.schema_version} on a version {SCHEMA_VERSION} topic")
        if (envelope.gate, envelope.kind) != (topic.gate, topic.kind):
            raise MessageRefused(f"a message of {envelope.gate}/{envelope.kind} came on {topic}")
        return envelope, BODIES[envelope.kind].model_validate(envelope.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "payload"
        raise MessageRefused(f"{where}: {first['msg']}") from error
    except ValueError as error:
        raise MessageRefused(f"not JSON: {error}") from error


def topic_for(gate: str, direction: Direction, body: Body) -> Topic:
    """Return the topic on which `body` travels."""
    kind = next(kind for kind, model in BODIES.items() if model is type(body))
    return Topic(gate, direction, kind)
