"""From the readings of a calibration run to a correction with its covariance (`science.md` 2.1).

Model for an instrument with temperature output: error of indication `e = indicated - reference = a + b (T - 37)`. Fit
by generalised least squares with V = diag(u_r^2) + u_b^2 11^T, where u_b is common to all points (the blackbody's own
uncertainty); its closed form is ordinary least squares with u_r, then u_b^2 added to u^2(a). A gain is applied only
where it is significant: |b| > 2 u(b) and |b| >= 0.005; else the offset alone. Never a quadratic: when the line does
not fit (p < 0.01), that is a finding for the expert, not a reason for a richer model.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contract.calibration import PIVOT_C, CalibrationPoint, Correction

GAIN_MIN: Final = 0.005
LACK_OF_FIT_P: Final = 0.01


class FitRefused(Exception):
    """The points cannot give a correction; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted correction and how well the points lie on it."""

    correction: Correction
    gain_applied: bool
    chi2: float
    dof: int
    p_lack_of_fit: float

    @property
    def fits(self) -> bool:
        """False: the points do not lie on a line, so an expert must look."""
        return self.p_lack_of_fit >= LACK_OF_FIT_P


def point_u_c(point: CalibrationPoint, resolution_c: float, stability_c: float) -> float:
    """Return the random standard uncertainty of one point: repeatability, resolution, stability of the source."""
    return math.sqrt(point.sd_c**2 / point.n + resolution_c**2 / 12 + stability_c**2)


def fit(points: Sequence[CalibrationPoint], u_random_c: float, u_common_c: float) -> Fit:
    """Return the correction that the points ask for.

    Raises FitRefused with fewer than two different temperatures or without a positive random uncertainty.
    """
    x = [point.indicated_c - PIVOT_C for point in points]
    error = [point.indicated_c - point.reference_c for point in points]
    n = len(points)
    if n < 2 or max(x) - min(x) < 1.0:
        raise FitRefused("a calibration needs points at two temperatures at least 1 °C apart")
    if u_random_c <= 0:
        raise FitRefused("the random uncertainty of a point cannot be zero: enter the resolution of the display")
    x_mean, e_mean = math.fsum(x) / n, math.fsum(error) / n
    sxx = math.fsum((v - x_mean) ** 2 for v in x)
    b = math.fsum((v - x_mean) * e for v, e in zip(x, error, strict=True)) / sxx
    u_b = u_random_c / math.sqrt(sxx)
    significant = abs(b) > 2 * u_b and abs(b) >= GAIN_MIN
    residuals = (e - e_mean - b * (v - x_mean) for v, e in zip(x, error, strict=True))
    chi2 = math.fsum(r * r for r in residuals) / u_random_c**2
    dof = n - 2
    lack = chi2_survival(chi2, dof)
    if not significant:
        # Without the gain the offset is the mean error; what the gain might have been stays in the uncertainty.
        u_a2 = u_random_c**2 / n + u_common_c**2
        offset = Correction(a_c=e_mean, b=0.0, u_a_c=math.sqrt(u_a2), u_b=u_b, cov_ab=0.0)
        return Fit(offset, gain_applied=False, chi2=chi2, dof=dof, p_lack_of_fit=lack)
    correction = Correction(
        a_c=e_mean - b * x_mean,
        b=b,
        u_a_c=math.sqrt(u_random_c**2 / n + x_mean**2 * u_b**2 + u_common_c**2),
        u_b=u_b,
        cov_ab=-x_mean * u_b**2,
    )
    return Fit(correction, gain_applied=True, chi2=chi2, dof=dof, p_lack_of_fit=lack)


def chi2_survival(chi2: float, dof: int) -> float:
    """Return P(X > chi2) of the chi-squared distribution; 1 with no degree of freedom (nothing to test).

    Closed recurrence in steps of two degrees of freedom (Abramowitz and Stegun 26.4.4-26.4.5): a calibration has few.
    """
    if dof <= 0:
        return 1.0
    half = chi2 / 2
    if dof % 2 == 0:
        term = total = math.exp(-half)
        for i in range(1, dof // 2):
            term *= half / i
            total += term
        return total
    total = math.erfc(math.sqrt(half))
    term = math.sqrt(chi2) * math.sqrt(2 / math.pi) * math.exp(-half)
    for i in range(1, dof, 2):
        total += term
        term *= chi2 / (i + 2)
    return total
