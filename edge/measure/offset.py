"""Is the offset that the reference in view asks for believable? (`science.md` 5.2).

A reference corrects small errors of a camera. An offset beyond 2 °C, or more than 1 °C away from what the last 14 days
needed, says that camera or reference is broken: then there is no result, because a correction of that size would be
a guess. The filter of 2.6 cannot see this: it follows whatever stands in view long enough.
"""

import math
from collections import deque
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from contract.vocabulary import Reason

LARGE_C: Final = 2.0
CHANGE_C: Final = 1.0
MEMORY: Final = timedelta(days=14)
LEAST: Final = 10
"""Offsets to know before a change can be judged."""
SPACING: Final = timedelta(minutes=1)
_MOST: Final = 20_160
"""One a minute for 14 days."""


class OffsetHistory:
    """The offsets that one camera needed lately."""

    def __init__(self) -> None:
        self._known: deque[tuple[datetime, float]] = deque(maxlen=_MOST)
        self._median_c: float | None = None

    def judge(self, at: datetime, offset_c: float) -> Reason | None:
        """Return REFERENCE_IMPLAUSIBLE if nothing may be decided with this offset, °C, else None, and remember it."""
        while self._known and at - self._known[0][0] > MEMORY:
            self._known.popleft()
            self._median_c = None
        usual_c = self._usual()
        if math.isfinite(offset_c) and (not self._known or at - self._known[-1][0] >= SPACING):
            self._known.append((at, offset_c))
            self._median_c = None
        if not abs(offset_c) <= LARGE_C:
            return Reason.REFERENCE_IMPLAUSIBLE
        if usual_c is not None and abs(offset_c - usual_c) > CHANGE_C:
            return Reason.REFERENCE_IMPLAUSIBLE
        return None

    def forget(self) -> None:
        """Start anew after a calibration or another reference: the old offsets say nothing of the new ones."""
        self._known.clear()
        self._median_c = None

    def _usual(self) -> float | None:
        if len(self._known) < LEAST:
            return None
        if self._median_c is None:
            self._median_c = median(offset_c for _, offset_c in self._known)
        return self._median_c
