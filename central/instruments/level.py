"""The usual level of a stream: learned from its own first values, then frozen (`science.md` 5.1, 5.2).

Theory. A chart needs to know what is normal, and that is known only from a few values of the instrument itself: a
level that five values made and that is then taken for exact flags a good instrument four times a year (simulated). So
each value is held against what those before it say, and its sigma is widened by their doubt (a self-starting chart,
Hawkins 1987): level m with variance v; value x with sigma s is charted as (x - m) with sqrt(s^2 + v), then
m += g (x - m) and v *= 1 - g with g = v / (v + c s^2), where c = (1 + phi) / (1 - phi) pays for a day-to-day
correlation phi = 0.3. It begins at zero with the spread that good instruments have among themselves.

What the chart holds against the instrument (a sum above 2) is not learned from, and after 60 values nothing is: a
level that went on learning would eat the drift that it is there to show.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from central.instruments.cusum import Chart
from central.instruments.streams import Value

LEARNED: Final = 60
CORRELATION: Final = (1 + 0.3) / (1 - 0.3)
CLIP: Final = 3.0
DOUBTED: Final = 2.0
"""Sum of a chart above which its values no longer tell what is usual."""


def widened(sigma_c: float, n: int) -> float:
    """Return the sigma of a value less a mean that was learned from n values of the same sigma."""
    return sigma_c * math.sqrt(1 + CORRELATION / n)


@dataclass(frozen=True, slots=True)
class Level:
    """What the values so far say: mean and standard uncertainty, °C."""

    u_c: float
    mean_c: float = 0.0
    n: int = 0

    def less(self, value: Value) -> Value:
        """Return how far a value lies above the level, with the doubt of both."""
        return replace(value, value_c=value.value_c - self.mean_c, sigma_c=math.hypot(value.sigma_c, self.u_c))

    def learn(self, value: Value, chart: Chart) -> "Level":
        """Return the level with one more value in it, unless it is frozen or `chart` doubts the instrument."""
        if self.n >= LEARNED or max(chart.high, chart.low) > DOUBTED:
            return self
        above = self.less(value)
        most_c = CLIP * above.sigma_c
        gain = self.u_c**2 / (self.u_c**2 + CORRELATION * value.sigma_c**2)
        mean_c = self.mean_c + gain * max(-most_c, min(most_c, above.value_c))
        return Level(self.u_c * math.sqrt(1 - gain), mean_c, self.n + 1)
