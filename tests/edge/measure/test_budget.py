"""Totals of `science.md` 2.2 from their components, and that nothing gets surer by being worse."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.calibration import Certificate, Conditions, Correction
from contract.vocabulary import Site
from edge.measure.body import SITES
from edge.measure.budget import Reading, budget

WITHOUT = Reading(skin_c=36.0, ambient_c=23.0, reflected_c=23.0)
WITH = replace(WITHOUT, reference_c=36.0)


def certificate(u_a_c=0.06, u_b=0.005, cov_ab=0.0):
    return Certificate(
        id=UUID(int=1),
        instrument="lane-1",
        serial="1",
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=datetime(2026, 7, 1, tzinfo=UTC),
        correction=Correction(a_c=0.0, b=0.0, u_a_c=u_a_c, u_b=u_b, cov_ab=cov_ab),
        range_low_c=30.0,
        range_high_c=43.0,
        conditions=Conditions(ambient_c=23.0),
        procedure="p",
        reference_standard="r",
        made_by="m",
    )


def test_one_skin_reading_comes_to_the_published_totals():
    assert budget(WITHOUT, SITES[Site.CANTHUS]).u_skin_c == pytest.approx(0.227, abs=0.0005)
    assert budget(WITH, SITES[Site.CANTHUS]).u_skin_c == pytest.approx(0.173, abs=0.0005)


@pytest.mark.parametrize(
    ("site", "before", "after", "after_without_reference"),
    [
        (Site.CANTHUS, 0.43, 0.38, 0.41),
        (Site.FACE_MAX, 0.38, 0.33, 0.37),
        (Site.FOREHEAD_MAX, 0.54, 0.48, 0.51),
        (Site.FOREHEAD_SPOT, 0.78, 0.72, 0.74),
    ],
)
def test_body_comes_to_the_published_totals(site, before, after, after_without_reference):
    found = budget(WITH, SITES[site])
    assert round(found.u_body_c, 2) == before
    assert round(found.u_adjusted_c, 2) == after
    assert round(budget(WITHOUT, SITES[site]).u_adjusted_c, 2) == after_without_reference
    assert found.u_c(settled=False) == found.u_body_c
    assert found.u_c(settled=True) == found.u_adjusted_c


def test_every_component_is_named_once():
    for reading in (WITH, WITHOUT, replace(WITH, ambient_c=12.0)):
        found = budget(reading, SITES[Site.CANTHUS])
        names = [part.name for part in (*found.skin, *found.body)]
        assert len(set(names)) == len(names)
    assert "environment" in names


def test_outside_the_fitted_air_the_body_is_less_sure_and_stays_so():
    inside, outside = (
        budget(replace(WITH, ambient_c=air, reflected_c=23.0), SITES[Site.CANTHUS]) for air in (18.0, 12.0)
    )
    assert outside.u_adjusted_c > inside.u_adjusted_c
    expected = 0.010 * 0.108 * 11 * 24
    assert next(part.u_c for part in outside.body if part.name == "environment") == pytest.approx(expected)


def test_emissivity_and_reflection_are_the_sensitivities_of_the_physics():
    parts = {part.name: part.u_c for part in budget(WITHOUT, SITES[Site.CANTHUS]).skin}
    assert parts["emissivity"] == pytest.approx(0.072, abs=0.001)
    assert parts["reflected"] == pytest.approx(0.052, abs=0.001)


def test_with_a_reference_in_view_only_the_certificates_gain_matters():
    at_reference = budget(WITH, SITES[Site.CANTHUS], certificate(u_a_c=0.5))
    away = budget(replace(WITH, skin_c=39.0), SITES[Site.CANTHUS], certificate(u_b=0.05))
    assert {p.name: p.u_c for p in at_reference.skin}["calibration"] == 0.0
    assert {p.name: p.u_c for p in away.skin}["calibration"] == pytest.approx(0.15)


@pytest.mark.parametrize(
    "reading",
    [
        replace(WITH, skin_c=math.nan),
        replace(WITH, spot_u_c=math.inf),
        replace(WITH, reference_u_c=-0.1),
        replace(WITH, u_ambient_c=math.nan),
    ],
)
def test_a_component_that_is_no_number_leaves_the_total_unknown(reading):
    assert math.isnan(budget(reading, SITES[Site.CANTHUS]).u_c(settled=True)) or math.isnan(
        budget(reading, SITES[Site.CANTHUS]).u_c(settled=False)
    )


worse = st.floats(1.0, 5.0)


@given(st.floats(30, 43), st.floats(-5, 40), st.floats(0, 0.2), st.floats(0, 0.05), st.booleans(), worse, st.booleans())
def test_a_worse_certificate_never_makes_a_result_surer(skin_c, ambient_c, u_a_c, u_b, has_reference, by, settled):
    reading = Reading(skin_c, ambient_c, 23.0, reference_c=36.0 if has_reference else None)
    site = SITES[Site.FACE_MAX]
    good = budget(reading, site, certificate(u_a_c, u_b)).u_c(settled=settled)
    bad = budget(reading, site, certificate(u_a_c * by, u_b * by)).u_c(settled=settled)
    assert bad >= good - 1e-12


@given(
    st.sampled_from(
        ["u_ambient_c", "u_emissivity", "u_reflected_c", "reference_u_c", "filter_u_c", "spot_u_c", "noise_u_c"]
    ),
    worse,
    st.sampled_from(Site),
    st.booleans(),
    st.booleans(),
)
def test_nothing_gets_surer_by_being_worse(name, by, site, has_reference, settled):
    reading = replace(WITH if has_reference else WITHOUT, spot_u_c=0.05)
    worsened = replace(reading, **{name: getattr(reading, name) * by})
    assert budget(worsened, SITES[site]).u_c(settled=settled) >= budget(reading, SITES[site]).u_c(settled=settled)


@given(st.sampled_from(Site), st.booleans())
def test_a_reference_in_view_makes_it_surer(site, settled):
    assert budget(WITH, SITES[site]).u_c(settled=settled) < budget(WITHOUT, SITES[site]).u_c(settled=settled)
