"""S19: pictures or detections fail while one goes and the next comes. Must: never show anybody the last one's value."""

from contract.vocabulary import VerdictKind
from simulators.scene import Enter
from tests.edge.scenarios.rig import FIRST_S, Rig, kinds, stage

STAND_S = 2.0
APART_S = 0.5
LEFT_S = FIRST_S + 1.4 + STAND_S
"""When the first turns to go."""


def queue(first_c, second_c):
    """Return two people, the second at the mark half a second after the first has turned to go."""
    return stage(
        [Enter("first", first_c, stand_s=STAND_S), Enter("second", second_c, stand_s=3.0)], gap_s=2.0 + APART_S
    )


def bodies(decided):
    return [event.measurement.body_c for event in decided]


def blind(rig, until_s):
    """Let the detector find nobody until then."""
    watch = rig.lane._watch
    finder, watch._finder = watch._finder, Nobody()
    decided = rig.play(until_s)
    watch._finder = finder
    return decided


class Nobody:
    def find(self, _target_c):
        return []


def test_a_fever_half_a_second_behind_alarms():
    decided = Rig(queue(36.7, 39.0)).play(36)
    assert kinds(decided) == [VerdictKind.PASS, VerdictKind.ALARM]


def test_a_fever_who_steps_up_while_pictures_are_lost_alarms():
    rig = Rig(queue(36.7, 39.0))
    rig.play(LEFT_S)
    assert kinds(rig.decided) == [VerdictKind.PASS]
    rig.jump(LEFT_S + APART_S)
    rig.play(36)
    assert kinds(rig.decided) == [VerdictKind.PASS, VerdictKind.ALARM]


def test_a_fever_who_steps_up_while_nobody_is_detected_alarms():
    rig = Rig(queue(36.7, 39.0))
    rig.play(LEFT_S)
    blind(rig, LEFT_S + APART_S)
    rig.play(36)
    assert kinds(rig.decided) == [VerdictKind.PASS, VerdictKind.ALARM]
    assert len({event.passage for event in rig.decided}) == 2


def test_a_well_person_who_follows_a_fever_unseen_gets_a_verdict_too():
    rig = Rig(queue(39.0, 36.7))
    rig.play(LEFT_S)
    blind(rig, LEFT_S + APART_S)
    rig.play(36)
    assert kinds(rig.decided) == [VerdictKind.ALARM, VerdictKind.PASS]


def test_a_fever_put_in_place_from_one_picture_to_the_next_alarms():
    well = Rig(stage([Enter("well", 36.7, stand_s=6.0)]))
    fever = Rig(stage([Enter("fever", 39.0, stand_s=6.0)]))
    fps = well.fps
    well.play(LEFT_S)
    for step in range(int(2 * fps)):
        t_s = LEFT_S + step / fps
        well.frame(t_s, fever.camera.frame(t_s))
    assert kinds(well.decided) == [VerdictKind.PASS, VerdictKind.ALARM]
    assert len({event.passage for event in well.decided}) == 2


def test_who_is_missed_by_the_detector_once_keeps_one_verdict():
    rig = Rig(stage([Enter("patient", 36.8, stand_s=6.0)]))
    rig.play(LEFT_S)
    blind(rig, LEFT_S + 0.1)
    rig.play(34)
    assert kinds(rig.decided) == [VerdictKind.PASS]
