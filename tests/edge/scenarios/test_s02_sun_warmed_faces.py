"""S2: the sun has warmed their faces by 2 °C. Must: hold and recheck; no referral on the first reading alone."""

import pytest

from contract.vocabulary import Reason, VerdictKind
from simulators.people import Person
from simulators.scene import Enter
from tests.edge.scenarios.passers import Passers
from tests.edge.scenarios.rig import Rig, kinds, stage


def test_a_warmed_face_is_held_and_the_recheck_belongs_to_the_same_passage():
    warmed = Enter("from the sun", 36.8, person=Person(sun_c=2.5, minutes_inside=0.2))
    shaded = Enter("after the shade", 36.8, person=Person(sun_c=2.5, minutes_inside=20.0))
    rig = Rig(stage([warmed, shaded], gap_s=60.0))
    first = rig.play(50)[0]
    assert first.verdict.kind in {VerdictKind.ALARM, VerdictKind.AMBER}
    assert Reason.SUN_WARMED in first.verdict.reasons  # staff are told to let the face cool and to measure again
    rig.lane.remeasure(first.passage)
    second = rig.play(95)[0]
    assert second.verdict.kind is VerdictKind.PASS
    assert Reason.SUN_WARMED not in second.verdict.reasons
    assert (second.passage, second.measurement.attempt) == (first.passage, 2)


def test_a_whole_group_out_of_the_sun_is_called_warm():
    passers = Passers()
    passers.go([36.8] * 40, every_s=60)
    verdicts = passers.go([37.7] * 20, every_s=8)
    assert Reason.GROUP_WARM in verdicts[-1].reasons
    assert verdicts[-1].kind is VerdictKind.ALARM  # told apart, never waved through


@pytest.mark.parametrize("yaw_deg", [-10, 0, 10])
def test_a_fever_that_no_sun_has_warmed_is_not_put_down_to_the_sun(yaw_deg):
    decided = Rig(stage([Enter("fever", 39.0, person=Person(yaw_deg=yaw_deg))])).play(33)
    assert kinds(decided) == [VerdictKind.ALARM]
    assert Reason.SUN_WARMED not in decided[0].verdict.reasons


def test_a_fever_in_the_sun_still_alarms():
    decided = Rig(stage([Enter("fever", 39.0, person=Person(sun_c=2.0, minutes_inside=0.2))])).play(33)
    assert kinds(decided) == [VerdictKind.ALARM]
