"""S6: the blackbody is wrong: unplugged, warming up, bumped, aged. Must: never "correct" everybody by 16 °C.

Where there are two and they disagree, nobody can know which is wrong: nobody is measured.
"""

import pytest

from contract.vocabulary import Reason, VerdictKind
from simulators.scene import Enter
from tests.edge.scenarios.passers import Passers
from tests.edge.scenarios.rig import Rig, kinds, opposite_plate, stage


def test_unplugged_it_cools_and_the_gate_stops_before_it_corrects_much():
    scene = stage([Enter(f"p{i}", 36.8) for i in range(8)], gap_s=20.0)
    scene.plate.order(24.0, 22.0, rate_c_min=2.0)
    rig = Rig(scene)
    decided = rig.play(24 + 160)
    measured = [event for event in decided if event.measurement.body_c is not None]
    assert kinds(decided)[0] is VerdictKind.PASS
    assert set(kinds(decided)[-4:]) == {VerdictKind.NO_RESULT}
    assert all(abs(event.measurement.reference_offset_c) < 2.0 for event in measured)
    # a plate that cools makes people look hotter: the error is towards caution until the gate stops
    assert all(event.verdict.kind is not VerdictKind.PASS or event.measurement.body_c > 36.3 for event in measured)


def test_still_warming_up_it_measures_nobody():
    scene = stage([Enter("early", 36.8), Enter("fever", 39.0)])
    scene.plate.order(0.0, 25.0, rate_c_min=1e6)
    scene.plate.order(1.0, 36.0, rate_c_min=3.0)
    decided = Rig(scene).play(40)
    assert set(kinds(decided)) == {VerdictKind.NO_RESULT}


@pytest.mark.parametrize("bumped_c", [32.0, 40.5])
def test_a_bumped_set_point_beyond_belief_is_refused(bumped_c):
    scene = stage([Enter("before", 36.8), Enter("after", 36.8)], gap_s=30.0)
    scene.plate.order(35.0, bumped_c, rate_c_min=600.0)
    decided = Rig(scene).play(66)
    assert kinds(decided) == [VerdictKind.PASS, VerdictKind.NO_RESULT]


def test_a_plate_that_is_off_by_less_is_caught_by_the_people_and_hides_no_fever():
    passers = Passers()
    passers.go([36.8 - 0.45] * 260, every_s=60)  # a plate 0.4 °C too warm takes as much off everybody, for good
    verdicts = passers.go([36.8 - 0.45, 38.8 - 0.45], every_s=60)
    assert [verdict.kind for verdict in verdicts] == [VerdictKind.PASS, VerdictKind.ALARM]
    assert passers.baseline_c == pytest.approx(-0.45, abs=0.01)
    assert all(Reason.BASELINE_OUT_OF_MODEL in verdict.reasons for verdict in verdicts)


@pytest.mark.parametrize("bumped", ["plate", "second_plate"])
def test_of_two_one_that_is_off_by_little_stops_the_gate_until_both_agree_and_changes_no_fever(bumped):
    scenes = [
        stage([Enter(f"p{i}", 38.6) for i in range(6)], second_plate=opposite_plate(), gap_s=9.0) for _ in range(2)
    ]
    plate = getattr(scenes[1], bumped)
    plate.order(30.0, 36.6, rate_c_min=600.0)
    plate.order(56.0, 36.0, rate_c_min=600.0)
    undisturbed, decided = (Rig(scene).play(80) for scene in scenes)
    stopped = [one for one in decided if one.verdict.reasons == (Reason.REFERENCES_DISAGREE,)]
    pairs = [pair for pair in zip(undisturbed, decided, strict=True) if pair[1] not in stopped]
    assert len(stopped) >= 2
    assert set(kinds(stopped)) == {VerdictKind.NO_RESULT}
    assert {kind for pair in pairs for kind in kinds(pair)} == {VerdictKind.ALARM}
    assert decided[-1] not in stopped
    for one, other in pairs:
        assert other.measurement.body_c == pytest.approx(one.measurement.body_c, abs=0.05)
