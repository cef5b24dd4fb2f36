"""A frame's skin temperature and the sum of its corrections."""

import numpy as np
import pytest

from contract.calibration import Correction
from contract.vocabulary import Site
from edge.measure.body import DEFAULT
from edge.measure.chain import Chain, Conditions
from edge.measure.sites import Seen
from edge.measure.skin import Surface, of_face, skin

CHAIN = Chain(Conditions(correction=Correction(a_c=0.3, b=0.0, u_a_c=0.06, u_b=0.0)))
SURFACE = Surface(emissivity=0.98, reflected_c=23.0, ambient_c=23.0, mm_per_px=3.5)


def test_the_steps_are_the_whole_way():
    found = skin(Site.FACE_MAX, 35.0, CHAIN, 0.4, SURFACE)
    assert [step.name for step in found.steps] == ["certificate", "reference", "emissivity", "spot"]
    assert found.indicated_c + sum(step.size_c for step in found.steps) == pytest.approx(found.skin_c, abs=1e-9)
    sizes = {step.name: step.size_c for step in found.steps}
    assert sizes["certificate"] == pytest.approx(-0.3)
    assert sizes["reference"] == pytest.approx(-0.4)
    assert sizes["emissivity"] == pytest.approx(0.23, abs=0.03)
    # c(3.5 mm) = 0.048 of the contrast to the air
    assert sizes["spot"] == pytest.approx(0.048 * (found.skin_c - sizes["spot"] - 23.0))
    assert found.spot_u_c == pytest.approx(0.3 * sizes["spot"])


def test_without_a_reference_there_is_no_such_step():
    assert "reference" not in [step.name for step in skin(Site.FACE_MAX, 35.0, CHAIN, None, SURFACE).steps]


def test_the_forehead_loses_less_to_coarse_pixels_than_the_face_and_its_mean_nothing():
    sizes = {
        site: skin(site, 35.0, CHAIN, 0.0, SURFACE).steps[-1].size_c
        for site in (Site.FACE_MAX, Site.FOREHEAD_MAX, Site.FOREHEAD_SPOT)
    }
    assert sizes[Site.FACE_MAX] > 3 * sizes[Site.FOREHEAD_MAX] > 0
    assert sizes[Site.FOREHEAD_SPOT] == 0


def test_a_picture_too_coarse_for_a_face_measures_none():
    coarse = Surface(0.98, 23.0, 23.0, 40.0)
    assert skin(Site.FACE_MAX, 35.0, CHAIN, 0.0, coarse) is None


def test_a_hotter_indication_is_a_hotter_skin_by_more_than_itself():
    values = [skin(Site.FACE_MAX, t, CHAIN, 0.0, SURFACE).skin_c for t in np.arange(30.0, 43.0, 0.25)]
    assert np.diff(values).min() >= 0.25


def test_two_sites_are_one_weighted_value():
    raw = np.full((4, 4), 35.0, np.float32)
    raw[:2, :2] = 36.0
    corner = (np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
    other = (np.array([2, 2, 3, 3]), np.array([2, 3, 2, 3]))
    seen = (Seen(Site.CANTHUS, 36.0, corner), Seen(Site.FACE_MAX, 35.0, other))
    found = of_face(seen, raw, CHAIN, 0.1, SURFACE)
    weight = DEFAULT.combined.canthus_weight
    parts = [skin(Site.CANTHUS, 36.0, CHAIN, 0.1, SURFACE), skin(Site.FACE_MAX, 35.0, CHAIN, 0.1, SURFACE)]
    assert found.site is Site.COMBINED
    assert found.skin_c == pytest.approx(weight * parts[0].skin_c + (1 - weight) * parts[1].skin_c)
    assert found.indicated_c + sum(step.size_c for step in found.steps) == pytest.approx(found.skin_c)
    assert found.spot == (0, 0)
