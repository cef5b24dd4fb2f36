"""What the bench says of itself, to the page and to the terminal: codes and numbers."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from contract.vocabulary import InstrumentState, Reason


class Work(StrEnum):
    """What is done on the bench."""

    CHECK = "check"
    CALIBRATION = "calibration"
    LINEARITY = "linearity"


class Stage(StrEnum):
    """Where it stands."""

    SETTLING = "settling"
    READING = "reading"
    PLATE = "plate"
    """Waits for a person to say what the plate shows."""
    ADJUST = "adjust"
    """Waits for a person to adjust, or to leave as it is."""
    PASSED = "passed"
    REPEAT = "repeat"
    """Could not be done to its end: do it again."""
    OUT = "out"


ENDED = frozenset({Stage.PASSED, Stage.REPEAT, Stage.OUT})


@dataclass(frozen=True, slots=True)
class PointView:
    """One measured point, or one set of a check."""

    phase: str
    index: int
    reference_c: float
    indicated_c: float
    error_c: float
    sd_c: float
    n: int
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class FitView:
    """What the points as found ask for."""

    a_c: float
    b: float
    u_a_c: float
    gain_applied: bool
    p_lack_of_fit: float
    fits: bool


@dataclass(frozen=True, slots=True)
class BenchView:
    """The work under way, or the last one that ended."""

    number: int
    """Counts the works since the process began."""
    work: Work
    instrument: str
    by: str
    stage: Stage
    progress: float = 0.0
    """Of this stage."""
    overall: float = 0.0
    phase: str = ""
    wanted_c: float | None = None
    """Surface temperature that the plate is to have."""
    shown_c: float | None = None
    apparent_c: float | None = None
    indicated_c: float | None = None
    body_c: float | None = None
    """What the device itself takes for a body temperature: shown, never used."""
    steady: bool = False
    points: tuple[PointView, ...] = ()
    mpe_c: float | None = None
    expanded_c: float | None = None
    fit: FitView | None = None
    residual_c: float | None = None
    limit_c: float | None = None
    slope: float | None = None
    """Of a linearity sweep, with its standard uncertainty."""
    u_slope: float | None = None
    certificate: UUID | None = None
    state: InstrumentState | None = None
    refused: str = ""
    """Key of the sentence that says why it ended or must be done otherwise."""
    values: dict[str, str] = field(default_factory=dict)
    next: str = ""
    """Key of the sentence that says what to do now that it has ended."""
    plot: tuple[tuple[float, float, float], ...] = ()
    """Seconds before now, indicated, apparent."""


def next_step(view: BenchView) -> str:
    """Return the key of what to do after a work that has ended, empty where why it ended says so already."""
    match view.work, view.stage:
        case Work.CHECK, Stage.OUT:
            return "technician.next.check_out"
        case Work.LINEARITY, Stage.PASSED if not view.refused:
            return "technician.next.linear"
        case Work.CALIBRATION, Stage.PASSED:
            state = view.state or InstrumentState.IN_SERVICE
            return _AFTER_CALIBRATION.get(state, "technician.next.still_out")
        case _:
            return ""


_AFTER_CALIBRATION: Final = {
    InstrumentState.IN_SERVICE: "technician.next.calibrated",
    InstrumentState.WATCH: "technician.next.calibrated",
    InstrumentState.VERIFY: "technician.next.verify",
    InstrumentState.COMMISSIONING: "technician.next.commissioning",
}


@dataclass(frozen=True, slots=True)
class DutyView:
    """One screening instrument and what is due on it."""

    instrument: str
    serial: str
    state: InstrumentState
    reference: str | None
    """The blackbody that can be driven, None: a person sets the plate."""
    certificate: UUID | None
    certificate_until: datetime | None
    certificate_doubt: Reason | None
    """Why it may not be applied, None if it may."""
    turned_away: str | None
    """Why the last certificate that central sent was refused, `edge.certificates.Doubt`."""
    made_by: str
    checked_at: datetime | None
    """When it last passed."""
    outcome: str | None
    """Of the last check."""
    residual_c: float | None
    r0_c: float | None
    """None while it is being learned."""
    checks: int
    due_at: datetime
    cause: str
    """Why it is due, `edge.technician.duty.Cause`."""
    out_at: datetime
    missed: bool
    overdue: bool
    open_run: float | None
    """Share of an unfinished calibration."""
    stranger: str | None
    """Why an unfinished calibration can only be given up; technicians' English."""
    use_instead: tuple[str, ...]
    """Other instruments here that may decide now."""
