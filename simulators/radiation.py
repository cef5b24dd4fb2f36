"""What radiation reaches the pretend sensor: the forward direction of the measurement equation (`science.md` 1.2).

The gate inverts the same physics in its own code. The two are written apart on purpose: a simulator that borrowed the
gate's formulae would agree with its mistakes.
"""

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from contract.units import ZERO_C_IN_K

C2_M_K: Final = 1.438776877e-2
BAND_A_M: Final = 8.79265e-6
BAND_B_M_K: Final = 2.14387e-4
BAND_C: Final = 9143.68
SKIN_EMISSIVITY: Final = 0.98

Celsius = TypeVar("Celsius", float, NDArray[np.float32], NDArray[np.float64])


def radiance(temperature_c: Celsius) -> Celsius:
    """Return the in-band radiance of a blackbody, W m-2 sr-1, 7.5-14 um (Sakuma-Hattori, `science.md` 1.1)."""
    return BAND_C / np.expm1(C2_M_K / (BAND_A_M * (temperature_c + ZERO_C_IN_K) + BAND_B_M_K))  # type: ignore[no-any-return]


def temperature_c(band_radiance: Celsius) -> Celsius:
    """Return the temperature of the blackbody that has this in-band radiance, °C: the inverse of `radiance`."""
    return (C2_M_K / np.log1p(BAND_C / band_radiance) - BAND_B_M_K) / BAND_A_M - ZERO_C_IN_K  # type: ignore[no-any-return]


def apparent_c(surface_c: Celsius, emissivity: float, reflected_c: float) -> Celsius:
    """Return what a blackbody would have to be to look like this grey surface, °C."""
    return temperature_c(emissivity * radiance(surface_c) + (1 - emissivity) * radiance(reflected_c))


def seen_through(source_c: Celsius, transmittance: float, medium_c: float) -> Celsius:
    """Return the apparent temperature behind a medium that absorbs and glows: air, a window, fog on a lens, °C."""
    return temperature_c(transmittance * radiance(source_c) + (1 - transmittance) * radiance(medium_c))


def device_indicates_c(seen_c: Celsius, emissivity: float, reflected_c: float) -> Celsius:
    """Return what a device shows that corrects for an emissivity by itself, °C."""
    return temperature_c((radiance(seen_c) - (1 - emissivity) * radiance(reflected_c)) / emissivity)


def air_transmittance(distance_m: float, air_c: float, humidity_pct: float) -> float:
    """Return the share of radiation that crosses the air (`science.md` 1.2; good for 0-5 m, -10..45 °C)."""
    water = humidity_pct / 100 * np.exp(1.5587 + 0.06939 * air_c - 2.7816e-4 * air_c**2 + 6.8455e-7 * air_c**3)
    path, root = np.sqrt(distance_m), np.sqrt(water)
    thin = np.exp(-path * (0.006569 - 0.002276 * root))
    thick = np.exp(-path * (0.01262 - 0.00667 * root))
    return float(1.9 * thin - 0.9 * thick)
