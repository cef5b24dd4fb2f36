"""One plate before one instrument: bring it there, wait until both stand still, then read.

Both must be still at once. The plate's own word is not enough: the instrument that looks at it must have stopped
drifting too. What was read while the plate moved is thrown away and the wait begins again, up to a limit; then the
technician is told which of the two did not come to rest.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Final

import anyio

from contract.clock import Clock
from edge.events import Air
from edge.technician.settling import Criterion, Settled, Settling
from edge.technician.stand import BenchRefused, Shown, Stand
from edge.technician.target import Target

PATIENCE_S: Final = 1800.0
"""A plate that has not settled by then will not."""
NOTHING_S: Final = 20.0
"""So long without a reading of the plate, and the instrument does not see it."""
EVERY_S: Final = 1.0
"""Between two readings, so that they do not share one disturbance."""
TICK_S: Final = 0.25
WINDOW_S: Final = (3.0, 30.0)
LEAST_READINGS: Final = 10
"""Fewer within the window say nothing about drift."""
DRIFT_C: Final = 0.03
"""How far a settled reading may drift within the window."""
FAR_C: Final = 8.0
"""No instrument is so wrong: it looks at something else."""
PLOTTED: Final = 240


@dataclass(frozen=True, slots=True)
class Look:
    """How a measurement stands."""

    reading: bool
    """Settled: the readings are being taken."""
    progress: float
    shown_c: float
    apparent_c: float
    indicated_c: float | None
    ready: bool
    body_c: float | None = None
    """What the device itself takes for a body temperature: shown, never used."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The readings of a plate that stood still."""

    apparent_c: float
    """What a faultless instrument would have read."""
    readings_c: tuple[float, ...]


class Procedure:
    """Settles and reads. Used by the event loop."""

    def __init__(
        self,
        target: Target,
        stand: Stand,
        clock: Clock,
        *,
        air: Callable[[], Air],
        pace: float,
        tell: Callable[[Look], None],
    ) -> None:
        self._target, self._stand, self._clock = target, stand, clock
        self._air, self._pace, self._tell = air, pace, tell
        window_s = max(WINDOW_S[0], WINDOW_S[1] / pace)
        self._criterion = Criterion(
            window_s=window_s, drift_c_per_min=DRIFT_C * 60 / window_s, min_readings=LEAST_READINGS
        )
        self._far_c: float | None = None
        """What the instrument reads, if that cannot be the plate."""
        self.plot: deque[tuple[float, float, float]] = deque(maxlen=PLOTTED)
        """Seconds (monotonic), indicated, apparent."""

    async def measure(self, surface_c: float, settle_s: float, readings: int) -> Measured:
        """Return that many readings of the plate at that surface temperature. Raises BenchRefused."""
        await self._stand.bring(surface_c)
        end_ns = self._clock.now().mono_ns + round(PATIENCE_S / self._pace * 1e9)
        while True:
            await self._settle(settle_s / self._pace, end_ns)
            measured = await self._read(readings, end_ns)
            if measured is not None:
                return measured

    async def _settle(self, settle_s: float, end_ns: int) -> None:
        settling, state = Settling(self._criterion), Settled(0.0, None, None)
        since_ns: int | None = None
        heard_ns = self._clock.now().mono_ns
        while True:
            await anyio.sleep(max(0.05, TICK_S / self._pace))
            now_ns = self._clock.now().mono_ns
            shown, found = self._look()
            for at_s, value_c in found:
                heard_ns, state = now_ns, settling.feed(at_s, value_c)
            since_ns = (since_ns or now_ns) if shown.ready else None
            held_s = 0.0 if since_ns is None else (now_ns - since_ns) / 1e9
            held = 0.0 if since_ns is None else min(1.0, held_s / settle_s) if settle_s > 0 else 1.0
            self._say(shown, found, progress=min(held, state.progress), reading=False)
            if (now_ns - heard_ns) / 1e9 > NOTHING_S:
                raise self._blind(shown)
            if held >= 1 and state.done:
                return
            if now_ns > end_ns:
                raise _impatient(shown, state)

    async def _read(self, readings: int, end_ns: int) -> Measured | None:
        """Return the readings; None if the plate moved meanwhile."""
        values: list[float] = []
        apparent: list[float] = []
        last_s = -1e9
        last_ns = self._clock.now().mono_ns
        while len(values) < readings:
            await anyio.sleep(max(0.05, TICK_S / self._pace))
            now_ns = self._clock.now().mono_ns
            shown, found = self._look()
            if not shown.ready:
                if now_ns > end_ns:
                    raise _impatient(shown, None)
                return None
            for at_s, value_c in found:
                if at_s - last_s >= EVERY_S / self._pace and len(values) < readings:
                    values.append(value_c)
                    apparent.append(self._target.apparent_c(shown.surface_c, shown.emissivity, self._air()))
                    last_s, last_ns = at_s, now_ns
            self._say(shown, found, progress=len(values) / readings, reading=True)
            if (now_ns - last_ns) / 1e9 > NOTHING_S:
                raise self._blind(shown)
        return Measured(fmean(apparent), tuple(values))

    def _look(self) -> tuple[Shown, list[tuple[float, float]]]:
        shown, air = self._stand.shown(), self._air()
        if shown.hopeless and shown.doubt is not None:
            raise shown.doubt
        found = self._target.take(shown.surface_c, shown.emissivity, air)
        apparent_c = self._target.apparent_c(shown.surface_c, shown.emissivity, air)
        if (
            shown.ready
        ):  # somebody may still be bringing the plate before the instrument: what is far off does not count
            near = [(at_s, value_c) for at_s, value_c in found if abs(value_c - apparent_c) <= FAR_C]
            if found:
                self._far_c = None if near else found[-1][1]
            found = near
        self.plot.extend((at_s, value_c, apparent_c) for at_s, value_c in found[-1:])
        return shown, found

    def _blind(self, shown: Shown) -> BenchRefused:
        plate = f"{shown.surface_c:.1f}"
        if self._target.useless is not None:
            return BenchRefused(f"technician.refused.{self._target.useless}")
        if self._far_c is None:
            return BenchRefused("technician.refused.unseen", shown=plate)
        return BenchRefused("technician.refused.elsewhere", read=f"{self._far_c:.1f}", shown=plate)

    def _say(self, shown: Shown, found: list[tuple[float, float]], *, progress: float, reading: bool) -> None:
        apparent_c = self._target.apparent_c(shown.surface_c, shown.emissivity, self._air())
        value_c = found[-1][1] if found else self.plot[-1][1] if self.plot else None
        self._tell(Look(reading, progress, shown.surface_c, apparent_c, value_c, shown.ready, self._target.body_c))


def _impatient(shown: Shown, state: Settled | None) -> BenchRefused:
    if shown.doubt is not None:
        return shown.doubt
    drift = 0.0 if state is None or state.drift_c_per_min is None else state.drift_c_per_min
    return BenchRefused("technician.refused.unsettled", drift=f"{drift:+.2f}")
