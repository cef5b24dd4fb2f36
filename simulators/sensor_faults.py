"""What can go wrong inside an instrument or before its lens, planned ahead: `step:0.3@60-120` (`science.md` 7, faults).

A plan is a pure function of time. Each fault has a name, a size and a span of simulated seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import inf, pi, sin
from typing import Final, Self


class FaultRefused(ValueError):
    """A fault's text cannot be understood; the message says what may be written."""


class SensorFaultKind(StrEnum):
    """The faults that a sensor source knows; the size is in the unit said here."""

    STEP = "step"
    """Offset, °C."""
    RAMP = "ramp"
    """Growing offset, °C a day."""
    GAIN = "gain"
    """Factor on the difference from the sensor's own temperature: a dirty lens."""
    NOISE = "noise"
    """Factor on the temporal noise."""
    STUCK = "stuck"
    """The same picture again and again."""
    SHUTTER_OFF = "shutter-off"
    """No shutter corrections any more."""
    FOG = "fog"
    """Transmittance of a fogged window at the air's temperature, 0..1."""
    NORMALISING = "normalising"
    """Slope about 37 °C of a device that pulls readings to normal."""
    BAD_PIXELS = "bad-pixels"
    """Share of dead and flickering pixels."""
    BAD_ROW = "bad-row"
    """This row is garbage."""
    SUN = "sun"
    """Sunlight on the sensor: temperature of the glare, °C."""
    AIR = "air"
    """Error of the ambient sensor, °C."""
    PLATE_HIDDEN = "plate-hidden"
    """Something covers the reference."""
    PLATE_SWING = "plate-swing"
    """Swing of the reference's surface that its own sensor does not show: a poor controller; amplitude, °C."""
    EMISSIVITY = "emissivity"
    """Emissivity that the instrument takes every surface for, without saying so, 0..1; right is 1."""


DEFAULT_SIZE: Final = {
    SensorFaultKind.STEP: 0.3,
    SensorFaultKind.RAMP: 0.1,
    SensorFaultKind.GAIN: 0.97,
    SensorFaultKind.NOISE: 2.0,
    SensorFaultKind.FOG: 0.8,
    SensorFaultKind.NORMALISING: 0.3,
    SensorFaultKind.BAD_PIXELS: 0.02,
    SensorFaultKind.BAD_ROW: 76.0,
    SensorFaultKind.SUN: 520.0,
    SensorFaultKind.AIR: 3.0,
    SensorFaultKind.PLATE_SWING: 0.5,
    SensorFaultKind.EMISSIVITY: 0.9,
}

LIMITS: Final = {
    SensorFaultKind.STEP: (-50.0, 50.0),
    SensorFaultKind.RAMP: (-1000.0, 1000.0),
    SensorFaultKind.GAIN: (0.1, 10.0),
    SensorFaultKind.NOISE: (0.0, 100.0),
    SensorFaultKind.FOG: (0.0, 1.0),
    SensorFaultKind.NORMALISING: (0.0, 2.0),
    SensorFaultKind.BAD_PIXELS: (0.0, 1.0),
    SensorFaultKind.BAD_ROW: (0.0, 511.0),
    SensorFaultKind.SUN: (-40.0, 600.0),
    SensorFaultKind.AIR: (-50.0, 50.0),
    SensorFaultKind.PLATE_SWING: (0.0, 20.0),
    SensorFaultKind.EMISSIVITY: (0.05, 1.0),
}

SWING_S: Final = 40.0
"""Period of a poor plate's swing: a two-point controller."""


@dataclass(frozen=True, slots=True)
class SensorFault:
    """One fault of a plan."""

    kind: SensorFaultKind
    size: float
    from_s: float = 0.0
    until_s: float = inf

    def active(self, t_s: float) -> bool:
        """Say whether the fault is there at a time."""
        return self.from_s <= t_s < self.until_s


class SensorFaults:
    """All faults of one instrument."""

    def __init__(self, faults: Iterable[SensorFault] = ()) -> None:
        self._faults = tuple(faults)

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Return the plan for texts such as `step:0.3@60-120`. Raises FaultRefused."""
        plan = []
        for text in texts:
            name, size, from_s, until_s = parse_fault(text)
            try:
                kind = SensorFaultKind(name)
            except ValueError:
                raise FaultRefused(f"{name!r} is no sensor fault; there are {', '.join(SensorFaultKind)}") from None
            size = DEFAULT_SIZE.get(kind, 1.0) if size is None else size
            low, high = LIMITS.get(kind, (1.0, 1.0))
            if not low <= size <= high:
                raise FaultRefused(f"{text!r}: the size of {name} must lie between {low:g} and {high:g}")
            plan.append(SensorFault(kind, size, from_s, until_s))
        return cls(plan)

    def size(self, kind: SensorFaultKind, t_s: float) -> float | None:
        """Return the size of the fault in force, the last one named if several; None if there is none."""
        sizes = [fault.size for fault in self._faults if fault.kind is kind and fault.active(t_s)]
        return sizes[-1] if sizes else None

    def active(self, kind: SensorFaultKind, t_s: float) -> bool:
        """Say whether a fault of this kind is in force."""
        return self.size(kind, t_s) is not None

    def began_s(self, kind: SensorFaultKind, t_s: float) -> float:
        """Return when the fault in force began."""
        return max(fault.from_s for fault in self._faults if fault.kind is kind and fault.active(t_s))

    def offset_c(self, t_s: float) -> float:
        """Return what steps and ramps add up to, °C; a ramp that has ended stays where it got to."""
        total = 0.0
        for fault in self._faults:
            if fault.kind is SensorFaultKind.STEP and fault.active(t_s):
                total += fault.size
            elif fault.kind is SensorFaultKind.RAMP and t_s > fault.from_s:
                total += fault.size * (min(t_s, fault.until_s) - fault.from_s) / 86400
        return total

    def plate_swing_c(self, t_s: float) -> float:
        """Return by how much the reference's surface is off what the reference says, °C."""
        return (self.size(SensorFaultKind.PLATE_SWING, t_s) or 0.0) * sin(2 * pi * t_s / SWING_S)


def parse_fault(text: str) -> tuple[str, float | None, float, float]:
    """Take `NAME[:SIZE][@FROM[-UNTIL]]`; return name, size or None, from and until in seconds. Raises FaultRefused."""
    what, _, when = text.partition("@")
    name, _, size = what.partition(":")
    start, _, end = when.partition("-")
    try:
        span = float(start) if start else 0.0, float(end) if end else inf
        amount = float(size) if size else None
    except ValueError:
        raise FaultRefused(f"{text!r}: write NAME[:SIZE][@FROM[-UNTIL]], for instance step:0.3@60-120") from None
    if span[1] <= span[0]:
        raise FaultRefused(f"{text!r} ends before it begins")
    return name, amount, *span
