"""Are too many alarming at once? A cluster of fevers is the supervisor's, no instrument fault (`science.md` 4.5).

Alarms among the last 30 valid passers are compared with what the station's own rate of the last 7 days makes likely:
the alert stands from the smallest count that a binomial reaches with a probability of at most 1e-4 until half of it is
gone. While there are so many alarms the baseline is frozen, so that a febrile bus cannot become the new normal. It is
free again as soon as there are fewer: where the sun makes many look warm, a baseline frozen for as long as the alert
stands would make the alarms that keep the alert standing.
"""

from collections import deque
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import comb
from typing import Final

WINDOW: Final = 30
PROBABILITY: Final = 1e-4
MEMORY: Final = timedelta(days=7)
PRIOR_RATE: Final = 0.07
"""Alarm rate of the default rule indoors (`science.md` 4.3): what a new station is taken to have."""
PRIOR_PASSERS: Final = 300
"""Weight of that prior in passers."""


@lru_cache(maxsize=256)
def critical(rate: float, n: int = WINDOW, probability: float = PROBABILITY) -> int:
    """Return the smallest count c with P(Bin(n, rate) >= c) <= probability; n + 1 if none is small enough.

    >>> critical(0.07), critical(0.05), critical(0.02)
    (10, 8, 6)
    """
    tail = 0.0
    for count in range(n, -1, -1):
        tail += comb(n, count) * rate**count * (1 - rate) ** (n - count)
        if tail > probability:
            return count + 1
    return 0


class Cluster:
    """Alarms at one station."""

    def __init__(self) -> None:
        self._last: deque[bool] = deque(maxlen=WINDOW)
        self._pending: deque[tuple[date, bool]] = deque()
        """Passers that do not count for the rate yet: those of the window must not raise their own limit."""
        self._days: dict[date, tuple[int, int]] = {}
        self.active = False
        """The alert stands: tell the supervisor."""
        self.freezes = False
        """The last passers alarmed so often that the baseline is to stay where it is."""

    def take(self, at: datetime, *, alarmed: bool) -> bool:
        """Let a valid passer enter; return whether the alert stands now. Passers of an alert leave the rate alone."""
        limit = critical(round(self.rate(at), 3))
        self._last.append(alarmed)
        count = sum(self._last)
        self.freezes = count >= limit
        self.active = self.freezes or (self.active and 2 * count >= limit)
        self._pending.append((at.date(), alarmed))
        if self.active:
            self._pending.clear()
        elif len(self._pending) > WINDOW:
            day, counted = self._pending.popleft()
            alarms, passers = self._days.get(day, (0, 0))
            self._days[day] = (alarms + counted, passers + 1)
        return self.active

    def rate(self, at: datetime) -> float:
        """Return the station's alarm rate of the last 7 days, drawn towards PRIOR_RATE while few have passed."""
        oldest = (at - MEMORY).date()
        self._days = {day: counts for day, counts in self._days.items() if day >= oldest}
        alarms = sum(alarms for alarms, _ in self._days.values())
        passers = sum(passers for _, passers in self._days.values())
        return (alarms + PRIOR_RATE * PRIOR_PASSERS) / (passers + PRIOR_PASSERS)
