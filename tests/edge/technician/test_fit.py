"""The calibration fit against the reference vectors, its theory, and its Monte Carlo."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from contract.calibration import CalibrationPoint, correct, correction_u_c
from edge.technician.fit import FitRefused, chi2_survival, fit, point_u_c

POINTS_C = (34.0, 37.0, 39.0, 42.0)


def points(indicated_c, reference_c=POINTS_C) -> list[CalibrationPoint]:
    return [
        CalibrationPoint(reference_c=r, indicated_c=i, n=10, sd_c=0.03)
        for r, i in zip(reference_c, indicated_c, strict=True)
    ]


def test_the_reference_vector() -> None:
    found = fit(points((34.31, 37.27, 39.22, 42.18)), 0.03, 0.06)
    assert found.gain_applied
    c = found.correction
    assert (c.a_c, c.b, c.u_a_c, c.u_b, c.cov_ab, found.chi2) == pytest.approx(
        (
            0.2662223871833345,
            -0.01704609412315946,
            0.06218875289538925,
            0.005232670456375096,
            -3.4089145930750867e-05,
            0.16563718088229293,
        ),
        abs=1e-9,
    )
    assert correct(c, 36.5) == pytest.approx(36.22525456575509, abs=1e-9)
    assert correction_u_c(c, 36.5) == pytest.approx(0.06251700042900964, abs=1e-9)


def test_a_gain_within_its_noise_is_not_applied() -> None:
    found = fit(points((34.20, 37.21, 39.20, 42.21)), 0.03, 0.06)
    assert not found.gain_applied
    assert found.correction.b == 0
    assert found.correction.a_c == pytest.approx(0.205)


def test_points_that_lie_on_no_line_go_to_the_expert() -> None:
    assert not fit(points((34.0, 37.4, 39.4, 42.0)), 0.03, 0.06).fits
    assert fit(points((34.31, 37.27, 39.22, 42.18)), 0.03, 0.06).fits


@pytest.mark.parametrize("indicated", [(36.9,), (36.9, 37.2)])
def test_too_few_temperatures_are_refused_with_a_sentence(indicated) -> None:
    with pytest.raises(FitRefused, match="two temperatures"):
        fit(points(indicated, (37.0,) * len(indicated)), 0.03, 0.06)


@given(st.floats(0, 60), st.integers(1, 12))
def test_the_tail_of_chi_squared(chi2: float, dof: int) -> None:
    assert chi2_survival(chi2, dof) == pytest.approx(stats.chi2.sf(chi2, dof), abs=1e-9)


def test_the_residual_after_correction_is_what_the_blackbody_allows() -> None:
    """Monte Carlo of science.md 2.1: residual RMS 0.064 ± 10 %, whatever the truth, through the real fit."""
    rng = np.random.default_rng(21)
    truths = (
        lambda t: t + 0.3,
        lambda t: t + 0.01 * (t - 37) + 0.2,
        lambda t: t - 0.03 * (t - 37),
    )
    for truth in truths:
        residuals = []
        for _ in range(1500):
            common = rng.normal(0, 0.06)
            ref = np.array(POINTS_C)
            indicated = truth(ref + common) + rng.normal(0, 0.03, 4)
            correction = fit(points(indicated, POINTS_C), 0.03, 0.06).correction
            residuals += [correct(correction, float(truth(t))) - t for t in (35.0, 37.0, 39.0, 41.0)]
        assert math.sqrt(np.mean(np.square(residuals))) == pytest.approx(0.064, rel=0.10)


def test_a_points_uncertainty_adds_in_squares() -> None:
    point = CalibrationPoint(reference_c=37, indicated_c=37.1, n=10, sd_c=0.05)
    assert point_u_c(point, 0.1, 0.029) == pytest.approx(math.sqrt(0.05**2 / 10 + 0.01 / 12 + 0.029**2))
