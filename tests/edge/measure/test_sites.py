"""Where the temperature is taken, and what covers it."""

import dataclasses

import numpy as np
import pytest

from contract.vocabulary import Reason, Site
from edge.measure.patch import patch
from edge.measure.pose import pose
from edge.measure.sites import look
from tests.edge.measure.pictures import draw_face, face_at, wall

AIR_C = 23.0
FINE_PX = 40.0


def shown(eyes_px=16.0, tilt_deg=0.0, **how):
    """Return the part of a picture with a drawn face."""
    face = face_at(x=60, y=70, eyes_px=eyes_px, tilt_deg=tilt_deg)
    return patch(draw_face(wall(noise_c=0.0), face, **how), pose(face))


def test_the_canthi_are_found_between_the_eyes():
    (seen,) = look(shown(FINE_PX), Site.CANTHUS, AIR_C).seen
    assert seen.value_c == pytest.approx(35.5)
    column, row = seen.spot
    assert abs(abs(column + 0.5 - 60) / FINE_PX - 0.24) < 0.13
    assert abs(row + 0.5 - 70) / FINE_PX < 0.2


def test_the_canthi_are_found_on_a_tilted_head():
    (seen,) = look(shown(FINE_PX, tilt_deg=15), Site.CANTHUS, AIR_C).seen
    assert seen.value_c == pytest.approx(35.5)


def test_a_warm_forehead_is_not_the_canthus_but_the_face():
    part = shown(FINE_PX, forehead_c=36.2)
    assert look(part, Site.CANTHUS, AIR_C).seen[0].value_c == pytest.approx(35.5)
    assert look(part, Site.FACE_MAX, AIR_C).seen[0].value_c == pytest.approx(36.2)
    assert look(part, Site.FOREHEAD_MAX, AIR_C).seen[0].value_c == pytest.approx(36.2)


def test_the_combined_site_shows_both():
    both = look(shown(FINE_PX, forehead_c=36.2), Site.COMBINED, AIR_C).seen
    assert [(seen.site, pytest.approx(seen.value_c)) for seen in both] == [
        (Site.CANTHUS, 35.5),
        (Site.FACE_MAX, 36.2),
    ]


def test_the_forehead_spot_is_a_mean():
    part = shown(FINE_PX, forehead_c=34.4)
    part.temps_c[part.block(0, 0.05, -0.78, -0.45)] = 36.0
    (seen,) = look(part, Site.FOREHEAD_SPOT, AIR_C).seen
    assert 34.4 < seen.value_c < 35.0


@pytest.mark.parametrize("wanted", [Site.CANTHUS, Site.FACE_MAX, Site.COMBINED])
def test_behind_glasses_the_forehead_is_measured_instead(wanted):
    found = look(shown(FINE_PX, eyes_c=27.0, canthus_c=None, forehead_c=34.6), wanted, AIR_C)
    assert found.covered == (Reason.GLASSES,)
    assert [seen.site for seen in found.seen] == [Site.FOREHEAD_MAX]
    assert found.seen[0].value_c == pytest.approx(34.6)


def test_a_forehead_warmed_by_the_sun_puts_no_glasses_on_anybody():
    found = look(shown(FINE_PX, forehead_c=37.5, eyes_c=33.6), Site.FACE_MAX, AIR_C)
    assert found.covered == ()


def test_glasses_over_a_mask_are_seen():
    found = look(shown(FINE_PX, skin_c=32.0, eyes_c=27.0, canthus_c=None, forehead_c=34.6), Site.FACE_MAX, AIR_C)
    assert Reason.GLASSES in found.covered


def test_glasses_and_a_hat_leave_nothing_to_measure():
    found = look(shown(FINE_PX, eyes_c=27.0, canthus_c=None, forehead_c=26.0), Site.FACE_MAX, AIR_C)
    assert found.refused is Reason.SITE_COVERED
    assert found.seen == ()


def test_a_hat_alone_leaves_the_face_but_not_the_forehead():
    part = shown(FINE_PX, forehead_c=26.0)
    assert look(part, Site.FACE_MAX, AIR_C).seen[0].value_c == pytest.approx(35.5)
    assert look(part, Site.FOREHEAD_SPOT, AIR_C).refused is Reason.SITE_COVERED


def test_a_mask_is_said_and_changes_nothing():
    found = look(shown(FINE_PX, skin_c=30.5, mouth_c=30.5, nose_c=30.5, forehead_c=34.5), Site.FACE_MAX, AIR_C)
    assert found.covered == (Reason.MASK,)
    assert found.seen[0].site is Site.FACE_MAX


def test_a_bare_face_is_covered_by_nothing():
    assert look(shown(FINE_PX), Site.FACE_MAX, AIR_C).covered == ()


def test_a_cool_chin_is_no_mask():
    assert look(shown(FINE_PX, mouth_c=31.0, forehead_c=34.5), Site.FACE_MAX, AIR_C).covered == ()


def test_in_air_as_warm_as_skin_nothing_can_be_said_of_covers():
    assert look(shown(FINE_PX, eyes_c=33.0), Site.FACE_MAX, 33.9).covered == ()


def test_one_bright_pixel_is_the_sensors_and_not_the_persons():
    face = face_at(x=60, y=70, eyes_px=FINE_PX)
    picture = draw_face(wall(noise_c=0.0), face)
    picture[100, 60] = 60.0
    assert look(patch(picture, pose(face)), Site.FACE_MAX, AIR_C).seen[0].value_c == pytest.approx(35.5)


def test_a_site_with_many_bad_pixels_is_refused():
    face = face_at(x=60, y=70, eyes_px=FINE_PX)
    picture = draw_face(wall(noise_c=0.0), face)
    picture[60:80:2] = np.nan
    assert look(patch(picture, pose(face)), Site.CANTHUS, AIR_C).refused is Reason.BAD_PIXELS


def test_one_missing_row_does_not_matter():
    face = face_at(x=60, y=70, eyes_px=FINE_PX)
    picture = draw_face(wall(noise_c=0.0), face)
    picture[110] = np.nan
    assert look(patch(picture, pose(face)), Site.FACE_MAX, AIR_C).seen[0].value_c == pytest.approx(35.5)


def test_a_face_outside_the_picture_has_no_part():
    assert patch(wall(), pose(face_at(x=300, y=70))) is None


@pytest.mark.parametrize("wanted", [Site.CANTHUS, Site.FACE_MAX, Site.COMBINED])
def test_a_strip_of_forehead_between_glasses_and_brim_is_not_measured(wanted):
    part = shown(FINE_PX, eyes_c=27.0, canthus_c=None, forehead_c=34.6)
    part.temps_c[part.block(0.0, 1.2, -1.6, -0.62)] = 27.0
    found = look(part, wanted, AIR_C)
    assert found.refused is Reason.SITE_COVERED
    assert found.seen == ()


def test_the_face_maximum_takes_in_the_temples():
    part = shown(FINE_PX)
    part.temps_c[part.block(0.55, 0.72, -0.84, -0.66)] = 36.5
    part = dataclasses.replace(part, blocks_c=blocks(part.temps_c))
    assert look(part, Site.FACE_MAX, AIR_C).seen[0].value_c == pytest.approx(36.5)


def blocks(temps_c):
    return 0.25 * (temps_c[:-1, :-1] + temps_c[1:, :-1] + temps_c[:-1, 1:] + temps_c[1:, 1:])
