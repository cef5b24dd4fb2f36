"""What a picture's coarseness takes off the hottest 2x2 pixels of a face (`science.md` 3.3).

The colder the air, the more of it is mixed into a pixel that is larger than the inner corner of an eye. The correction
grows with the contrast, never with the person's own reading otherwise.
"""

import math
from typing import Final

import numpy as np

COARSEST_MM: Final = 32.5
"""Millimetres per pixel beyond which the picture does not measure a face."""
CANTHUS_MM: Final = 1.2
"""Coarsest picture on which the inner canthus is measured."""
FACE_MM: Final = 4.0
"""Coarsest picture on which the face maximum is measured; beyond, the mean of the forehead, uncorrected."""
RELATIVE_U: Final = 0.3
"""Standard uncertainty as a share of the correction: the table comes from a synthetic face."""

_MM: Final = (0.5, 0.7, 0.9, 1.0, 1.2, 1.5, 1.8, 2.1, 2.4, 2.7, 3.5, 5.1, 6.8, 10.0, 13.3, 16.3, 20.0, 26.6, 32.5)
_C: Final = (
    *(0.002, 0.004, 0.007, 0.010, 0.012, 0.020, 0.030, 0.036, 0.043, 0.046),
    *(0.048, 0.053, 0.059, 0.079, 0.098, 0.103, 0.124, 0.135, 0.140),
)


def mm_per_pixel(distance_m: float, hfov_deg: float, columns: int) -> float:
    """Return the width of one pixel at the person, mm."""
    return 2e3 * distance_m * math.tan(math.radians(hfov_deg) / 2) / columns


def coefficient(mm: float) -> float | None:
    """Return c of `T_skin = T_m + c (T_m - T_air)` at `mm` millimetres a pixel; None beyond COARSEST_MM or for NaN."""
    if not 0 <= mm <= COARSEST_MM:
        return None
    return float(np.interp(mm, (0.0, *_MM), (0.0, *_C)))


def correct(measured_c: float, ambient_c: float, mm: float) -> float | None:
    """Return the skin temperature from the hottest 2x2 pixels, °C; None where the picture is too coarse."""
    c = coefficient(mm)
    return None if c is None else measured_c + c * (measured_c - ambient_c)


def u_correction_c(measured_c: float, ambient_c: float, mm: float) -> float:
    """Return the standard uncertainty of that correction, °C; infinite where the picture is too coarse."""
    c = coefficient(mm)
    return math.inf if c is None else RELATIVE_U * c * abs(measured_c - ambient_c)
