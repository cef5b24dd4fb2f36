"""S8: a shutter event or power cycle makes a step. Must: block, then be right at once; nothing while it warms up."""

import pytest

from contract.vocabulary import Reason, VerdictKind
from simulators.scene import Enter
from tests.edge.scenarios.rig import Rig, kinds, reasons, stage

SHUTTER_S = 20.8
"""When the first correction ends."""


def test_nothing_is_decided_within_two_seconds_of_a_shutter_and_the_step_does_not_show():
    rig = Rig(stage([Enter("through it", stand_s=6.0)], first_s=17.5), faults=(f"step:0.8@{SHUTTER_S}",))
    decided = rig.play(32)
    assert kinds(decided) == [VerdictKind.PASS]
    at_s = decided[0].decided_by_mono_ns / 1e9
    assert at_s < 20.0 or at_s >= SHUTTER_S + 2.0
    assert decided[0].measurement.body_c == pytest.approx(36.75, abs=0.4)


def test_after_the_step_the_next_person_reads_as_before():
    people = [Enter("before", 36.8), Enter("after", 36.8)]
    decided = Rig(stage(people, first_s=10.0, gap_s=15.0), faults=(f"step:0.8@{SHUTTER_S}",)).play(34)
    before, after = (event.measurement for event in decided)
    assert after.reference_offset_c - before.reference_offset_c == pytest.approx(0.8, abs=0.4)
    assert after.body_c == pytest.approx(before.body_c, abs=0.3)


def test_just_switched_on_it_measures_nobody():
    decided = Rig(stage([Enter("first"), Enter("fever", 39.5)]), on_for_s=30.0).play(40)
    assert set(kinds(decided)) == {VerdictKind.NO_RESULT}
    assert Reason.WARM_UP in reasons(decided)
