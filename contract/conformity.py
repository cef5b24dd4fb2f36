"""Does an error conform? Four zones about the maximum permissible error (`science.md` 2.3; ILAC-G8, ISO 14253-1).

With guard band w = U an instrument is accepted wrongly in 0.02 % of cases and rejected wrongly in 14 %: rejection costs
a re-adjustment, acceptance costs a fever. A reference with MPE/U < 2.5 cannot judge at all: it would reject most good
instruments, so it may only watch stability.
"""

from enum import StrEnum
from typing import Final

MIN_TEST_UNCERTAINTY_RATIO: Final = 2.5


class Zone(StrEnum):
    """Where an error lies against the maximum permissible error with guard band w."""

    PASS = "pass"  # noqa: S105  # not a password
    CONDITIONAL_PASS = "conditional_pass"  # noqa: S105  # not a password
    CONDITIONAL_FAIL = "conditional_fail"
    FAIL = "fail"


def zone(error_c: float, mpe_c: float, guard_c: float) -> Zone:
    """Return the zone of an error of indication; only PASS returns an instrument to service."""
    size = abs(error_c)
    if size <= mpe_c - guard_c:
        return Zone.PASS
    if size <= mpe_c:
        return Zone.CONDITIONAL_PASS
    if size <= mpe_c + guard_c:
        return Zone.CONDITIONAL_FAIL
    return Zone.FAIL


def can_judge(mpe_c: float, expanded_c: float) -> bool:
    """Say whether a reference with this expanded uncertainty (k=2) may judge conformity (MPE/U >= 2.5)."""
    return mpe_c >= MIN_TEST_UNCERTAINTY_RATIO * expanded_c
