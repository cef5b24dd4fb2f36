"""S11: hat, fringe, mask. Must: measure what is bare, say what is worn, and call nothing that is covered normal."""

import pytest

from contract.vocabulary import Reason, Site, VerdictKind
from simulators.people import Person
from simulators.scene import Enter
from tests.edge.scenarios.rig import Rig, kinds, stage


@pytest.mark.parametrize("looks", [{"hat": True}, {"mask": True}, {"hair": 0.3}], ids=["hat", "mask", "fringe"])
def test_a_fever_is_found_whatever_is_worn(looks):
    people = [Enter("well", 36.8, person=Person(**looks)), Enter("fever", 39.0, person=Person(**looks))]
    decided = Rig(stage(people)).play(40)
    assert kinds(decided) == [VerdictKind.PASS, VerdictKind.ALARM]
    assert decided[0].measurement.body_c == pytest.approx(36.8, abs=0.4)


def test_a_mask_is_told_unless_its_wearer_just_breathes_out_and_never_lowers_the_reading():
    wearers = [Enter(f"mask {i}", 36.8, person=Person(mask=True)) for i in range(4)]
    decided = Rig(stage(wearers, gap_s=6.0)).play(52)
    told = [event for event in decided if Reason.MASK in event.verdict.reasons]
    assert 2 <= len(told) <= 4
    for event in decided:
        assert event.measurement.site is Site.FACE_MAX
        assert event.measurement.body_c == pytest.approx(36.8, abs=0.4)


@pytest.mark.parametrize("core_c", [36.8, 38.5])
@pytest.mark.parametrize("looks", [{}, {"mask": True}], ids=["hat and glasses", "and a mask"])
def test_hat_and_glasses_together_leave_nothing_to_measure(looks, core_c):
    decided = Rig(stage([Enter("wrapped up", core_c, person=Person(hat=True, glasses=True, **looks))])).play(33)
    assert kinds(decided) == [VerdictKind.NO_RESULT]
    assert decided[0].verdict.reasons == (Reason.SITE_COVERED,)
    assert decided[0].measurement.body_c is None


def test_sweat_takes_a_degree_off_and_neither_hides_a_high_fever_nor_is_made_up_for():
    sweaty = [Enter("well", 36.8, person=Person(low_c=1.0)), Enter("fever", 39.5, person=Person(low_c=1.0))]
    well, fever = Rig(stage(sweaty)).play(40)
    assert well.measurement.body_c == pytest.approx(36.8 - 1.1, abs=0.4)
    assert fever.verdict.kind is VerdictKind.ALARM
    assert fever.measurement.body_c == pytest.approx(39.5 - 1.1, abs=0.4)
