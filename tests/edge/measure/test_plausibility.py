"""Living faces, and what is none."""

import pytest

from contract.vocabulary import Reason
from edge.measure.patch import patch
from edge.measure.plausibility import refusal
from edge.measure.pose import pose
from tests.edge.measure.pictures import draw_face, face_at, wall

HOT_C = 42.0


def judged(background_c=23.0, **how):
    face = face_at(x=60, y=70, eyes_px=24)
    return refusal(patch(draw_face(wall(background_c, noise_c=0.02), face, **how), pose(face)), HOT_C)


def test_a_face_is_a_face():
    assert judged() is None


def test_a_face_with_glasses_is_a_face():
    assert judged(eyes_c=26.0, canthus_c=None) is None


def test_a_feverish_face_is_a_face():
    assert judged(skin_c=38.0, canthus_c=40.5, nose_c=36.0) is None


def test_a_cup_is_a_hot_object():
    assert judged(canthus_c=55.0) is Reason.HOT_OBJECT


def test_a_photograph_has_no_warmth_of_its_own():
    assert judged(skin_c=23.1, canthus_c=23.2, nose_c=23.0, eyes_c=23.0) is Reason.NOT_A_FACE


def test_a_warm_screen_is_too_even():
    assert judged(skin_c=34.0, canthus_c=34.2, nose_c=33.9, eyes_c=33.9) is Reason.NOT_A_FACE


def test_a_pattern_no_warmer_than_its_surroundings_is_no_face():
    assert judged(background_c=36.5, skin_c=34.0, canthus_c=35.5) is Reason.NOT_A_FACE


def test_at_thirty_four_degrees_a_face_is_still_a_face():
    # heat balance at 34 °C air: canthus 36.6, cheek 36.2, nose 35.8
    assert judged(background_c=34.5, skin_c=36.2, canthus_c=36.6, nose_c=35.7, eyes_c=35.5) is None


def test_below_skin_temperature_it_is_no_face():
    assert judged(background_c=5.0, skin_c=20.0, canthus_c=25.0, nose_c=15.0, eyes_c=20.0) is Reason.NOT_A_FACE


@pytest.mark.parametrize("missing", [float("nan")])
def test_a_face_without_valid_pixels_is_bad_pixels(missing):
    face = face_at(x=60, y=70, eyes_px=24)
    picture = wall()
    picture[:] = missing
    assert refusal(patch(picture, pose(face)), HOT_C) is Reason.BAD_PIXELS
