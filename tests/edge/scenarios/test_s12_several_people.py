"""S12: two people at once, a child in arms, a turned face, far or too near. Must: each their own value, or none."""

import pytest

from contract.vocabulary import Reason, VerdictKind
from simulators.people import Person
from simulators.scene import Enter
from tests.edge.scenarios.rig import Rig, kinds, reasons, stage


def test_two_at_once_keep_their_own_values():
    pair = [Enter("left", 36.7, stand_s=4, aside_mm=-160), Enter("right", 39.0, stand_s=4, aside_mm=160)]
    decided = Rig(stage(pair, gap_s=0.0)).play(35)
    by_kind = {event.verdict.kind: event.measurement.body_c for event in decided}
    assert len(decided) == 2
    assert by_kind[VerdictKind.ALARM] == pytest.approx(39.0, abs=0.4)
    assert by_kind[VerdictKind.PASS] == pytest.approx(36.7, abs=0.4)
    assert len({event.passage for event in decided}) == 2


def test_somebody_far_away_gets_no_reading():
    decided = Rig(stage([Enter("far", 39.0, nearer_m=-1.5, stand_s=4.0)])).play(36)
    assert [event for event in decided if event.verdict.kind is not VerdictKind.NO_RESULT] == []


def test_somebody_too_near_for_the_calibrated_distance_is_told_to_step_back_and_is_measured_there():
    rig = Rig(stage([Enter("near", 39.0, nearer_m=0.25, stand_s=3.0), Enter("at the mark", 36.7)], gap_s=9.0))
    near, back = rig.play(42)
    assert (near.verdict.kind, near.verdict.reasons) == (VerdictKind.NO_RESULT, (Reason.TOO_CLOSE,))
    assert near.measurement.body_c is None
    assert back.verdict.kind is VerdictKind.PASS


@pytest.mark.parametrize("yaw_deg", [-40, -22, 22, 40])
def test_a_turned_face_gets_no_reading_and_its_reason(yaw_deg):
    decided = Rig(stage([Enter("looks aside", 39.0, person=Person(yaw_deg=yaw_deg))])).play(33)
    assert kinds(decided) == [VerdictKind.NO_RESULT]
    assert decided[0].verdict.reasons == (Reason.TURNED_AWAY,)


@pytest.mark.parametrize("yaw_deg", [-10, 10])
def test_a_face_turned_by_less_than_the_limit_is_measured(yaw_deg):
    decided = Rig(stage([Enter("nearly straight", 36.8, person=Person(yaw_deg=yaw_deg))])).play(33)
    assert kinds(decided) == [VerdictKind.PASS]
    assert decided[0].measurement.body_c == pytest.approx(36.8, abs=0.4)


def test_a_child_in_arms_and_who_carries_it_keep_their_own_values_or_none():
    family = [
        Enter("mother", 36.7, stand_s=4.0, aside_mm=-150),
        Enter("child", 39.0, stand_s=4.0, aside_mm=150, person=Person(eye_height_mm=-90.0)),
    ]
    decided = Rig(stage(family, gap_s=0.0)).play(36)
    for event in decided:
        if event.verdict.kind is VerdictKind.PASS:
            assert event.measurement.body_c == pytest.approx(36.7, abs=0.4)
        elif event.measurement.body_c is not None:
            assert event.measurement.body_c == pytest.approx(39.0, abs=0.5)
    assert VerdictKind.ALARM in kinds(decided)


def test_one_after_the_other_nobody_inherits_a_verdict():
    people = [
        Enter("fever", 39.0, stand_s=2.0),
        Enter("well", 36.7, stand_s=2.0),
        Enter("fever too", 38.9, stand_s=2.0),
    ]
    decided = Rig(stage(people, gap_s=4.0)).play(42)
    assert kinds(decided) == [VerdictKind.ALARM, VerdictKind.PASS, VerdictKind.ALARM]
    assert len({event.passage for event in decided}) == 3


@pytest.mark.parametrize(("aside_mm", "nearer_m"), [(65, 0.0), (50, 0.06)], ids=["cheek to cheek", "half behind"])
def test_two_faces_so_close_that_one_may_be_read_as_the_other_get_no_value(aside_mm, nearer_m):
    pair = [
        Enter("left", 36.7, stand_s=4, aside_mm=-aside_mm),
        Enter("right", 39.0, stand_s=4, aside_mm=aside_mm, nearer_m=nearer_m),
    ]
    rig = Rig(stage(pair, gap_s=0.0))
    rig.play(29)
    both = [picture for picture in rig.pictures if len(picture.faces) == 2]
    assert both
    assert not any(face.skin_c for picture in both for face in picture.faces)
    assert rig.decided == []
    rig.play(32)
    assert Reason.SEVERAL_PEOPLE in reasons(rig.decided)
    assert VerdictKind.PASS not in kinds(rig.decided)


def test_somebody_waiting_behind_keeps_nobody_from_a_value():
    queue = [Enter("waits", 36.7, stand_s=8, aside_mm=80, nearer_m=-0.7), Enter("fever", 39.0, stand_s=3.0)]
    rig = Rig(stage(queue, gap_s=0.5))
    rig.play(30)
    assert VerdictKind.ALARM in kinds(rig.decided)
