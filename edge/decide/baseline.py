"""The station's baseline: a running median of passers that cannot be poisoned quickly (`science.md` 4.2, 4.4, 4.5).

`r = T_body - 36.80`; B is the median of the last 60 valid passers' r, alarmed ones included (leaving them out can lock
the gate up), moved by at most 0.3 °C an hour and held within ±0.6 °C. B applies to the passer at hand; that passer's
own value enters afterwards, so no one is ever measured against oneself.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from edge.config import Rules

SUSPICIOUS_C: Final = 0.4
SUSPICIOUS_AFTER: Final = timedelta(hours=3)
"""|B| above SUSPICIOUS_C for this long says that the model of the station is wrong."""


@dataclass(frozen=True, slots=True)
class Offset:
    """The baseline as it applies to one passer."""

    offset_c: float
    """B, to be subtracted from the body temperature."""
    settled: bool
    """False while fewer than the least number of passers are known, so that B is still 0."""
    out_of_model: bool
    """At the clamp, or too large for too long: look for the sun, the air sensor, drift."""


class Baseline:
    """B of one station; one instance a screening instrument."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._window: deque[tuple[datetime, float]] = deque(maxlen=rules.baseline_n)
        self._offset_c = 0.0
        self._settled = False
        self._updated: datetime | None = None
        self._large_since: datetime | None = None

    def obey(self, rules: Rules) -> None:
        """Take new rules and keep the passers that are known."""
        self._rules = rules
        self._window = deque(self._window, maxlen=rules.baseline_n)

    def at(self, at: datetime, *, frozen: bool = False) -> Offset:
        """Return B for a passer at `at` and move it; `frozen` holds it (cluster alert, `science.md` 4.5)."""
        rules = self._rules
        while self._window and at - self._window[0][0] > timedelta(hours=rules.baseline_age_h):
            self._window.popleft()
        if len(self._window) >= rules.baseline_min and not frozen:
            self._move(at, median(r_c for _, r_c in self._window))
        self._updated = at if self._updated is None else max(at, self._updated)
        return Offset(self._offset_c, self._settled, self._out_of_model(at))

    def take(self, at: datetime, body_c: float) -> None:
        """Let a valid passer's body temperature, °C, enter the window, alarmed or not."""
        self._window.append((at, body_c - self._rules.body_mean_c))

    def _move(self, at: datetime, target_c: float) -> None:
        if self._settled and self._updated is not None:
            hours = max(0.0, (at - self._updated) / timedelta(hours=1))
            most_c = self._rules.baseline_rate_c_per_h * hours
            target_c = self._offset_c + max(-most_c, min(most_c, target_c - self._offset_c))
        clamp_c = self._rules.baseline_clamp_c
        self._offset_c = max(-clamp_c, min(clamp_c, target_c))
        self._settled = True

    def _out_of_model(self, at: datetime) -> bool:
        size_c = abs(self._offset_c)
        if size_c <= SUSPICIOUS_C:
            self._large_since = None
            return False
        if self._large_since is None:
            self._large_since = at
        return size_c >= self._rules.baseline_clamp_c or at - self._large_since >= SUSPICIOUS_AFTER
