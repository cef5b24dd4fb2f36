"""The technician's reference: driven over its line where it has one, otherwise set and read by a person.

What a blackbody says of itself is not simply believed: it must be at the set point that was ordered, answer, and stand
still while it claims to. One that says "stable" and moves is told apart from one that is only slow.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from contract.clock import Clock
from drivers.link import LinkLost
from drivers.samples import ReferenceReading
from edge.kiosk.second import FormRefused

AT_SET_C: Final = 0.06
"""A set point read back may differ by the device's rounding."""
NEAR_C: Final = 0.5
"""A blackbody that calls itself stable farther from its set point than this is lying."""
UNREST_C: Final = 0.15
"""It may wander by so much while it calls itself stable."""
CLAIMS: Final = 2
"""It stands still if it says so twice in a row: its temperature and its word on it are answers to two questions, and
the temperature may be from before it came to rest."""
SILENT_S: Final = 15.0
LIES: Final = 5
"""So often caught since it was last told a set point, and nobody waits for it any longer."""

LIES_FAR: Final = "technician.refused.lies"
LIES_MOVING: Final = "technician.refused.moves"
LYING: Final = (LIES_FAR, LIES_MOVING)


class BenchRefused(FormRefused):
    """A step on the bench cannot be taken; key and values of the sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The reference at one moment."""

    surface_c: float
    emissivity: float
    ready: bool
    """It claims to be where it should be, and nothing speaks against it."""
    doubt: BenchRefused | None = None
    """What is to be said if this lasts."""
    hopeless: bool = False
    """It is to be said now: waiting will not help."""


class Stand(Protocol):
    """A reference on the bench."""

    async def bring(self, surface_c: float) -> None:
        """Have it brought to a temperature. Raises BenchRefused."""
        ...

    def shown(self) -> Shown:
        """Return how it is now."""
        ...


class Typed:
    """A plate without a line: a person sets it and types what it shows."""

    def __init__(self, emissivity: float, ask: Callable[[float], Awaitable[float]], known_c: float | None) -> None:
        """`ask` returns what the person has typed; `known_c` is a plate that shows one temperature and stays so."""
        self._emissivity, self._ask, self._known_c = emissivity, ask, known_c
        self._surface_c = 0.0 if known_c is None else known_c

    async def bring(self, surface_c: float) -> None:
        """Ask the person."""
        if self._known_c is None:
            self._surface_c = await self._ask(surface_c)

    def shown(self) -> Shown:
        """Return what was typed."""
        return Shown(self._surface_c, self._emissivity, ready=True)


class Driven:
    """A blackbody with a serial line."""

    def __init__(
        self,
        emissivity: float,
        clock: Clock,
        *,
        send: Callable[[bytes], None],
        drives: Callable[[float], tuple[bytes, ...]],
        read: Callable[[], ReferenceReading | None],
    ) -> None:
        """`read` returns its newest reading."""
        self._emissivity, self._clock = emissivity, clock
        self._send, self._drives, self._read = send, drives, read
        self._ordered_c = 0.0
        self._since_ns = 0
        self._claimed: deque[tuple[int, float]] = deque(maxlen=64)
        """Readings in a row that it called stable."""
        self._judged_ns = 0
        self._lies = 0

    async def bring(self, surface_c: float) -> None:
        """Send the set point and switch the output on."""
        self._ordered_c, self._since_ns = surface_c, self._clock.now().mono_ns
        self._claimed.clear()
        self._lies = 0
        try:
            for command in self._drives(surface_c):
                self._send(command)
        except LinkLost as lost:
            raise BenchRefused("technician.refused.reference_silent", said=str(lost)) from lost
        except ValueError as error:
            raise BenchRefused("technician.refused.reference_range", wanted=f"{surface_c:.1f}") from error

    def shown(self) -> Shown:
        """Return its newest reading, and what speaks against it."""
        reading = self._read()
        now_ns = self._clock.now().mono_ns
        if reading is None or (now_ns - reading.mono_ns) / 1e9 > SILENT_S:
            silent = BenchRefused("technician.refused.reference_silent", said="")
            asked_s = (now_ns - self._since_ns) / 1e9
            return Shown(self._ordered_c, self._emissivity, ready=False, doubt=silent, hopeless=asked_s > SILENT_S)
        emissivity = self._emissivity if reading.emissivity is None else reading.emissivity
        obeyed = reading.mono_ns > self._since_ns and abs(reading.setpoint_c - self._ordered_c) <= AT_SET_C
        doubt = self._doubt(reading, obeyed=obeyed)
        if doubt is not None and doubt.key in LYING and reading.mono_ns != self._judged_ns:
            self._lies += 1
        self._judged_ns = reading.mono_ns
        deaf = not obeyed and (now_ns - self._since_ns) / 1e9 > SILENT_S
        hopeless = deaf or self._lies >= LIES
        return Shown(reading.actual_c, emissivity, ready=doubt is None, doubt=doubt, hopeless=hopeless)

    def _doubt(self, reading: ReferenceReading, *, obeyed: bool) -> BenchRefused | None:
        wanted = f"{self._ordered_c:.2f}"
        if not obeyed:
            return BenchRefused("technician.refused.not_obeyed", wanted=wanted, shown=f"{reading.setpoint_c:.2f}")
        unsteady = BenchRefused("technician.refused.never_stable", wanted=wanted, shown=f"{reading.actual_c:.2f}")
        if not reading.stable:
            self._claimed.clear()
            return unsteady
        if not self._claimed or self._claimed[-1][0] != reading.mono_ns:
            self._claimed.append((reading.mono_ns, reading.actual_c))
        claimed = [value for _, value in self._claimed]
        moved_c = max(claimed) - min(claimed)
        if abs(reading.actual_c - self._ordered_c) > NEAR_C:
            return BenchRefused(LIES_FAR, wanted=wanted, shown=f"{reading.actual_c:.2f}")
        if moved_c > UNREST_C:
            self._claimed.clear()
            return BenchRefused(LIES_MOVING, moved=f"{moved_c:.2f}")
        return None if len(claimed) >= CLAIMS else unsteady
