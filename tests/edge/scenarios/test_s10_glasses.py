"""S10: glasses take 3.5 °C off the eyes. Must: see them, use another site, mark the reading with it."""

import pytest

from contract.vocabulary import Reason, Site, VerdictKind
from simulators.people import Person
from simulators.scene import Enter
from tests.edge.scenarios.rig import Rig, kinds, stage


def test_glasses_are_seen_and_the_forehead_is_measured_with_its_own_uncertainty():
    people = [Enter("bare", 36.8), Enter("glasses", 36.8, person=Person(glasses=True))]
    bare, glasses = Rig(stage(people)).play(40)
    assert glasses.measurement.site is Site.FOREHEAD_MAX
    assert Reason.GLASSES in glasses.verdict.reasons
    assert glasses.measurement.u_c > bare.measurement.u_c
    assert glasses.measurement.body_c == pytest.approx(36.8, abs=0.4)


def test_a_fever_behind_glasses_alarms():
    decided = Rig(stage([Enter("fever", 39.0, person=Person(glasses=True))])).play(33)
    assert kinds(decided) == [VerdictKind.ALARM]
