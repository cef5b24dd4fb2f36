"""S4: the sun on the sensor or its housing. Must: reject the frames, say "sensor heated", stop screening."""

import pytest

from contract.vocabulary import Reason, VerdictKind
from simulators.scene import Enter
from tests.edge.scenarios.rig import Rig, kinds, reasons, stage


def test_glare_stops_the_screening_and_says_why():
    rig = Rig(stage([Enter("before"), Enter("during"), Enter("after")], gap_s=14.0), faults=("sun:500@34-46",))
    decided = rig.play(70)
    assert kinds(decided) == [VerdictKind.PASS, VerdictKind.NO_RESULT, VerdictKind.PASS]
    assert Reason.SENSOR_HEATED in reasons(decided[1:2])
    blinded = [p for p in rig.pictures if 35 < p.mono_ns / 1e9 < 45]
    assert blinded
    assert not any(p.screening for p in blinded)


def test_a_housing_that_the_sun_heats_slowly_is_followed_by_the_reference():
    heating = f"ramp:{0.5 / 20 * 24 * 60}"  # 0.5 °C in 20 minutes, as °C a day
    moved, u_c = {}, {}
    for reference in (True, False):
        rig = Rig(stage([Enter("a"), Enter("b")], gap_s=1500.0), faults=(heating,), reference=reference)
        early = rig.play(33)[0].measurement
        rig.jump(1500.0)
        late = rig.play(1540)[0].measurement
        moved[reference], u_c[reference] = late.body_c - early.body_c, late.u_c
    assert moved[True] == pytest.approx(0.0, abs=0.25)
    assert moved[False] > 0.3
    assert u_c[False] > u_c[True]
