"""Radiation between skin and sensor (`science.md` 1): the Sakuma-Hattori band function and what it corrects.

Every function takes one value or a whole numpy array of °C and is the same code for both; NaN passes through as NaN.
A camera's frame at full rate goes through a `Curve`, which is one such function fitted once and applied in vector code.
The order of the steps is that of `science.md` 2.6.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.units import ZERO_C_IN_K

C2_M_K: Final = 1.438776877e-2
"""Second radiation constant, m K (CODATA 2018)."""

Celsius = TypeVar("Celsius", float, NDArray[np.float32], NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class Band:
    """A flat spectral band as Sakuma-Hattori constants: S(T) = c / (exp(c2 / (a T + b)) - 1), T in kelvin."""

    a_m: float
    b_m_k: float
    c: float
    """W m^-2 sr^-1."""


BAND_7_5_14: Final = Band(8.79265e-6, 214.387e-6, 9143.6810)
"""7.5-14 um, within 0.8 mK of in-band Planck over -10..60 °C (`science.md` 1.1)."""
BAND_8_14: Final = Band(9.34138e-6, 178.074e-6, 6804.92)
"""8-14 um, within 0.4 mK."""


def radiance(t_c: Celsius, band: Band = BAND_7_5_14) -> Celsius:
    """Return the band radiance of a blackbody at `t_c`, W m^-2 sr^-1."""
    kelvin: Any = t_c + ZERO_C_IN_K
    s = band.c / np.expm1(C2_M_K / (band.a_m * kelvin + band.b_m_k))
    result: Any = s if isinstance(kelvin, np.ndarray) else float(s)
    return cast("Celsius", result)


def temperature(s: Celsius, band: Band = BAND_7_5_14) -> Celsius:
    """Return the blackbody temperature, °C, of a band radiance; NaN where the radiance is not positive."""
    positive: Any = np.where(np.greater(s, 0), s, np.nan)
    t_c = (C2_M_K / np.log1p(band.c / positive) - band.b_m_k) / band.a_m - ZERO_C_IN_K
    result: Any = t_c if t_c.ndim else float(t_c)
    return cast("Celsius", result)


def undo_emissivity(indicated_c: Celsius, emissivity: float, reflected_c: float, band: Band = BAND_7_5_14) -> Celsius:
    """Return the blackbody-equivalent indication of a device that has already applied an emissivity (`science.md` 1.2).

    `reflected_c` is what the device took for the reflected temperature: its setting where it has one, else its own
    sensor's temperature.
    """
    return temperature(emissivity * radiance(indicated_c, band) + (1 - emissivity) * radiance(reflected_c, band), band)


def air_transmittance(distance_m: float, ambient_c: float, humidity_pct: float) -> float:
    """Return the transmittance of the air between target and camera (FLIR's formula, `science.md` 1.2)."""
    water = (
        humidity_pct / 100 * np.exp(1.5587 + 0.06939 * ambient_c - 2.7816e-4 * ambient_c**2 + 6.8455e-7 * ambient_c**3)
    )
    root_d, root_w = np.sqrt(distance_m), np.sqrt(water)
    near = 1.9 * np.exp(-root_d * (0.006569 - 0.002276 * root_w))
    return float(near - 0.9 * np.exp(-root_d * (0.01262 - 0.00667 * root_w)))


@dataclass(frozen=True, slots=True)
class Path:
    """What lies between target and sensor."""

    air: float = 1.0
    """Transmittance of the air."""
    air_c: float = 23.0
    window: float = 1.0
    """Transmittance of the enclosure's window, measured at installation."""
    window_c: float = 23.0


def through(apparent_c: Celsius, path: Path, band: Band = BAND_7_5_14) -> Celsius:
    """Return the radiance temperature at the target, emissivity 1, from that at the sensor (`science.md` 1.2).

    The plate of an in-view reference goes through the same step as the face, so a window is counted once.
    """
    s = (radiance(apparent_c, band) - (1 - path.window) * radiance(path.window_c, band)) / path.window
    s = (s - (1 - path.air) * radiance(path.air_c, band)) / path.air
    return temperature(s, band)


def arriving(target_c: Celsius, path: Path, band: Band = BAND_7_5_14) -> Celsius:
    """Return the radiance temperature at the sensor from that at the target: `through` the other way round."""
    s = path.air * radiance(target_c, band) + (1 - path.air) * radiance(path.air_c, band)
    return temperature(path.window * s + (1 - path.window) * radiance(path.window_c, band), band)


def surface(target_c: Celsius, emissivity: float, reflected_c: float, band: Band = BAND_7_5_14) -> Celsius:
    """Return the temperature of a surface of that emissivity from its radiance temperature (`science.md` 1.2)."""
    return temperature((radiance(target_c, band) - (1 - emissivity) * radiance(reflected_c, band)) / emissivity, band)


def plate_apparent(set_c: float, emissivity: float, reflected_c: float, band: Band = BAND_7_5_14) -> float:
    """Return the radiance temperature of a plate that is no blackbody: a 0.6 °C trap at 36 °C (`science.md` 2.1)."""
    return temperature(emissivity * radiance(set_c, band) + (1 - emissivity) * radiance(reflected_c, band), band)


def surface_slope(target_c: float, emissivity: float, reflected_c: float, band: Band = BAND_7_5_14) -> float:
    """Return d(surface)/d(target), K/K: how much an error of the reading grows by the emissivity step."""
    step = 0.01
    upper, lower = (surface(target_c + d, emissivity, reflected_c, band) for d in (step, -step))
    return (upper - lower) / (2 * step)


LOW_C: Final = -10.0
HIGH_C: Final = 60.0
PEOPLE_C: Final = (20.0, 45.0)
"""Skin and references lie between these."""
ACCURACY_C: Final = 0.001
"""A Curve departs from its function by less than this where people are."""
AROUND_C: Final = 0.15
"""And by less than this between LOW_C and HIGH_C, where nothing is measured."""
_SAFE_LOW_C: Final = -40.0
"""Below this a pixel takes the exact function where the fitted curve has a pole not far under it."""

Fitted = tuple[float, float, float, float]
"""gain, offset, bend, residue."""


class Curve:
    """One function of temperature, fitted once, for whole frames at full rate.

    It is within ACCURACY_C of the function for people and references, and within AROUND_C between LOW_C and HIGH_C.
    Beyond, it stays monotone and departs slowly (tested up to 150 °C): no dead or saturated pixel becomes a fever. What
    is decided on goes through the function itself (`edge.measure.chain`).

    The form is `gain T + offset + bend T^2`: two passes over the frame, and enough for skin, air and a device's own
    emissivity. Windows bend down towards the temperature at which the signal would be all window: they add a pole,
    `residue / (T + pole)`, and are then accurate throughout. A window so poor that this is not enough takes the
    function itself, slowly.
    """

    def __init__(self, function: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> None:
        self._function = function
        whole = _grid(LOW_C, HIGH_C)
        exact = function(whole)
        if not np.all(np.isfinite(exact)):
            raise ValueError(
                f"the correction has no value everywhere in {LOW_C:g}..{HIGH_C:g} °C: check window and air"
            )
        people = _grid(*PEOPLE_C)
        self._pole_c: float | None = None
        self.error_c, fitted = _fit(people, function(people), None)
        if self.error_c >= ACCURACY_C or np.abs(_value(whole, None, fitted) - exact).max() >= AROUND_C:
            self.error_c, fitted, self._pole_c = min((*_fit(whole, exact, pole_c), pole_c) for pole_c in _POLES_C)
        self._gain, self._offset_c, self._bend, self._residue = fitted

    def __call__(self, frame_c: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a new frame, °C; NaN stays NaN."""
        if self.error_c >= ACCURACY_C:
            return self._function(frame_c.astype(np.float64)).astype(np.float32)
        out = np.square(frame_c)
        cv2.addWeighted(frame_c, self._gain, out, self._bend, self._offset_c, dst=out)
        if self._pole_c is not None:
            with np.errstate(divide="ignore"):
                out += np.float32(self._residue) / (frame_c + np.float32(self._pole_c))
            if not frame_c.min() >= _SAFE_LOW_C:  # also true if some pixel is NaN
                cold = frame_c < _SAFE_LOW_C
                out[cold] = self._function(frame_c[cold].astype(np.float64))
        return out


_POLES_C: Final = tuple(float(p) for p in np.geomspace(45.0, 400.0, 80))


def _grid(low_c: float, high_c: float) -> NDArray[np.float64]:
    """Return temperatures that lie closer towards both ends, where a fit errs most."""
    return np.asarray((low_c + high_c) / 2 - (high_c - low_c) / 2 * np.cos(np.linspace(0, np.pi, 141)))


def _fit(grid: NDArray[np.float64], exact: NDArray[np.float64], pole_c: float | None) -> tuple[float, Fitted]:
    """Return the largest error and the numbers of the least-squares fit with that pole."""
    found, *_ = np.linalg.lstsq(_columns(grid, pole_c), exact, rcond=None)
    gain, offset_c, bend, residue = (float(value) for value in (*found, 0.0)[:4])
    fitted = (gain, offset_c, bend, residue)
    return float(np.abs(_value(grid, pole_c, fitted) - exact).max()), fitted


def _value(t_c: NDArray[np.float64], pole_c: float | None, fitted: Fitted) -> NDArray[np.float64]:
    columns = _columns(t_c, pole_c)
    return np.asarray(columns @ np.array(fitted[: columns.shape[1]]))


def _columns(t_c: NDArray[np.float64], pole_c: float | None) -> NDArray[np.float64]:
    return np.stack([t_c, np.ones_like(t_c), t_c * t_c, *([] if pole_c is None else [1 / (t_c + pole_c)])], axis=1)
