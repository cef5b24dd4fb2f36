"""What the pages are given: typed views with codes and numbers; the words are in the catalogues.

A page gets one of these and nothing else, so that what a screen can show is readable in one place. Times are UTC-aware.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contract.messages import Measurement, MeasurementBody, Verdict
from contract.vocabulary import (
    Decision,
    HealthFlag,
    InstrumentState,
    LinkState,
    Reason,
    Scale,
    Site,
    VerdictKind,
)

COVERAGE: float = 2.0
"""Coverage factor of the ± that is shown: about 95 % (`science.md`, U = 2 u)."""


class Sign(StrEnum):
    """What the visitor's window says; never a temperature, never a judgment of a person."""

    CLOSED = "closed"
    STAND_HERE = "stand_here"
    HOLD_STILL = "hold_still"
    GO_ON = "go_on"
    AGAIN = "again"
    WAIT_FOR_STAFF = "wait_for_staff"


class LaneKind(StrEnum):
    """How a lane's live view is drawn."""

    PICTURE = "picture"
    SPOT = "spot"


@dataclass(frozen=True, slots=True)
class VerdictView:
    """One verdict, as the large panel and the list of the latest show it."""

    passage: UUID
    instrument: str
    at: datetime
    kind: VerdictKind
    reasons: tuple[Reason, ...]
    value_c: float | None
    """Body equivalent, adjusted to the gate."""
    plus_minus_c: float | None
    attempt: int
    alert: UUID | None
    latched: bool
    """Stays on the panel until staff have taken the person aside."""
    site: Site | None = None
    audit: bool = False
    """May pass, but chance asks for a reading with a contact thermometer first."""


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A duty officer's decision as it stands on an alert's card."""

    id: UUID
    decision: Decision
    decided_by: str
    decided_at: datetime
    reason: str
    instruction: str


@dataclass(frozen=True, slots=True)
class SecondView:
    """One contact measurement."""

    at: datetime
    value_c: float
    scale: Scale
    thermometer: str


@dataclass(frozen=True, slots=True)
class CardView:
    """An alert that waits, oldest first; one with a decision to carry out stands before those without."""

    id: UUID
    passage: UUID
    instrument: str
    raised_at: datetime
    value_c: float | None
    plus_minus_c: float | None
    attempts: tuple[VerdictView, ...]
    seconds: tuple[SecondView, ...]
    decision: DecisionView | None
    crop: bool
    taken: bool


@dataclass(frozen=True, slots=True)
class LaneView:
    """One screening instrument on the staff window."""

    id: str
    kind: LaneKind
    serial: str
    screening: bool
    reasons: tuple[Reason, ...]
    latest: VerdictView | None
    instead: tuple[str, ...] | None
    """While it is stopped for good: the lanes that may decide, with their serial numbers. None: nothing to say."""


@dataclass(frozen=True, slots=True)
class InstrumentView:
    """One instrument in the strip of health."""

    id: str
    driver: str
    role: str
    link: LinkState
    state: InstrumentState
    value_c: float | None
    rate_hz: float | None
    faults: int
    dropped_bytes: int
    reopened: int
    flags: tuple[HealthFlag, ...]
    certificate_until: datetime | None
    hint: str
    """What the link's driver says about the trouble; technicians' English."""


@dataclass(frozen=True, slots=True)
class CheckDueView:
    """A check that is due, and how long the instrument may go on without it."""

    instrument: str
    left_min: int


@dataclass(frozen=True, slots=True)
class StripView:
    """The health of the gate in one line."""

    instruments: tuple[InstrumentView, ...]
    reference_c: float | None
    reference_offset_c: float | None
    ambient_c: float | None
    humidity_pct: float | None
    baseline_c: float | None
    central: LinkState
    outbox_rows: int
    outbox_oldest_s: float
    store_ok: bool
    store_trouble: str
    unstored: int
    """Alerts and staff actions that wait in memory for a disk that works again."""
    refused_from_central: int
    passages: tuple[tuple[VerdictKind, int], ...]
    rule: str
    threshold_c: float
    checks_due: tuple[CheckDueView, ...] = ()


@dataclass(frozen=True, slots=True)
class ThermometerView:
    """A contact thermometer to choose from."""

    id: str
    scale: Scale
    expired: bool
    doubted: bool
    """Central doubts it, or has taken it out of service."""


@dataclass(frozen=True, slots=True)
class GateView:
    """What stands on every page."""

    id: str
    name_zh: str
    name_en: str
    township: str
    simulated: bool
    boot: UUID
    last_event: int
    """Number of the feed's newest event when the page was made; the page listens from there."""

    def name(self, language: str) -> str:
        """Return the gate's name in one of the two languages."""
        return self.name_zh if language == "zh" else self.name_en


@dataclass(frozen=True, slots=True)
class StaffView:
    """The staff window."""

    gate: GateView
    lanes: tuple[LaneView, ...]
    cards: tuple[CardView, ...]
    waiting: int
    """All that wait, drawn or not."""
    audits: tuple[VerdictView, ...]
    """People whom chance picks for a contact reading."""
    recent: tuple[VerdictView, ...]
    strip: StripView
    staff: tuple[str, ...]
    thermometers: tuple[ThermometerView, ...]
    duty_phone: str


@dataclass(frozen=True, slots=True)
class VisitorView:
    """The visitor window."""

    gate: GateView
    lane: str
    sign: Sign
    hint: Reason | None


@dataclass(frozen=True, slots=True)
class PassageView:
    """Everything behind one verdict, one touch away: each temperature, each correction."""

    passage: UUID
    attempts: tuple[MeasurementBody, ...]
    seconds: tuple[SecondView, ...]


def verdict_view(
    measurement: Measurement,
    verdict: Verdict,
    *,
    alert: UUID | None = None,
    latched: bool = False,
    audit: bool = False,
) -> VerdictView:
    """Return a measurement and its verdict as a view; what is no result shows no value that could pass for one."""
    shown = verdict.kind is not VerdictKind.NO_RESULT
    return VerdictView(
        passage=measurement.passage,
        instrument=measurement.instrument,
        at=measurement.at,
        kind=verdict.kind,
        reasons=verdict.reasons,
        value_c=measurement.adjusted_c if shown else None,
        plus_minus_c=COVERAGE * measurement.u_c if shown and measurement.u_c is not None else None,
        attempt=measurement.attempt,
        alert=alert,
        latched=latched,
        site=measurement.site,
        audit=audit,
    )
