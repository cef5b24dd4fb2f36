"""When a reference that does not say so itself has settled."""

import pytest

from drivers.settling import SETTLE_S, Settling
from tests.simulators.devices.together import START


def settled(readings, setpoint_c=37.0, every_s=1.0):
    """What it says at each reading."""
    settling = Settling()
    return [
        settling.update(actual_c, setpoint_c, START.later(number * every_s)) for number, actual_c in enumerate(readings)
    ]


def test_two_minutes_within_the_band_and_not_a_second_less():
    said = settled([37.05] * 200)
    assert said.index(True) == SETTLE_S
    assert all(said[int(SETTLE_S) :])


def test_one_excursion_begins_the_wait_again():
    said = settled([37.0] * 100 + [37.3] + [37.0] * 200)
    assert said.index(True) == 101 + SETTLE_S


def test_a_new_set_point_begins_the_wait_again():
    settling = Settling()
    for second in range(200):
        stable = settling.update(37.0, 37.0, START.later(second))
    assert stable
    assert not settling.update(37.0, 37.1, START.later(201))


def test_a_gap_in_which_nobody_looked_begins_the_wait_again():
    settling = Settling()
    for second in range(200):
        settling.update(37.0, 37.0, START.later(second))
    assert not settling.update(37.0, 37.0, START.later(260))


@pytest.mark.parametrize("actual_c", [36.7, 37.3])
def test_far_from_the_set_point_it_never_settles(actual_c):
    assert not any(settled([actual_c] * 400))
