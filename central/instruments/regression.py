"""What a day's passers should have shown in that weather: a line that is learned once and then frozen.

Theory (`science.md` 5.2 b). The median body estimate of a day still follows the air a little, because the heat balance
is not perfect. Its slope on the room's air is learned by ridge from the first 28 days after a verification, and its
level is their median residual; both stay as they are until the next verification. A line that went on learning would
eat the drift that it is there to show. Outdoor air is not measured at a gate, so only the room's counts here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from central.instruments.days import DayRow
from central.instruments.level import widened

LEARNING_DAYS: Final = 28
ROOM_C: Final = 22.0
RIDGE: Final = 10.0
"""Strength with which the slope is held to zero, in °C²: 10 days at one degree from the mean halve it."""


@dataclass(frozen=True, slots=True)
class Line:
    """The frozen expectation."""

    level_c: float
    slope: float

    def widened(self, sigma_c: float) -> float:
        """Return a day's sigma with the line's own: its level is a median of as many days as another's mean."""
        return widened(sigma_c, LEARNING_DAYS)

    def residual_c(self, row: DayRow) -> float:
        """Return how far a day lies above the line, °C."""
        return row.summary.median_c - self.level_c - self.slope * _room(row)


def learn(days: Sequence[DayRow]) -> Line | None:
    """Return the line of the first 28 of these days, or None while there are fewer."""
    first = days[:LEARNING_DAYS]
    if len(first) < LEARNING_DAYS:
        return None
    rooms, middles = [_room(row) for row in first], [row.summary.median_c for row in first]
    room, middle = sum(rooms) / len(first), sum(middles) / len(first)
    spread = sum((one - room) ** 2 for one in rooms)
    together = sum((x - room) * (y - middle) for x, y in zip(rooms, middles, strict=True))
    slope = together / (spread + RIDGE)
    return Line(median(y - slope * x for x, y in zip(rooms, middles, strict=True)), slope)


def _room(row: DayRow) -> float:
    return 0.0 if row.ambient_c is None else row.ambient_c - ROOM_C
