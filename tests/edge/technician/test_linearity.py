"""The linearity sweep: a device that pulls readings to normal is found, a good one is not."""

import math

import numpy as np
import pytest

from contract.calibration import CalibrationPoint
from edge.technician.linearity import POINTS_C, SlopeRefused, is_ground, slope


def sweep(gain: float, sd_c: float = 0.03, seed: int = 1) -> list[CalibrationPoint]:
    noise = np.random.default_rng(seed)
    return [
        CalibrationPoint(
            reference_c=t, indicated_c=37.2 + gain * (t - 37) + noise.normal(0, sd_c / math.sqrt(10)), n=10, sd_c=sd_c
        )
        for t in POINTS_C
    ]


@pytest.mark.parametrize(("gain", "normalises"), [(1.0, False), (0.95, False), (0.85, True), (0.3, True), (0.0, True)])
def test_the_slope_tells_a_pull_to_normal_whatever_the_offset(gain: float, *, normalises: bool) -> None:
    found = slope(sweep(gain), 0.05)
    assert found.slope == pytest.approx(gain, abs=0.03)
    assert found.normalises is normalises
    assert found.certain


def test_a_tenth_of_a_degree_a_point_is_an_uncertainty_of_a_fortieth() -> None:
    u_c = math.sqrt(0.1**2 - 0.029**2)
    points = [CalibrationPoint(reference_c=t, indicated_c=t, n=1, sd_c=u_c) for t in POINTS_C]
    assert slope(points, 0.0).u == pytest.approx(0.025, abs=0.001)


def test_its_uncertainty_holds_what_repeated_sweeps_scatter() -> None:
    slopes = [slope(sweep(1.0, 0.3, seed), 0.05) for seed in range(400)]
    assert np.std([one.slope for one in slopes]) < np.mean([one.u for one in slopes]) * 1.1


def test_points_that_scatter_more_than_they_say_make_it_uncertain() -> None:
    wild = [p.model_copy(update={"indicated_c": p.indicated_c + (-1) ** i * 0.4}) for i, p in enumerate(sweep(1.0))]
    assert not slope(wild, 0.05).certain


def test_too_few_points_or_too_narrow_give_no_slope() -> None:
    with pytest.raises(SlopeRefused, match="three points over 4"):
        slope(sweep(1.0)[:2], 0.05)
    with pytest.raises(SlopeRefused, match="three points over 4"):
        slope(sweep(1.0)[:3], 0.05)


@pytest.mark.parametrize(
    ("reason", "ground"),
    [
        ("linearity:019c slope 0.30, limit 0.90", True),
        ("linearity slope 0.30, limit 0.90 (dock, 2026-11-23 23:05 UTC)", True),  # as central orders it after that
        ("check:019c +0.60 °C", False),
    ],
)
def test_a_state_that_rests_on_a_sweep_is_known_whoever_ordered_it(reason: str, *, ground: bool) -> None:
    assert is_ground(reason) is ground
