"""The daily check against a fixed plate (`science.md` 2.5): passed, repeat, or out.

The plate's own error cancels, because a check is compared with r0, the mean of the first checks after the last
calibration. So even an ordinary plate can watch stability, though it could never judge conformity. One residual beyond
the action limit asks for three repeats at once; if their mean is still beyond it, the instrument leaves service now and
does not wait for tomorrow's chart.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, stdev
from typing import Final

ACTION_LIMIT_C: Final = 0.25
CLEAN_LIMIT_C: Final = 0.15
"""What a check must keep to bring an instrument back from WATCH."""
READINGS: Final = 10
FIRST_CHECKS: Final = 5
"""How many checks after a calibration make r0."""
REPEATS: Final = 3
PLAUSIBLE_C: Final = (30.0, 45.0)


class CheckRefused(Exception):
    """The check cannot be made so; the text says what to do, `meant` what was probably meant."""

    def __init__(self, text: str, meant: str = "") -> None:
        super().__init__(text)
        self.meant = meant


class Outcome(StrEnum):
    """What a check says."""

    PASSED = "passed"
    REPEAT = "repeat"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Residual:
    """One set of readings of the plate, less what the plate should show."""

    mean_c: float
    sd_c: float
    n: int
    error_c: float
    """mean - apparent temperature of the plate."""
    residual_c: float
    """error - r0; equals the error while r0 is being learned."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """r0 and how many checks have made it so far."""

    r0_c: float
    checks: int

    @property
    def learned(self) -> bool:
        """Whether r0 is final."""
        return self.checks >= FIRST_CHECKS

    def learn(self, error_c: float) -> "Baseline":
        """Return the baseline with one more of the first checks in it; later ones leave it alone."""
        if self.learned:
            return self
        return Baseline((self.r0_c * self.checks + error_c) / (self.checks + 1), self.checks + 1)


NEW: Final = Baseline(0.0, 0)
"""Right after a calibration."""


def plausible_reference(value_c: float) -> float:
    """Return a typed plate temperature, or raise CheckRefused with the likely slip named."""
    low, high = PLAUSIBLE_C
    if low <= value_c <= high:
        return value_c
    swapped = float("".join(reversed(f"{value_c:.0f}"))) if value_c >= 10 else value_c
    meant = f"{swapped:g}" if low <= swapped <= high else ""
    hint = f"; did you mean {meant}?" if meant else ""
    fahrenheit = (value_c - 32) / 1.8
    if low <= fahrenheit <= high:
        meant = f"{fahrenheit:.1f}"
        hint = f"; that is {meant} °C if you read °F"
    raise CheckRefused(f"{value_c:g} °C is no temperature of a plate for people ({low:g} to {high:g} °C){hint}", meant)


def residual(readings_c: Sequence[float], apparent_c: float, baseline: Baseline) -> Residual:
    """Return the residual of one set; raises CheckRefused with fewer than 10 finite readings."""
    good = [value for value in readings_c if math.isfinite(value)]
    if len(good) < READINGS:
        raise CheckRefused(f"a check needs {READINGS} readings of the plate; there are {len(good)}")
    error_c = fmean(good) - apparent_c
    r0_c = baseline.r0_c if baseline.learned else 0.0
    return Residual(fmean(good), stdev(good), len(good), error_c, error_c - r0_c)


def judge(
    residuals: Sequence[Residual], field_expanded_c: float, baseline: Baseline, *, watched: bool = False
) -> Outcome:
    """Return what the sets so far say: the first one, or the first and its repeats.

    An instrument that is `watched` is always read three times, so that a clean check can end the watch.

    Until r0 is learned the limit is the expanded uncertainty in the field (|r0| <= U_field), never less than the action
    limit: an instrument that starts beyond it was not calibrated right.
    """
    limit_c = ACTION_LIMIT_C if baseline.learned else max(ACTION_LIMIT_C, field_expanded_c)
    kept = abs(residuals[0].residual_c) <= limit_c
    if kept and not watched:
        return Outcome.PASSED
    repeats = residuals if kept else residuals[1:]
    if len(repeats) < REPEATS:
        return Outcome.REPEAT
    return Outcome.OUT if abs(fmean(r.residual_c for r in repeats[-REPEATS:])) > limit_c else Outcome.PASSED


def clean(residuals: Sequence[Residual]) -> bool:
    """Say whether three sets in a row are good enough to leave WATCH (|r| <= 0.15 °C each)."""
    return len(residuals) >= REPEATS and all(abs(r.residual_c) <= CLEAN_LIMIT_C for r in residuals[-REPEATS:])
