"""Is it the group and not the person? Buses out of the cold or the sun (`science.md` 4.5).

The median of the last 15 valid passers within 10 minutes, against the station's baseline: far below, the group has not
acclimatised and waits 10 minutes; far above, it is sun-warmed and waits in the shade, or the sun is on the camera.
"""

from collections import deque
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from contract.vocabulary import Reason
from edge.config import Rules

PERSONS: Final = 15
WITHIN: Final = timedelta(minutes=10)
LIMIT_C: Final = 0.6


class Group:
    """The last few passers of one station."""

    def __init__(self, rules: Rules) -> None:
        self._mean_c = rules.body_mean_c
        self._last: deque[tuple[datetime, float]] = deque(maxlen=PERSONS)

    def take(self, at: datetime, body_c: float) -> None:
        """Let a valid passer's body temperature, °C (not adjusted), enter."""
        self._last.append((at, body_c))

    def reason(self, at: datetime, baseline_c: float) -> Reason | None:
        """Return GROUP_COLD or GROUP_WARM as it stands at `at`, or None."""
        if len(self._last) < PERSONS or at - self._last[0][0] > WITHIN:
            return None
        excess_c = median(body_c for _, body_c in self._last) - self._mean_c - baseline_c
        if excess_c < -LIMIT_C:
            return Reason.GROUP_COLD
        return Reason.GROUP_WARM if excess_c > LIMIT_C else None
