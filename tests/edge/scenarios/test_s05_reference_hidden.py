"""S5: luggage hides the blackbody. Must: pause at once, and say so; nobody passes without a reference.

Where there are two, the other one carries on.
"""

from contract.vocabulary import Reason, VerdictKind
from edge.events import ReferenceState
from simulators.scene import Enter
from tests.edge.scenarios.rig import Rig, kinds, opposite_plate, reasons, stage

DOUBTS = {Reason.REFERENCE_HOLD, Reason.REFERENCE_LOST, Reason.REFERENCE_MOVED, Reason.REFERENCE_IMPLAUSIBLE}


def test_while_it_is_hidden_nobody_gets_a_result_and_afterwards_all_goes_on():
    people = [Enter("before"), Enter("hidden"), Enter("fever", 39.0), Enter("after")]
    rig = Rig(stage(people), faults=("plate-hidden@30-43",))
    decided = rig.play(62)
    assert kinds(decided) == [VerdictKind.PASS, VerdictKind.NO_RESULT, VerdictKind.NO_RESULT, VerdictKind.PASS]
    assert reasons(decided[1:3]) <= DOUBTS
    assert reasons(decided[1:3])
    dark = [p for p in rig.pictures if 31 < p.mono_ns / 1e9 < 42]
    assert not any(p.screening for p in dark)
    assert not any(p.reference.state is ReferenceState.LOCKED for p in dark)


def test_an_arm_before_it_for_a_moment_only_delays_the_verdict():
    rig = Rig(stage([Enter("patient", stand_s=4.0)]), faults=("plate-hidden@25.6-26.6",))
    decided = rig.play(36)
    assert kinds(decided) == [VerdictKind.PASS]
    assert abs(decided[0].measurement.body_c - 36.8) < 0.5


def test_where_there_are_two_the_other_one_carries_on_and_a_fever_is_found():
    people = [Enter("before"), Enter("hidden"), Enter("fever", 39.0), Enter("after")]
    rig = Rig(stage(people, second_plate=opposite_plate()), faults=("plate-hidden@30-43",))
    decided = rig.play(62)
    assert kinds(decided) == [VerdictKind.PASS, VerdictKind.PASS, VerdictKind.ALARM, VerdictKind.PASS]
    dark = [p for p in rig.pictures if 31 < p.mono_ns / 1e9 < 42]
    assert all(p.reference.doubt in DOUBTS and p.second_reference.doubt is None for p in dark)
