"""The filter against the reference vectors, and what it does to jumps and outliers."""

import math

import pytest

from edge.measure.kalman import RELOCK_S, Noise, OffsetFilter, noise

STEPS = (
    (0.30, True, False, 0.3, True),
    (0.31, True, False, 0.3096998426403867, True),
    (0.29, True, False, 0.29058802890397983, True),
    (-1.2, True, False, 0.29999649136765777, False),
    (0.30, False, False, 0.29999649136765777, False),
    (0.45, True, True, 0.44964506227003487, True),
    (0.46, True, False, 0.45951886231323585, True),
)
"""y, valid, shutter, what to subtract, whether it is fresh: `bb` of the reference vectors."""


def test_every_step_agrees_with_the_reference_vectors():
    followed = OffsetFilter(Noise(q=2e-6, r_n=2.5e-5, c2=4e-4, p_j=0.01))
    for y_c, valid, shutter, offset_c, good in STEPS:
        found_c, fresh = followed.update(y_c, 1 / 9, valid=valid, shutter=shutter)
        assert found_c == pytest.approx(offset_c, abs=1e-9)
        assert fresh is good


def test_an_outlier_is_held_and_five_seconds_of_it_are_the_new_truth():
    followed = OffsetFilter(noise(0.05, 40))
    for _ in range(50):
        followed.update(0.2, 0.1)
    held = [followed.update(1.5, 0.5) for _ in range(int(RELOCK_S / 0.5))]
    assert all(not good for _, good in held)
    assert held[-2][0] == pytest.approx(0.2, abs=0.02)
    assert held[-1][0] == 1.5
    assert followed.update(1.5, 0.1) == (pytest.approx(1.5), True)


def test_a_shutter_lets_a_jump_of_a_degree_through_at_once():
    followed = OffsetFilter(noise(0.05, 40))
    for _ in range(50):
        followed.update(0.2, 0.1)
    offset_c, good = followed.update(1.2, 0.1, shutter=True)
    assert good
    assert offset_c == pytest.approx(1.2, abs=0.01)


def test_a_hidden_plate_never_moves_the_state_and_makes_it_less_sure():
    followed = OffsetFilter(noise(0.05, 40))
    for _ in range(50):
        followed.update(0.2, 0.1)
    sure_c = followed.u_c
    for _ in range(300):
        assert followed.update(-6.0, 0.1, valid=False) == (pytest.approx(0.2), False)
    assert followed.u_c > sure_c


def test_nan_is_never_taken():
    followed = OffsetFilter(noise(0.05, 40))
    followed.update(0.2, 0.1)
    offset_c, good = followed.update(math.nan, 0.1)
    assert (offset_c, good) == (pytest.approx(0.2), False)
