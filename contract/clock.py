"""Time comes in as an argument: one protocol, one real clock.

An `Instant` carries both readings of the same moment, because they answer different questions: `at` says when
it was (and may jump when the clock is set), `mono_ns` says how long it took (and never jumps).
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """One moment, read on both clocks."""

    at: datetime
    """UTC-aware wall time."""
    mono_ns: int
    """Monotonic nanoseconds of this process's machine; only differences mean anything."""

    def later(self, seconds: float) -> "Instant":
        """Return the instant `seconds` after this one on both clocks."""
        return Instant(self.at + timedelta(seconds=seconds), self.mono_ns + round(seconds * 1e9))

    def seconds_since(self, earlier: "Instant") -> float:
        """Return the monotonic seconds from `earlier` to this instant."""
        return (self.mono_ns - earlier.mono_ns) / 1e9


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> Instant:
        """Return the present moment."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> Instant:
        """Return the present moment of the machine."""
        return Instant(datetime.fromtimestamp(time.time_ns() / 1e9, UTC), time.monotonic_ns())
