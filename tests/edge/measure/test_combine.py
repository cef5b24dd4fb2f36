import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.vocabulary import Site
from edge.measure.body import DEFAULT, body
from edge.measure.combine import combine


def test_both_sites_give_their_weighted_mean():
    site, skin_c = combine({Site.CANTHUS: 35.0, Site.FACE_MAX: 36.0})
    assert site is Site.COMBINED
    assert skin_c == pytest.approx(36.0 - DEFAULT.combined.canthus_weight)


@pytest.mark.parametrize(
    ("skins", "expected"),
    [
        ({Site.CANTHUS: 35.0, Site.FACE_MAX: None}, (Site.CANTHUS, 35.0)),
        ({Site.CANTHUS: math.nan, Site.FACE_MAX: 35.4, Site.FOREHEAD_MAX: 35.1}, (Site.FACE_MAX, 35.4)),
        ({Site.FOREHEAD_SPOT: 34.0}, (Site.FOREHEAD_SPOT, 34.0)),
        ({Site.CANTHUS: None}, None),
        ({}, None),
    ],
)
def test_with_one_site_missing_the_surest_of_the_rest_is_taken(skins, expected):
    assert combine(skins) == expected


@given(st.floats(30, 43), st.floats(30, 43), st.floats(0, 5), st.floats(0, 5), st.floats(0, 29))
def test_a_hotter_site_never_lowers_the_body_and_a_hotter_face_raises_it_by_more(a_c, b_c, da_c, db_c, ambient_c):
    def of(canthus_c, face_c):
        _, skin_c = combine({Site.CANTHUS: canthus_c, Site.FACE_MAX: face_c})
        return body(skin_c, ambient_c, DEFAULT.combined.k)

    assert of(a_c + da_c, b_c + db_c) >= of(a_c, b_c) - 1e-9
    assert of(a_c + da_c, b_c + da_c) - of(a_c, b_c) >= da_c * (1 - 1e-9) - 1e-9
