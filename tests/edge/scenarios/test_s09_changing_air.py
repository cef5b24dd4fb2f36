"""S9: morning cold, an open door, air conditioning. Must: follow the air; outside its limits say so, then stop."""

from dataclasses import replace

import pytest

from contract.vocabulary import Reason, VerdictKind
from simulators.scene import Enter
from tests.edge.scenarios.rig import STEADY, Rig, kinds, reasons, stage


def at(hall_c, *people):
    climate = replace(STEADY, hall_c=hall_c, outdoor_mean_c=hall_c)
    return Rig(stage(people, climate=climate)).play(24 + 7 * len(people))


@pytest.mark.parametrize("hall_c", [18.5, 23.0, 29.0])
def test_the_same_person_reads_the_same_body_temperature_in_any_allowed_air(hall_c):
    decided = at(hall_c, Enter("well", 36.8), Enter("fever", 38.8))
    assert kinds(decided) == [VerdictKind.PASS, VerdictKind.ALARM]
    assert decided[0].measurement.body_c == pytest.approx(36.75, abs=0.25)
    assert decided[1].measurement.body_c == pytest.approx(38.75, abs=0.3)
    assert Reason.ENVIRONMENT_OUT_OF_RANGE not in reasons(decided)


def test_outside_the_usual_air_it_says_so_and_is_less_sure():
    usual, cold = at(20.0, Enter("well", 36.8)), at(13.0, Enter("well", 36.8))
    assert Reason.ENVIRONMENT_OUT_OF_RANGE in reasons(cold)
    assert cold[0].measurement.u_c > usual[0].measurement.u_c


def test_outside_the_hard_limits_nobody_gets_a_result():
    decided = at(8.0, Enter("well", 36.8), Enter("fever", 39.5))
    assert kinds(decided) == [VerdictKind.NO_RESULT] * 2
    assert reasons(decided) == {Reason.ENVIRONMENT_OUT_OF_RANGE}
