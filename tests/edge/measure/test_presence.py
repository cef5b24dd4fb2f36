"""Somebody at the mark, told by temperature alone."""

import pytest

from contract.vocabulary import Reason
from edge.measure.presence import Presence, floor_c

AIR_C = 23.0
HOT_C = 42.0
STEP_S = 0.25


def play(values, step_s=STEP_S):
    """Return for each value the visit's number, the refusal and who has gone."""
    presence, seen = Presence(), []
    for number, value in enumerate(values):
        visit, refused, gone = presence.update(value, AIR_C, number * step_s, HOT_C)
        seen.append((visit.number if visit else None, refused, gone.number if gone else None))
    return seen


def test_nobody_is_nobody():
    assert play([23.4] * 5) == [(None, None, None)] * 5


def test_a_value_counts_once_it_has_settled():
    seen = play([23.4, 29.5, 33.0, 33.9, 34.0, 34.0])
    assert [refused for _, refused, _ in seen] == [None, Reason.MOVING, Reason.MOVING, Reason.MOVING, None, None]
    assert [number for number, *_ in seen] == [None, 1, 1, 1, 1, 1]


def test_two_people_are_two_visits_and_the_first_one_leaves_once():
    seen = play([34.0, 34.0, 34.0, 24.0, 24.0, 24.0, 34.5, 34.5])
    assert [number for number, *_ in seen][:3] == [1, 1, 1]
    assert [number for number, *_ in seen][-2:] == [2, 2]
    assert [gone for *_, gone in seen if gone] == [1]


def test_a_slow_instrument_tells_people_apart_too():
    seen = play([34.0, 34.0, 24.0, 34.0, 34.0], step_s=1.0)
    assert [number for number, *_ in seen] == [1, 1, None, 2, 2]


def test_hair_and_cloth_stay_below_and_skin_after_the_cold_above():
    step_c = (36.8 - AIR_C) / 1.243
    assert AIR_C + 0.45 * step_c < floor_c(AIR_C) < 33.2 - 1.45


@pytest.mark.parametrize("ambient_c", [10.0, 23.0, 30.0, 35.0])
def test_a_healthy_forehead_is_above_at_every_air_temperature(ambient_c):
    assert ambient_c < floor_c(ambient_c) < (36.8 + 0.243 * ambient_c) / 1.243


def test_a_hot_thing_is_nobody():
    assert play([55.0, 55.0, 55.0]) == [(None, Reason.HOT_OBJECT, None)] * 3


def test_a_hot_thing_before_somebody_spoils_the_value():
    assert play([34.0, 34.0, 55.0])[-1] == (1, Reason.HOT_OBJECT, None)


def test_nan_is_nobody():
    assert play([float("nan")] * 2) == [(None, None, None)] * 2


def test_after_a_verdict_a_single_reading_of_nobody_ends_the_visit():
    presence = Presence()
    for step, value in enumerate([34.0, 34.0, 24.0, 36.0]):
        visit, _, _ = presence.update(value, AIR_C, step * 0.1, HOT_C, settled={1})
    assert visit.number == 2


def test_across_a_gap_in_the_readings_nobody_inherits():
    presence = Presence()
    for t_s in (0.0, 0.1, 0.2):
        presence.update(34.0, AIR_C, t_s, HOT_C)
    visit, refused, gone = presence.update(36.0, AIR_C, 9.0, HOT_C)
    assert (visit.number, gone.number) == (2, 1)
    assert refused is Reason.MOVING
