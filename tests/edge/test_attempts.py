"""People before one instrument: when a verdict is due, and whose it is."""

from contract.ids import new_id
from contract.vocabulary import Reason, Site, VerdictKind
from edge.attempts import Attempt, Attempts, Sight
from edge.measure.skin import Skin
from tests.edge.samples import START, at

STEP_S = 0.11


def sight(skin_c=35.0, site=Site.FACE_MAX):
    return Sight(START, Skin(site, skin_c, skin_c, (), 0.0), None, None)


def shown(attempt, count, *, from_s=0.0, **how):
    for number in range(count):
        attempt.take(from_s + number * STEP_S, sight(**how), ())
    return attempt


def spoiled(attempt, reasons, *, from_s=0.0):
    for number, reason in enumerate(reasons):
        attempt.spoil(from_s + number * STEP_S, reason, None)
    return attempt


def test_enough_frames_are_enough():
    assert not shown(Attempt(1), 5).enough
    assert shown(Attempt(1), 9).enough


def test_sites_are_never_mixed():
    attempt = shown(Attempt(1), 4, site=Site.FACE_MAX, skin_c=36.0)
    shown(attempt, 7, from_s=0.5, site=Site.FOREHEAD_MAX, skin_c=34.5)
    assert attempt.best().result().skin.site is Site.FOREHEAD_MAX
    assert attempt.valid == 7


def test_standing_at_the_mark_without_a_value_is_trying():
    assert not spoiled(Attempt(1), [Reason.TURNED_AWAY] * 5).tried
    attempt = spoiled(Attempt(1), [Reason.TURNED_AWAY] * 8 + [Reason.MOVING] * 3)
    assert attempt.tried
    assert attempt.reasons() == (Reason.TURNED_AWAY,)


def test_walking_by_at_a_distance_is_not_trying():
    attempt = spoiled(Attempt(1), [Reason.TOO_FAR] * 50)
    assert not attempt.tried


def test_a_hot_thing_is_not_trying():
    assert not spoiled(Attempt(1), [Reason.HOT_OBJECT] * 50).tried


def test_a_long_gap_is_not_standing():
    attempt = Attempt(1)
    attempt.spoil(0.0, Reason.TURNED_AWAY, None)
    attempt.spoil(0.9, Reason.TURNED_AWAY, None)
    assert not attempt.tried


def test_without_a_dominant_reason_there_were_too_few_frames():
    assert Attempt(1).reasons() == (Reason.TOO_FEW_FRAMES,)


def test_what_is_worn_on_most_frames_is_said():
    attempt = Attempt(1)
    for number in range(6):
        attempt.take(number * STEP_S, sight(), (Reason.GLASSES,) if number else ())
    attempt.take(1.0, sight(), (Reason.MASK,))
    assert attempt.worn() == (Reason.GLASSES,)


def test_a_passage_has_one_name_and_counts_its_attempts():
    attempts = Attempts(new_id)
    passage, number = attempts.name(attempts.of(1), at(0))
    assert number == 1
    attempts.of(1).verdict = VerdictKind.PASS
    attempts.remeasure(passage)
    assert attempts.of(1).verdict is None
    assert attempts.name(attempts.of(1), at(5)) == (passage, 2)
    assert attempts.name(attempts.of(2), at(9))[0] != passage


def test_who_has_left_is_measured_again_as_the_next_person():
    attempts = Attempts(new_id)
    passage, _ = attempts.name(attempts.of(1), at(0))
    attempts.leave(1)
    attempts.remeasure(passage)
    assert attempts.name(attempts.of(2), at(5)) == (passage, 2)
    assert attempts.name(attempts.of(3), at(9))[0] != passage


def test_somebody_else_in_view_does_not_take_the_place_of_who_is_measured_again():
    attempts = Attempts(new_id)
    passage, _ = attempts.name(attempts.of(1), at(0))
    attempts.remeasure(passage)
    assert attempts.name(attempts.of(2), at(1))[0] != passage
    assert attempts.name(attempts.of(1), at(2)) == (passage, 2)


def test_a_change_of_conditions_starts_the_frames_anew():
    attempts = Attempts(new_id)
    shown(attempts.of(1), 9)
    attempts.renew()
    assert attempts.of(1).valid == 0
