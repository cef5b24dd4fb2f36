"""What a lane tells the rest of the gate: frozen events, codes only.

A lane (`edge.lane`) is one screening instrument with everything that turns its samples into verdicts. It is pure in
its arguments: samples and the surroundings go in, these events come out.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from contract.messages import Measurement, Verdict
from contract.vocabulary import HealthFlag, Reason, Site, VerdictKind


@dataclass(frozen=True, slots=True)
class Air:
    """The surroundings at one moment."""

    ambient_c: float | None
    u_ambient_c: float
    humidity_pct: float
    outdoor_c: float | None = None


class ReferenceState(StrEnum):
    """Whether the reference in view may be trusted (`science.md` 2.6)."""

    ABSENT = "absent"
    """None is configured."""
    LOCKED = "locked"
    HOLD = "hold"
    LOST = "lost"
    MOVED = "moved"
    IMPLAUSIBLE = "implausible"
    SETTLING = "settling"


@dataclass(frozen=True, slots=True)
class ReferenceSeen:
    """The thermal reference as this frame shows it."""

    state: ReferenceState
    region: tuple[int, int, int] | None
    """Centre column, centre row, radius, upright pixels."""
    measured_c: float | None
    """Radiance temperature of its region before the offset is removed."""
    offset_c: float | None
    """What is subtracted from the face's pixels."""
    held_s: float = 0.0
    doubt: Reason | None = None
    """Why it is not to be trusted."""


@dataclass(frozen=True, slots=True)
class FaceSeen:
    """One tracked person in this picture, upright pixels."""

    track: int
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1."""
    score: float
    skin_c: float | None
    """This frame's skin value, already corrected; None where it cannot be measured."""
    site: Site | None
    refused: Reason | None
    frames_valid: int
    spot: tuple[int, int] | None = None
    """Column and row of the hottest 2x2 in the site."""
    landmarks: tuple[tuple[float, float], ...] = ()
    """Right eye, left eye, nose, right and left mouth corner, where the detector gave them."""
    verdict: VerdictKind | None = None
    """Of the passage so far, once it has one."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One processed frame, for the live view; older ones are dropped."""

    instrument: str
    seq: int
    at: datetime
    mono_ns: int
    temps_c: NDArray[np.float32]
    """Upright radiance temperatures, read-only; NaN where invalid."""
    faces: tuple[FaceSeen, ...]
    reference: ReferenceSeen
    screening: bool
    """False: no verdict may be given now."""
    reasons: tuple[Reason, ...]
    """Why not."""
    health: tuple[HealthFlag, ...] = ()
    """What the samples themselves say is wrong with the instrument."""
    second_reference: ReferenceSeen | None = None
    """Where there are two; the offset in both is the one in use."""
    costs_us: tuple[tuple[str, int], ...] = ()
    """Time spent in each step, for the bench."""


@dataclass(frozen=True, slots=True, eq=False)
class PassageDecided:
    """A person has a verdict: shown at once, then stored and sent."""

    passage: UUID
    instrument: str
    track: int | None
    measurement: Measurement
    verdict: Verdict
    decided_by_mono_ns: int
    """When the last byte of the frame that decided had arrived."""
    crop_c: NDArray[np.float32] | None = None
    """The person's box out of the frame that decided, upright, °C."""


LaneEvent = Picture | PassageDecided
