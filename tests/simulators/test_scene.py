"""The scene: scripted and seeded, pure in time."""

from itertools import pairwise

import numpy as np
import pytest

from simulators.arrivals import Flow, busy
from simulators.passage import CUP_OF_TEA
from simulators.people import Person, Population
from simulators.scene import Enter, Place, Scene
from simulators.scenes import SCENES, Stage


def test_a_scripted_person_walks_in_stands_and_leaves():
    scene = Scene.script([Enter("wang", 39.0, at_s=2.0, stand_s=2.0)], place=Place(mark_m=0.6))
    (passage,) = scene.passages(0, 100)
    assert scene.truth(1.9) == ()
    (coming,) = scene.truth(2.5)
    assert (coming.name, coming.febrile, coming.standing) == ("wang", True, False)
    assert coming.distance_m > 0.6
    (standing,) = scene.truth(passage.stands_from_s + 0.1)
    assert standing.standing
    assert standing.distance_m == pytest.approx(0.6)
    assert scene.truth(passage.end_s + 0.01) == ()


def test_entries_without_a_time_follow_one_another():
    scene = Scene.script([Enter("a"), Enter("b"), Enter("c")])
    passages = scene.passages(0, 100)
    assert [p.person.name for p in passages] == ["a", "b", "c"]
    for before, after in pairwise(passages):
        assert after.stands_from_s > before.stands_until_s


def test_a_thing_is_nobody():
    scene = Scene.script([Enter("cup", None, at_s=0.0, item=CUP_OF_TEA)])
    (seen,) = scene.visible(2.0)
    assert seen.passage.item is CUP_OF_TEA
    assert scene.truth(2.0) == ()


def test_a_script_may_go_on_with_a_stream_of_people():
    scene = Scene.script([Enter("a")], then=Flow(per_hour=600, always_open=True))
    names = [p.person.name for p in scene.passages(0, 300)]
    assert names[0] == "a"
    assert len(names) > 20
    starts = [p.start_s for p in scene.passages(0, 300)]
    assert min(starts[1:]) > scene.passages(0, 1)[0].end_s


def test_equal_seeds_give_equal_worlds_and_other_seeds_other_ones():
    def world(seed):
        scene = Scene.seeded(seed)
        return [(p.start_s, p.person.core_c) for p in scene.passages(0, 7200)]

    assert world(4) == world(4)
    assert world(4) != world(5)


def test_the_scene_does_not_depend_on_what_was_asked_before():
    fresh, asked = Scene.seeded(9), Scene.seeded(9)
    for t_s in (200_000.0, 5.0, 90_000.0, 3601.0):
        asked.visible(t_s)
        asked.air.ambient_c(t_s)
    assert asked.passages(3000, 4000) == fresh.passages(3000, 4000)
    assert asked.air.ambient_c(3600.0) == fresh.air.ambient_c(3600.0)


def test_the_day_has_about_the_flow_that_was_asked_for():
    scene = Scene.seeded(2, flow=Flow(per_hour=200, buses=False))
    count = len(scene.passages(0, 13 * 3600))  # 9 h to 22 h
    expected = 200 * np.mean([busy(9 + minute / 60) for minute in range(13 * 60)]) * 13
    assert count == pytest.approx(expected, rel=0.08)


def test_the_gate_is_closed_at_night():
    scene = Scene.seeded(2)
    assert scene.passages(14 * 3600, 20.5 * 3600) == ()  # 23 h to 5.30 h


def test_buses_bring_people_close_together():
    scene = Scene.seeded(3, place=Place(population=Population()), flow=Flow(per_hour=1, always_open=True))
    starts = np.array([p.start_s for p in scene.passages(0, 86_400)])
    crowded = [np.sum((starts >= start) & (starts < start + 300)) for start in starts]
    assert max(crowded) >= 20


def test_an_hour_ahead_of_the_present_day_is_known():
    scene = Scene.seeded(3)
    assert scene.passages(86_400 * 2 + 3600, 86_400 * 2 + 7200)


@pytest.mark.parametrize("name", sorted(SCENES))
def test_every_named_scene_plays(name):
    scene = SCENES[name](Stage(seed=1, first_s=5.0))
    people = scene.passages(0.0, 120.0)
    assert (name == "empty") == (not people)
    if people:
        assert people[0].start_s >= 5.0


def test_the_demo_shows_health_fever_tea_and_a_bus_and_never_ends():
    scene = SCENES["demo"](Stage(seed=1))
    first = scene.passages(0.0, 120.0)
    truths = [person.febrile for p in first if (person := p.person)]
    assert True in truths
    assert False in truths
    assert any(p.item is CUP_OF_TEA for p in first)
    assert sum(p.person is not None and p.person.name.startswith("bus") for p in first) == 12
    assert scene.passages(40_000.0, 41_000.0)


def test_sun_fades_inside():
    assert Person(sun_c=2.0, minutes_inside=0.0).sun_now_c == 2.0
    assert Person(sun_c=2.0, minutes_inside=15.0).sun_now_c < 0.11
