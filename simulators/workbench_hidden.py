"""What is wrong with each instrument of a practice bench: drawn from a seed, kept out of sight until it is marked.

A bench's folder holds no truth in words, only the digest of the seed from which `hidden` derives it, and a seal (the
digest of the truth) by which marking notices that the derivation has changed since.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final, Literal, get_args

from simulators.chance import stream
from simulators.sensor_faults import SensorFault, SensorFaultKind, SensorFaults

Level = Literal["easy", "hard"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)


class BenchFault(StrEnum):
    """What a technician may find; the size is in the unit said here."""

    NONE = "none"
    OFFSET = "offset"
    """Error of indication at 37 °C, the same everywhere, °C."""
    GAIN = "gain"
    """Change of the error of indication per degree about 37 °C: 0.05 reads 42 as 42.25."""
    NOISE = "noise"
    """Factor on the temporal noise."""
    STUCK = "stuck"
    NORMALISING = "normalising"
    """Slope about 37 °C."""
    FOG = "fog"
    """Transmittance of the window."""
    EMISSIVITY = "emissivity"
    """Emissivity that the instrument takes the plate for; right is 1."""
    DRIFT = "drift"
    """Growing offset, °C a minute."""
    PLATE = "plate"
    """The plate's surface swings by this amplitude, and its own sensor does not show it, °C."""


@dataclass(frozen=True, slots=True)
class Span:
    """Between which sizes a fault is drawn, and whether with either sign."""

    low: float
    high: float
    signed: bool = False


SIZES: Final[dict[Level, dict[BenchFault, Span]]] = {
    "easy": {
        BenchFault.OFFSET: Span(0.8, 1.5, signed=True),
        BenchFault.GAIN: Span(0.08, 0.12, signed=True),
        BenchFault.NOISE: Span(8.0, 12.0),
        BenchFault.NORMALISING: Span(0.2, 0.4),
        BenchFault.FOG: Span(0.65, 0.75),
        BenchFault.EMISSIVITY: Span(0.78, 0.84),
        BenchFault.DRIFT: Span(0.08, 0.12, signed=True),
        BenchFault.PLATE: Span(0.8, 1.2),
    },
    "hard": {
        BenchFault.OFFSET: Span(0.5, 0.8, signed=True),
        BenchFault.GAIN: Span(0.05, 0.08, signed=True),
        BenchFault.NOISE: Span(5.0, 6.0),
        BenchFault.NORMALISING: Span(0.5, 0.65),
        BenchFault.FOG: Span(0.82, 0.88),
        BenchFault.EMISSIVITY: Span(0.87, 0.91),
        BenchFault.DRIFT: Span(0.04, 0.06, signed=True),
        BenchFault.PLATE: Span(0.5, 0.7),
    },
}
"""A healthy instrument of this bench is right within about 0.3 °C; what is drawn stands clear of that."""

_SENSOR: Final = {
    BenchFault.NOISE: SensorFaultKind.NOISE,
    BenchFault.STUCK: SensorFaultKind.STUCK,
    BenchFault.NORMALISING: SensorFaultKind.NORMALISING,
    BenchFault.FOG: SensorFaultKind.FOG,
    BenchFault.EMISSIVITY: SensorFaultKind.EMISSIVITY,
    BenchFault.DRIFT: SensorFaultKind.RAMP,
    BenchFault.PLATE: SensorFaultKind.PLATE_SWING,
}
_MINUTES_A_DAY: Final = 1440.0


@dataclass(frozen=True, slots=True)
class Hidden:
    """The truth about one instrument."""

    device: str
    fault: BenchFault
    size: float = 0.0

    def sensor_faults(self) -> SensorFaults:
        """Return what goes wrong inside the instrument or before its lens."""
        kind = _SENSOR.get(self.fault)
        if kind is None:
            return SensorFaults()
        size = self.size * _MINUTES_A_DAY if kind is SensorFaultKind.RAMP else self.size
        return SensorFaults([SensorFault(kind, size)])

    def error_c(self) -> tuple[float, float]:
        """Return a and b of the instrument's constant error of indication a + b (T - 37)."""
        return (
            self.size if self.fault is BenchFault.OFFSET else 0.0,
            self.size if self.fault is BenchFault.GAIN else 0.0,
        )


def key_of_seed(seed: int) -> str:
    """Return the digest that stands for a seed in a bench's folder."""
    return sha256(f"guankou workbench {seed}".encode()).hexdigest()


def number_of(key: str, *names: str) -> int:
    """Return a seed for one purpose, derived from a bench's key."""
    return int(stream(int(key[:8], 16), *names).integers(2**31))


def hidden(key: str, level: Level, devices: tuple[str, ...]) -> tuple[Hidden, ...]:
    """Return the truth about each device: every fault once, in random order, before any comes again."""
    rng = stream(int(key[:8], 16), "hidden", level)
    faults: list[BenchFault] = []
    while len(faults) < len(devices):
        faults += [list(BenchFault)[place] for place in rng.permutation(len(BenchFault))]
    return tuple(
        Hidden(device, fault, _size(fault, level, number_of(key, "size", device)))
        for device, fault in zip(devices, faults, strict=False)
    )


def seal(truth: tuple[Hidden, ...]) -> str:
    """Return a digest of the truth."""
    return sha256("\n".join(f"{one.device} {one.fault} {one.size:.6f}" for one in truth).encode()).hexdigest()


def _size(fault: BenchFault, level: Level, seed: int) -> float:
    span = SIZES[level].get(fault)
    if span is None:
        return 0.0
    rng = stream(seed, fault.value)
    sign = rng.choice([-1, 1]) if span.signed else 1
    return round(float(sign * rng.uniform(span.low, span.high)), 3)
