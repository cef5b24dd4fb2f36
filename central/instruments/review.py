"""Who passed while an instrument read wrong (`science.md` 6, retrospective review; ISO/IEC 17025 7.10).

When an error is found, every passage since the last good check is looked at again as if the instrument had read right:
list A are those who were let through and would have been stopped, list B those who were stopped and would not have
been. The extended list A goes down to even odds, for a health authority that wants to follow up more. The whole window
is used with the whole error: a change point comes up to seven checks late on a slow ramp, so it may rank the lists but
never shortens them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

P_REVIEW: Final = 0.70
P_EXTENDED: Final = 0.50


class ReviewList(StrEnum):
    """Which error a person may have suffered."""

    POSSIBLY_MISSED = "possibly_missed"
    """List A: let through, and would have been stopped."""
    EXTENDED = "possibly_missed_extended"
    """Let through, and more likely than not above the threshold, though below what alarms."""
    POSSIBLY_FALSE = "possibly_false_alarm"
    """List B: stopped, and would not have been."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What was stored of one passage."""

    passage: UUID
    adjusted_c: float
    u_c: float
    gain: float
    """d(body)/d(skin) = 1 + k of the site."""
    threshold_c: float
    alarmed: bool
    p_alarm: float = P_REVIEW
    """The chance at which the gate's rule alarmed."""


@dataclass(frozen=True, slots=True)
class FoundError:
    """The error found, in the skin domain and after the reference's correction: reading minus truth."""

    error_c: float
    u_c: float
    absorbed_c: float = 0.0
    """Share of the error that the station baseline had already taken up, in body units: B - B_ref."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One person on a list."""

    passage: UUID
    list: ReviewList
    corrected_c: float
    p: float
    """Chance that the corrected estimate is above the threshold (measurement only)."""


def p_above(estimate_c: float, u_c: float, threshold_c: float) -> float:
    """Return the chance that a value estimated with standard uncertainty `u_c` lies above the threshold."""
    return 0.5 * (1 + math.erf((estimate_c - threshold_c) / (u_c * math.sqrt(2))))


def review(passages: Iterable[Passed], found: FoundError) -> list[Reviewed]:
    """Return everybody who belongs on a list, the most probable first."""
    result = []
    for passed in passages:
        error_c = found.error_c - found.absorbed_c / passed.gain
        corrected_c = passed.adjusted_c - passed.gain * error_c
        p = p_above(corrected_c, math.hypot(passed.u_c, passed.gain * found.u_c), passed.threshold_c)
        if (belongs := _list(passed, p)) is not None:
            result.append(Reviewed(passed.passage, belongs, corrected_c, p))
    return sorted(result, key=lambda reviewed: -reviewed.p)


def _list(passed: Passed, p: float) -> ReviewList | None:
    if passed.alarmed:
        return ReviewList.POSSIBLY_FALSE if p < passed.p_alarm else None
    if p >= passed.p_alarm:
        return ReviewList.POSSIBLY_MISSED
    return ReviewList.EXTENDED if p >= P_EXTENDED else None
