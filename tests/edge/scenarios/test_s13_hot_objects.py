"""S13: a cup, a phone, a lamp. Must: no face temperature out of them; a cup never becomes a 60 °C person."""

import pytest

from contract.vocabulary import VerdictKind
from simulators.passage import CUP_OF_TEA, PHONE, Item
from simulators.scene import Enter
from tests.edge.scenarios.rig import Rig, kinds, stage

CIGARETTE = Item("cigarette", 300.0, 8.0, x_mm=12.0, y_mm=76.0)
LAMP = Item("lamp", 75.0, 100.0, x_mm=-140.0, y_mm=-60.0)


@pytest.mark.parametrize("item", [CUP_OF_TEA, PHONE, LAMP], ids=lambda item: item.name)
def test_beside_a_face_it_does_not_change_the_reading(item):
    decided = Rig(stage([Enter("with it", 36.8, item=item)])).play(33)
    assert kinds(decided) == [VerdictKind.PASS]
    assert decided[0].measurement.body_c == pytest.approx(36.8, abs=0.45)


@pytest.mark.parametrize("item", [CUP_OF_TEA, LAMP], ids=lambda item: item.name)
def test_alone_it_is_nobody(item):
    assert Rig(stage([Enter("thing", None, item=item, stand_s=4.0)])).play(36) == []


def test_held_before_the_face_it_is_no_fever():
    before = Item("cup before the nose", 55.0, 80.0, x_mm=0.0, y_mm=40.0)
    decided = Rig(stage([Enter("drinking", 36.8, item=before)])).play(33)
    assert VerdictKind.ALARM not in kinds(decided)
    assert VerdictKind.PASS not in kinds(decided)


def test_a_cigarette_between_the_lips_is_no_fever_and_hides_none():
    smokers = [Enter("well", 36.8, item=CIGARETTE), Enter("fever", 39.2, item=CIGARETTE)]
    well, fever = Rig(stage(smokers)).play(40)
    assert well.verdict.kind is not VerdictKind.ALARM
    assert fever.verdict.kind is not VerdictKind.PASS
