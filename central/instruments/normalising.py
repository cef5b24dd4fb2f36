"""Does an instrument show everybody the same? Told by the spread of its passers over a week (`science.md` 5.3).

Healthy people differ by 0.46 to 0.8 °C at any site; one that pulls its readings to normal shows less than 0.2. The
spread is taken above the middle, from the median to the 90th percentile: cold and covered faces are all below it, and
would widen an instrument that pulls.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median
from typing import Final

from central.instruments.days import DayRow

WEEK: Final = timedelta(days=7)
LEAST: Final = 100
"""Passers in the week."""
NARROW_C: Final = 0.22
"""0.2 °C of skin is at least so much of body."""
TO_SD: Final = 1.2816
"""From the median to the 90th percentile, in standard deviations."""


def narrow_c(days: Sequence[DayRow], day: date) -> float | None:
    """Return the week's spread up to a day if it is too narrow to be people's, °C, else None."""
    week = [row.summary for row in days if timedelta(0) <= day - row.day < WEEK]
    if sum(one.n for one in week) < LEAST:
        return None
    spread_c = median((one.upper_c - one.median_c) / TO_SD for one in week)
    return spread_c if spread_c < NARROW_C else None
