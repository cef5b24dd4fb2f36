"""S12: two people at once, somebody far away. Must: each their own value, never each other's; far: none."""

import pytest

from contract.vocabulary import VerdictKind
from simulators.scene import Enter
from tests.edge.scenarios.rig import Rig, kinds, stage


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


def test_one_after_the_other_nobody_inherits_a_verdict():
    people = [
        Enter("fever", 39.0, stand_s=2.0),
        Enter("well", 36.7, stand_s=2.0),
        Enter("fever too", 38.9, stand_s=2.0),
    ]
    decided = Rig(stage(people, gap_s=4.0)).play(42)
    assert kinds(decided) == [VerdictKind.ALARM, VerdictKind.PASS, VerdictKind.ALARM]
    assert len({event.passage for event in decided}) == 3
