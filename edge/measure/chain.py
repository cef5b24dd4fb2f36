"""From what the instrument indicates to the radiance temperature at the target (`science.md` 2.6, first four steps).

T_ind -> undo the device's own corrections -> certificate -> window -> air. The same steps twice: for a whole frame as
one fitted curve, and for one value exactly and step by step, so that an expert can redo it by hand. The plate of the
reference goes through the same frame as the face.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from contract.calibration import Correction, correct
from drivers.samples import Applied, SpotReading, ThermalFrame
from edge.config import Radiometry
from edge.events import Air
from edge.measure.radiometry import Curve, Path, air_transmittance, through, undo_emissivity

Celsius = NDArray[np.float64]

CLEAR: Final = Path()
"""Nothing between target and sensor."""
NO_AIR_C: Final = 23.0
"""Stands for the air of a gate that does not know it: the picture is shown, nothing is decided."""
_CHANGE: Final = 0.1
"""Kelvin by which air and sensor may move before the chain is made anew: at most 9 mK behind a window of 0.9."""
_PCT_PER_K: Final = 100.0
"""Ten per cent of humidity move the reading of a face two metres away by 3 mK."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the steps depend on: equal conditions, equal correction."""

    emissivity: float = 1.0
    """The one that the device has applied."""
    reflected_c: float = 23.0
    """What the device took for the reflected temperature."""
    correction: Correction | None = None
    """The certificate's; None: there is none, and nothing may be decided."""
    path: Path = CLEAR


@dataclass(frozen=True, slots=True)
class Step:
    """One correction of one value."""

    name: str
    size_c: float


class Chain:
    """The steps under fixed conditions. Making one costs milliseconds, using it microseconds."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self._steps = tuple(_steps(conditions))
        self._curve = Curve(self._whole) if self._steps else None

    def frame(self, indicated_c: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a new frame of radiance temperatures at the target, °C; NaN stays NaN."""
        return indicated_c.copy() if self._curve is None else self._curve(indicated_c)

    def value(self, indicated_c: float) -> tuple[float, tuple[Step, ...]]:
        """Return the radiance temperature at the target and the size of each step on the way, °C."""
        now_c, sizes = indicated_c, []
        for name, step in self._steps:
            next_c = float(step(np.asarray([now_c]))[0])
            sizes.append(Step(name, next_c - now_c))
            now_c = next_c
        return now_c, tuple(sizes)

    def _whole(self, t_c: Celsius) -> Celsius:
        for _, step in self._steps:
            t_c = step(t_c)
        return t_c


def _steps(given: Conditions) -> list[tuple[str, Callable[[Celsius], Celsius]]]:
    """Return the steps that do something."""
    path, correction = given.path, given.correction
    steps: list[tuple[str, Callable[[Celsius], Celsius]]] = []
    if given.emissivity != 1:
        steps.append(("device", lambda t: undo_emissivity(t, given.emissivity, given.reflected_c)))
    if correction is not None:
        steps.append(("certificate", lambda t: cast("Celsius", correct(correction, cast("NDArray[np.float32]", t)))))
    if path.window < 1:
        steps.append(("window", lambda t: through(t, Path(window=path.window, window_c=path.window_c))))
    if path.air < 1:
        steps.append(("atmosphere", lambda t: through(t, Path(air=path.air, air_c=path.air_c))))
    return steps


class Chains:
    """The chain for each sample, made anew only when its conditions have changed by more than they matter."""

    def __init__(self, radiometry: Radiometry, distance_m: float) -> None:
        self._radiometry = radiometry
        self._distance_m = distance_m
        self._chain = Chain(Conditions())
        self._exactly: tuple[object, ...] = ()
        self._nearly: tuple[float, ...] = ()

    def of(self, sample: ThermalFrame | SpotReading, air: Air, correction: Correction | None) -> Chain:
        """Return the chain for a sample in this air with a certificate's correction, or without one."""
        ambient_c = NO_AIR_C if air.ambient_c is None else air.ambient_c
        device_c = sample.sensor_c if isinstance(sample, ThermalFrame) else sample.ambient_c
        exactly = (sample.applied, sample.emissivity, correction, air.ambient_c is None)
        nearly = (ambient_c if device_c is None else device_c, ambient_c, air.humidity_pct / _PCT_PER_K)
        if exactly != self._exactly or not _near(nearly, self._nearly):
            self._exactly, self._nearly = exactly, nearly
            path = self._path(sample.applied, ambient_c, air)
            emissivity = sample.emissivity if Applied.EMISSIVITY in sample.applied else 1.0
            self._chain = Chain(Conditions(emissivity, nearly[0], correction, path))
        return self._chain

    def _path(self, done: Applied, ambient_c: float, air: Air) -> Path:
        given = self._radiometry
        clear = Applied.ATMOSPHERE in done or air.ambient_c is None
        return Path(
            air=1.0 if clear else air_transmittance(self._distance_m, ambient_c, air.humidity_pct),
            air_c=ambient_c,
            window=1.0 if Applied.WINDOW in done else given.window_transmittance,
            window_c=ambient_c if given.window_c is None else given.window_c,
        )


def _near(now: tuple[float, ...], then: tuple[float, ...]) -> bool:
    return len(now) == len(then) and all(abs(a - b) <= _CHANGE for a, b in zip(now, then, strict=True))
