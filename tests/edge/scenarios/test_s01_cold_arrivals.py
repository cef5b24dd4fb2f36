"""S1: people come in from the cold. Must: "too cold: not a result, warm up", never "normal"; and count them."""

from contract.vocabulary import Reason, VerdictKind
from simulators.people import Person
from simulators.scene import Enter
from tests.edge.scenarios.rig import COLD_OUT, Rig, kinds, stage


def test_nobody_who_has_just_come_in_is_called_normal_and_each_is_counted():
    minutes = (0.0, 0.5, 1.0, 2.0, 3.0)
    arrivals = [Enter(f"in for {m} min", 36.7, person=Person(minutes_inside=m)) for m in minutes]
    decided = Rig(stage(arrivals, climate=COLD_OUT)).play(62)
    assert kinds(decided) == [VerdictKind.NO_RESULT] * len(minutes)
    for event in decided:
        assert Reason.UNACCLIMATISED in event.verdict.reasons
        assert event.measurement.body_c is not None  # the number is kept, only not called normal


def test_after_ten_minutes_inside_the_same_person_passes():
    rig = Rig(stage([Enter("just in", 36.7, person=Person(minutes_inside=1.0))], climate=COLD_OUT))
    first = rig.play(32)
    later = Rig(stage([Enter("warm", 36.7, person=Person(minutes_inside=15.0))], climate=COLD_OUT)).play(32)
    assert kinds(first) == [VerdictKind.NO_RESULT]
    assert kinds(later) == [VerdictKind.PASS]


def test_a_high_fever_alarms_although_the_face_is_cold():
    decided = Rig(stage([Enter("fever", 39.8, person=Person(minutes_inside=4.0))], climate=COLD_OUT)).play(32)
    assert kinds(decided) == [VerdictKind.ALARM]
