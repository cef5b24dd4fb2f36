"""The upright picture and what a pixel spans."""

import numpy as np
import pytest

from contract.vocabulary import Site
from drivers.devices.lepton_y16 import SPEC
from edge.config import Instrument
from edge.measure.view import GeometryMissing, view

SHAPE = (120, 160)


def instrument(**settings):
    return Instrument(id="camera", driver="lepton_y16", link="replay:///x", **settings)


def test_a_sideways_camera_is_turned_upright():
    placed = view(instrument(rotate_deg=90), SPEC, SHAPE)
    frame = np.arange(120 * 160, dtype=np.float32).reshape(SHAPE)
    assert (placed.rows, placed.columns) == (160, 120)
    upright = placed.upright(frame)
    assert np.array_equal(upright, np.rot90(frame, -1))
    assert upright.flags.c_contiguous


def test_mirroring_comes_after_turning():
    frame = np.arange(120 * 160, dtype=np.float32).reshape(SHAPE)
    placed = view(instrument(rotate_deg=180, mirror=True), SPEC, SHAPE)
    assert np.array_equal(placed.upright(frame), np.rot90(frame, 2)[:, ::-1])


def test_the_drivers_field_of_view_lies_along_the_sensors_columns_however_it_hangs():
    # 2 x 1000 mm x tan(57/2 degrees) / 160 columns
    for turn in (0, 90):
        assert view(instrument(rotate_deg=turn), SPEC, SHAPE).mm_per_px == pytest.approx(6.787, abs=1e-3)


def test_the_configured_field_of_view_is_that_of_the_upright_picture():
    placed = view(instrument(rotate_deg=90, hfov_deg=44.0, distance_m=0.5), SPEC, SHAPE)
    assert placed.mm_per_px == pytest.approx(2 * 500 * 0.40403 / 120, abs=1e-3)


@pytest.mark.parametrize(
    ("distance_m", "site"),
    [(0.17, Site.COMBINED), (0.25, Site.FACE_MAX), (0.58, Site.FACE_MAX), (0.7, Site.FOREHEAD_SPOT)],
)
def test_the_resolution_chooses_the_site(distance_m, site):
    assert view(instrument(distance_m=distance_m), SPEC, SHAPE).site(None) is site


def test_a_wanted_site_is_kept():
    assert view(instrument(distance_m=1.0), SPEC, SHAPE).site(Site.FACE_MAX) is Site.FACE_MAX


def test_coarse_arrays_look_for_no_face():
    placed = view(instrument(distance_m=0.35, hfov_deg=55.0), SPEC, (24, 32))
    assert not placed.finds_faces
    assert placed.site(None) is Site.FOREHEAD_SPOT


def test_without_a_field_of_view_it_says_what_to_configure():
    from dataclasses import replace

    with pytest.raises(GeometryMissing, match="hfov_deg"):
        view(instrument(), replace(SPEC, hfov_deg=None), SHAPE)
