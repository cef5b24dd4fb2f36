"""Does an instrument pull its readings to normal? The sweep and its slope (`science.md` 1.4, 3.4).

A device that shows 37 whatever it sees passes every check at one temperature, and a calibration would take its pull for
a gain. So it is asked over 35 to 40 °C what it shows before any certificate: shown against reference, by least squares.
An error common to all points, such as the blackbody's own, is no part of a slope.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contract.calibration import CalibrationPoint

POINTS_C: Final = (35.0, 36.25, 37.5, 38.75, 40.0)
READINGS: Final = 10
SETTLE_S: Final = 120.0
MIN_SLOPE: Final = 0.90
MAX_U_SLOPE: Final = 0.05
"""Twice what 0.1 °C a point gives: readings that scatter more say nothing about the slope."""
REASON: Final = "linearity:"
"""How the reason of a state begins that a sweep has set. A calibration does not lift it, because it would take the pull
for a gain; only an expert does."""
STABILITY_C: Final = 0.029
"""Standard uncertainty of a point from the reference's restlessness."""


class SlopeRefused(Exception):
    """The points cannot give a slope; the text says why."""


@dataclass(frozen=True, slots=True)
class Slope:
    """What a sweep has found."""

    slope: float
    """Of what is shown against the reference, °C per °C; 1 is right."""
    u: float
    """Its standard uncertainty."""

    @property
    def normalises(self) -> bool:
        """Whether the instrument may not be used for decisions."""
        return self.slope < MIN_SLOPE

    @property
    def certain(self) -> bool:
        """Whether the slope is known well enough to be judged."""
        return self.u <= MAX_U_SLOPE


def is_ground(reason: str) -> bool:
    """Say whether a state rests on a sweep: as this gate has set it, or as central has ordered it after that."""
    return reason.startswith(REASON.rstrip(":"))


def slope(points: Sequence[CalibrationPoint], resolution_c: float) -> Slope:
    """Return the slope of a whole sweep; its uncertainty is the greater of what the points and their scatter say.

    Raises SlopeRefused unless there are three points that span 4 °C.
    """
    x = [point.reference_c for point in points]
    if len(points) < 3 or max(x) - min(x) < 4.0:
        raise SlopeRefused("a slope needs at least three points over 4 °C")
    shown = [point.indicated_c for point in points]
    n, x_mean, y_mean = len(points), math.fsum(x) / len(x), math.fsum(shown) / len(shown)
    sxx = math.fsum((v - x_mean) ** 2 for v in x)
    found = math.fsum((v - x_mean) * y for v, y in zip(x, shown, strict=True)) / sxx
    scatter = math.fsum((y - y_mean - found * (v - x_mean)) ** 2 for v, y in zip(x, shown, strict=True)) / (n - 2)
    each = math.fsum(p.sd_c**2 / p.n for p in points) / n + resolution_c**2 / 12 + STABILITY_C**2
    return Slope(found, math.sqrt(max(scatter, each) / sxx))
