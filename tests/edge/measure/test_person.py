"""One value out of several frames: the median of the best five of up to twelve."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.measure.person import MOST, Person

STEP_S = 0.11


def person(values, step_s=STEP_S):
    one = Person(float)
    for number, value in enumerate(values):
        one.take(number * step_s, value)
    return one


def test_the_value_is_the_median_of_the_best_five():
    assert person([35.0, 34.0, 35.2, 30.0, 35.1, 35.3, 34.9, 33.0]).result() == 35.1


def test_three_frames_over_half_a_second_are_the_least():
    assert person([35.0, 35.1], 0.4).result() is None
    assert person([35.0, 35.1, 35.2], 0.2).result() is None
    assert person([35.0, 35.1, 35.2], 0.25).result() == 35.1


def test_of_an_even_number_the_upper_middle_is_taken_so_that_it_is_a_real_frame():
    assert person([35.0, 35.1, 35.2, 35.3], 0.2).result() == 35.2


def test_nobody_waits_for_twelve_frames():
    one = Person(float)
    waited_s = next(t * STEP_S for t in range(20) if one.take(t * STEP_S, 35.0) is None and one.enough)
    assert waited_s < 1.0


def test_a_slow_instrument_decides_on_three():
    assert not person([35.0, 35.0], 1.0).enough
    assert person([35.0, 35.0, 35.0], 1.0).enough


def test_old_frames_leave_and_the_oldest_beyond_twelve():
    assert person([40.0] + [35.0] * 10, 0.31).result() == 35.0
    assert len(person([35.0] * 30)) == MOST


def test_a_fast_camera_still_spans_half_a_second():
    one = person([35.0] * 60, 0.02)
    assert one.possible
    assert one.span_s >= 0.5


@given(st.lists(st.floats(30, 42), min_size=6, max_size=12))
def test_the_value_is_one_of_the_values_and_never_the_single_hottest(values):
    result = person(values).result()
    assert result in values
    assert sum(value >= result for value in values) >= 3


@given(st.lists(st.floats(30, 42), min_size=6, max_size=12), st.floats(0, 3))
def test_a_warmer_person_never_gets_a_cooler_value(values, warmer_c):
    assert person([value + warmer_c for value in values]).result() == pytest.approx(person(values).result() + warmer_c)
