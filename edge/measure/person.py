"""One person's value out of several frames: the median of the best five of up to twelve (`science.md` 4.1).

Not the maximum: that grows with noise and with the number of frames. The value is always that of one real frame, so
every correction that made it can be shown; of an even number of values the upper middle one is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

MOST: Final = 12
BEST: Final = 5
LEAST: Final = 3
SPAN_LOW_S: Final = 0.5
SPAN_HIGH_S: Final = 3.0
ENOUGH_S: Final = 0.8
"""With five frames over this long nobody is kept waiting for more; a pulse of breath or a step has passed by then."""
PATIENT_S: Final = 2.0
"""With a slow instrument three values over this long are enough."""
SPACING_S: Final = 0.06
"""Frames closer than this tell nothing new: with a fast camera twelve of them would span no time."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Value]):
    t_s: float
    value: Value


class Person(Generic[Value]):
    """The valid frames of one person, oldest first."""

    def __init__(self, warmth: Callable[[Value], float]) -> None:
        """Start empty; `warmth` says how warm a frame's value is."""
        self._warmth = warmth
        self._entries: list[_Entry[Value]] = []

    def __len__(self) -> int:
        return len(self._entries)

    def take(self, t_s: float, value: Value) -> None:
        """Let a valid frame's value enter; values older than three seconds leave, and the oldest beyond twelve."""
        if self._entries and t_s - self._entries[-1].t_s < SPACING_S:
            return
        self._entries.append(_Entry(t_s, value))
        self._entries = [entry for entry in self._entries if t_s - entry.t_s <= SPAN_HIGH_S][-MOST:]

    @property
    def span_s(self) -> float:
        """Seconds from the first to the last valid frame."""
        return self._entries[-1].t_s - self._entries[0].t_s if self._entries else 0.0

    @property
    def enough(self) -> bool:
        """Whether to decide now, while the person still stands there."""
        many = len(self) >= MOST and self.span_s >= SPAN_LOW_S
        return many or (len(self) >= BEST and self.span_s >= ENOUGH_S) or (self.possible and self.span_s >= PATIENT_S)

    @property
    def possible(self) -> bool:
        """Whether a value can be given at all."""
        return len(self) >= LEAST and self.span_s >= SPAN_LOW_S

    def best(self) -> list[Value]:
        """Return the warmest five, coolest first."""
        return sorted((entry.value for entry in self._entries), key=self._warmth)[-BEST:]

    def result(self) -> Value | None:
        """Return the value of the middle frame of the best five, or None with too few frames."""
        best = self.best()
        return best[len(best) // 2] if self.possible else None
