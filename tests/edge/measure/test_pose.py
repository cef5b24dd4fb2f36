"""How a face is held, from five landmarks."""

import pytest

from edge.measure.faces import Face
from edge.measure.pose import pose
from tests.edge.measure.pictures import face_at


def test_a_straight_face_is_straight():
    held = pose(face_at(x=60, y=50, eyes_px=16))
    assert held.middle == pytest.approx((60, 50))
    assert held.eyes_px == pytest.approx(16)
    assert held.yaw_deg == pytest.approx(0, abs=0.1)
    assert held.pitch_deg == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(("turn", "degrees"), [(0.2588, 15), (-0.2588, -15), (0.5, 30)])
def test_the_nose_tells_the_turn(turn, degrees):
    assert pose(face_at(turn=turn)).yaw_deg == pytest.approx(degrees, abs=0.5)


@pytest.mark.parametrize(("nod", "degrees"), [(0.2588, 15), (-0.2588, -15)])
def test_the_nose_tells_the_nod(nod, degrees):
    assert pose(face_at(nod=nod)).pitch_deg == pytest.approx(degrees, abs=0.5)


def test_a_tilted_head_is_neither_turned_nor_nodding():
    held = pose(face_at(tilt_deg=20))
    assert held.yaw_deg == pytest.approx(0, abs=0.1)
    assert held.pitch_deg == pytest.approx(0, abs=0.1)


def test_places_on_the_face_follow_the_tilt():
    held = pose(face_at(x=60, y=50, eyes_px=16, tilt_deg=20))
    left_eye = face_at(x=60, y=50, eyes_px=16, tilt_deg=20).landmarks[0]
    assert held.place(-0.5, 0.0) == pytest.approx(left_eye)


@pytest.mark.parametrize(
    "marks",
    [
        pytest.param(((5, 5), (5, 5), (5, 8), (4, 9), (6, 9)), id="both eyes on one spot"),
        pytest.param(((0, 5), (10, 5), (5, 3), (2, 0), (8, 0)), id="mouth above the eyes"),
    ],
)
def test_landmarks_that_make_no_face_have_no_pose(marks):
    assert pose(Face((0, 0, 10, 10), 0.5, marks)) is None
