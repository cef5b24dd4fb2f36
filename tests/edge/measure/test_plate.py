"""What is a reference plate, and what only looks warm."""

import numpy as np
import pytest

from edge.measure.plate import find
from tests.edge.measure.pictures import draw_face, face_at, plate, wall

NOISE_C = 0.05


def test_a_disc_is_found_with_its_place_size_and_temperature():
    found = find(plate(wall(), x=30, y=130, radius=7), 36.2, NOISE_C)
    assert found is not None
    assert (found.x, found.y) == (pytest.approx(30, abs=0.5), pytest.approx(130, abs=0.5))
    assert found.radius_px == pytest.approx(7, abs=1.0)
    assert found.median_c == pytest.approx(36.0, abs=0.05)


def test_a_square_plate_is_found():
    picture = wall()
    picture[40:52, 20:32] = 35.5
    found = find(picture, 36.0, NOISE_C)
    assert found is not None
    assert found.region[:2] == (26, 46)


def test_it_is_found_beside_a_person():
    picture = draw_face(plate(wall()), face_at())
    found = find(picture, 36.0, NOISE_C)
    assert found is not None
    assert found.region[:2] == (30, 130)


@pytest.mark.parametrize(
    "warm",
    [
        pytest.param(lambda p: draw_face(p, face_at()), id="a face is too large and patchy"),
        pytest.param(lambda p: plate(p, x=2, y=130), id="on the border it may be cut off"),
        pytest.param(lambda p: plate(p, c=42.0), id="too hot for a camera to be so wrong"),
        pytest.param(lambda p: plate(p, c=31.0), id="too cold"),
        pytest.param(lambda p: plate(p, radius=2.0), id="as small as the head of somebody far away"),
        pytest.param(lambda p: plate(plate(p, radius=14, c=35.2), radius=6), id="no step to its surroundings"),
    ],
)
def test_what_is_no_plate_is_not_taken_for_one(warm):
    assert find(warm(wall()), 36.0, NOISE_C) is None


def test_a_long_warm_thing_is_a_hand_and_no_plate():
    picture = wall()
    picture[100:108, 40:70] = 35.0
    assert find(picture, 36.0, NOISE_C) is None


def test_an_even_picture_has_none():
    assert find(np.full((160, 120), 23.0, np.float32), 36.0, NOISE_C) is None


def test_a_broken_row_elsewhere_does_not_hide_it():
    picture = plate(wall())
    picture[76] = np.nan
    assert find(picture, 36.0, NOISE_C) is not None
