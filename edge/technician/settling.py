"""Has a reading settled? A run of readings is settled when it neither drifts nor scatters (`science.md` 2.1, 2.5)."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True)
class Criterion:
    """What counts as settled."""

    window_s: float = 30.0
    """Look back this far."""
    drift_c_per_min: float = 0.06
    scatter_c: float = 0.15
    """Standard deviation about the line."""
    min_readings: int = 10


@dataclass(frozen=True, slots=True)
class Settled:
    """How far a run of readings has come."""

    progress: float
    """0 to 1; 1 is settled."""
    drift_c_per_min: float | None
    scatter_c: float | None

    @property
    def done(self) -> bool:
        """Whether the readings may be used."""
        return self.progress >= 1.0


@dataclass(slots=True)
class Settling:
    """Readings over the last window, fed one by one; seconds may come from any monotonic origin."""

    criterion: Criterion = Criterion()
    _readings: deque[tuple[float, float]] = field(default_factory=deque)
    _since_s: float = 0.0

    def feed(self, t_s: float, value_c: float) -> Settled:
        """Take one reading; a gap or a step back in time starts the window again."""
        c = self.criterion
        if self._readings and not 0 < t_s - self._readings[-1][0] <= c.window_s / 2:
            self._readings.clear()
        if not self._readings:
            self._since_s = t_s
        self._readings.append((t_s, value_c))
        while self._readings[0][0] < t_s - c.window_s:
            self._readings.popleft()
        covered = min(1.0, (t_s - self._since_s) / c.window_s)
        if len(self._readings) < max(3, c.min_readings):
            return Settled(min(0.99, covered), None, None)
        times, values = np.array(self._readings, dtype=np.float64).T
        slope, offset = np.polyfit(times - times[-1], values, 1)
        scatter = float(np.std(values - (offset + slope * (times - times[-1])), ddof=2))
        drift = float(slope) * 60.0
        still = min(1.0, c.drift_c_per_min / max(abs(drift), 1e-9), c.scatter_c / max(scatter, 1e-9))
        return Settled(float(min(covered, still)), drift, scatter)
