import math

import pytest

from edge.measure.spot import COARSEST_MM, coefficient, correct, mm_per_pixel, u_correction_c


@pytest.mark.parametrize(("mm", "expected"), [(0.7, 35.048), (1.2, 35.144), (3.5, 35.576), (13.3, 36.176)])
def test_correction_matches_the_vectors(mm, expected):
    assert correct(35.0, 23.0, mm) == pytest.approx(expected, abs=1e-6)


def test_between_the_points_it_is_linear_and_to_zero_below_them():
    assert coefficient(0.25) == pytest.approx(0.001)
    assert coefficient(1.35) == pytest.approx(0.016)
    assert coefficient(0.0) == 0.0


@pytest.mark.parametrize("mm", [COARSEST_MM + 0.1, math.nan, -1.0, math.inf])
def test_beyond_the_coarsest_picture_there_is_no_face(mm):
    assert coefficient(mm) is None
    assert correct(35.0, 23.0, mm) is None
    assert u_correction_c(35.0, 23.0, mm) == math.inf


def test_uncertainty_is_three_tenths_of_the_correction_either_way():
    assert u_correction_c(35.0, 23.0, 3.5) == pytest.approx(0.3 * 0.576)
    assert u_correction_c(23.0, 35.0, 3.5) == pytest.approx(0.3 * 0.576)


def test_lepton_at_one_metre_sees_about_seven_millimetres_a_pixel():
    assert mm_per_pixel(1.0, 57.0, 160) == pytest.approx(6.79, abs=0.01)
