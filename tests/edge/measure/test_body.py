import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.vocabulary import Site
from edge.measure.body import DEFAULT, SITES, CoefficientsRefused, body, load, parse

VECTORS = {
    Site.CANTHUS: 36.9608,
    Site.FACE_MAX: 36.7718,
    Site.FOREHEAD_MAX: 37.4396,
    Site.FOREHEAD_SPOT: 38.6618,
}


@pytest.mark.parametrize(("site", "expected"), VECTORS.items())
def test_body_matches_the_vectors(site, expected):
    assert body(35.6, 23.0, SITES[site].k) == pytest.approx(expected, abs=1e-6)


@given(st.sampled_from(Site), st.floats(30, 43), st.floats(0.01, 5), st.floats(-20, 45))
def test_slope_is_at_least_one_and_nothing_is_clipped(site, skin_c, step_c, ambient_c):
    k = SITES[site].k
    rise_c = body(skin_c + step_c, ambient_c, k) - body(skin_c, ambient_c, k)
    assert rise_c >= step_c * (1 - 1e-9)
    assert rise_c == pytest.approx((1 + k) * step_c, rel=1e-6)


def test_a_k_that_would_shrink_fevers_is_refused():
    with pytest.raises(ValueError, match="slope below one"):
        body(38.0, 23.0, -0.1)


def test_combined_coefficients_lie_between_their_sites_and_are_surer_than_the_canthus():
    combined = DEFAULT.combined
    assert DEFAULT.face_max.k <= combined.k <= DEFAULT.canthus.k
    assert combined.s_c < DEFAULT.canthus.s_c
    assert 0 < combined.canthus_weight < 1


def test_a_file_with_a_typo_is_refused_by_name(tmp_path):
    path = tmp_path / "sites.toml"
    path.write_text('version = "1"\nsource = "s"\nauthor = "a"\n[canthus]\nk = -0.1\ns_c = 0.3\n')
    with pytest.raises(CoefficientsRefused, match=r"canthus\.k"):
        load(path)
    with pytest.raises(CoefficientsRefused, match="cannot read"):
        load(tmp_path / "absent.toml")
    with pytest.raises(CoefficientsRefused, match="not TOML"):
        parse("[[[")
