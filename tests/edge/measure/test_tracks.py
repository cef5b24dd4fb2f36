"""People carried from picture to picture."""

from edge.measure.faces import Face
from edge.measure.tracks import MOST, PATIENCE_S, Tracker

STEP_S = 0.11


def face(x, y=60.0, width=34.0, score=0.6):
    return Face((x - width / 2, y - 22, x + width / 2, y + 22), score, ((x, y),) * 5)


def play(tracker, pictures, start_s=0.0):
    """Show pictures; return for each the numbers of those seen, and all who have gone."""
    seen, gone = [], []
    for step, faces in enumerate(pictures):
        tracks, left = tracker.update(faces, start_s + step * STEP_S)
        seen.append([track.number for track in tracks if track.fresh])
        gone += [track.number for track in left]
    return seen, gone


def test_a_person_keeps_one_number_while_walking():
    seen, gone = play(Tracker(), [[face(20 + 6 * step)] for step in range(12)])
    assert seen == [[1]] * 12
    assert gone == []


def test_a_weak_face_starts_nobody_but_keeps_somebody():
    tracker = Tracker()
    assert play(tracker, [[face(60, score=0.2)]] * 3)[0] == [[]] * 3
    seen, _ = play(tracker, [[face(60, score=0.6)], [face(60, score=0.17)], [face(61, score=0.18)]], 1.0)
    assert seen == [[1], [1], [1]]


def test_a_face_that_is_missed_for_a_moment_is_the_same_person():
    pictures = [[face(60)], [face(60)], [], [], [], [face(62)]]
    assert play(Tracker(), pictures)[0] == [[1], [1], [], [], [], [1]]


def test_who_is_not_seen_for_longer_has_gone_and_the_next_is_another():
    empty = int(PATIENCE_S / STEP_S) + 2
    seen, gone = play(Tracker(), [[face(60)], *([[]] * empty), [face(60)]])
    assert seen[-1] == [2]
    assert gone == [1]


def test_somebody_who_appears_elsewhere_at_once_is_another():
    seen, gone = play(Tracker(), [[face(100)], [face(101)], [face(20)]])
    assert seen == [[1], [1], [2]]
    assert gone == []


def test_two_people_side_by_side_keep_their_numbers():
    seen, _ = play(Tracker(), [[face(30 + step), face(90 - step)] for step in range(10)])
    assert all(numbers == [1, 2] for numbers in seen)


def test_a_second_box_within_a_face_is_nobody():
    tracker = Tracker()
    play(tracker, [[face(60)]])
    seen, _ = play(tracker, [[face(60), face(66, y=70, width=16, score=0.4)]], STEP_S)
    assert seen == [[1]]


def test_a_sudden_change_of_size_is_another_thing():
    seen, _ = play(Tracker(), [[face(60, width=34)], [face(60, width=80)]])
    assert seen[0] != seen[1] or seen[1] == []


def test_speed_is_in_widths_a_second():
    tracker = Tracker()
    tracker.update([face(60)], 0.0)
    (track,), _ = tracker.update([face(63.4)], 0.1)
    assert abs(track.speed - 1.0) < 1e-9


def test_pictures_held_up_on_the_way_make_nobody_run():
    tracker = Tracker()
    tracker.update([face(60)], 0.0)
    (track,), _ = tracker.update([face(61)], 0.001)
    assert track.speed < 1.0


def test_a_crowd_is_bounded():
    tracker = Tracker()
    tracks, _ = tracker.update([face(40 * number, width=20) for number in range(2 * MOST)], 0.0)
    assert len(tracks) == MOST


def test_across_a_gap_in_the_pictures_nobody_inherits():
    tracker = Tracker()
    play(tracker, [[face(60)]] * 5)
    tracks, gone = tracker.update([face(60)], 5.0)
    assert [track.number for track in gone] == [1]
    assert [track.number for track in tracks] == [2]


def test_after_a_verdict_a_shorter_gap_ends_a_person():
    pictures = [[face(60)], [face(60)], [], [], [], [face(62)]]
    tracker = Tracker()
    for step, faces in enumerate(pictures):
        tracks, _ = tracker.update(faces, step * STEP_S, settled={1})
    assert [track.number for track in tracks] == [2]


def test_one_missed_picture_of_a_slow_camera_ends_nobody():
    tracker = Tracker()
    for step, faces in enumerate([[face(60)], [face(60)], [face(60)], [], [face(60)]]):
        tracks, _ = tracker.update(faces, step * 0.5, settled={1})
    assert [track.number for track in tracks] == [1]


def test_who_stands_closely_behind_is_another():
    seen, _ = play(Tracker(), [[face(60, width=34)], [face(61, width=23)]])
    assert seen == [[1], [2]]
