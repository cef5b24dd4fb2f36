import numpy as np
import pytest

from contract.vocabulary import Site
from edge.measure.body import CoefficientsRefused, parse
from edge.measure.fit import Audit, FitRefused, as_toml, fit_combined, fit_site

K = {Site.CANTHUS: 0.108, Site.FACE_MAX: 0.093, Site.FOREHEAD_MAX: 0.146, Site.FOREHEAD_SPOT: 0.243}
S_C = {Site.CANTHUS: 0.35, Site.FACE_MAX: 0.30, Site.FOREHEAD_MAX: 0.45, Site.FOREHEAD_SPOT: 0.7}


def people(n=3000, seed=3, *, fevers=False):
    rng = np.random.default_rng(seed)
    oral = np.minimum(rng.normal(36.85, 0.28, n), 37.45)
    if fevers:
        oral[::10] = 38.5
    air = rng.uniform(20, 27, n)
    skins = {site: (oral + S_C[site] * rng.standard_normal(n) + k * air) / (1 + k) for site, k in K.items()}
    return Audit(skins, air, oral)


@pytest.mark.parametrize("site", K)
def test_known_coefficients_are_found_again_within_their_interval(site):
    found = fit_site(people(), site, np.random.default_rng(0))
    assert found.k == pytest.approx(K[site], abs=0.002)
    assert found.k_low <= found.k <= found.k_high
    assert found.k_low - 0.002 <= K[site] <= found.k_high + 0.002
    assert found.s_c == pytest.approx(S_C[site], rel=0.05)
    assert found.s_low < found.s_c < found.s_high
    assert found.s_high - found.s_low == pytest.approx(4 * S_C[site] / (2 * 3000) ** 0.5, rel=0.2)


def test_combined_is_surer_than_either_site_and_leans_to_the_surer_one():
    found = fit_combined(people(), np.random.default_rng(0))
    assert found.s_c < S_C[Site.FACE_MAX]
    assert found.canthus_weight == pytest.approx(0.30**2 / (0.30**2 + 0.35**2), abs=0.02)
    assert K[Site.FACE_MAX] < found.k < K[Site.CANTHUS]


def test_a_fever_among_them_is_refused_and_can_be_left_out():
    with pytest.raises(FitRefused, match="without fever"):
        fit_site(people(fevers=True), Site.CANTHUS, np.random.default_rng(0))
    found = fit_site(people(fevers=True).afebrile(), Site.CANTHUS, np.random.default_rng(0))
    assert found.n == 2700


def test_too_few_people_or_skin_as_cold_as_the_air_are_refused():
    with pytest.raises(FitRefused, match="too few"):
        fit_site(people(20), Site.CANTHUS, np.random.default_rng(0))
    audit = people()
    warm = Audit(audit.skins_c, audit.skins_c[Site.CANTHUS] - 0.2, audit.contact_c)
    with pytest.raises(FitRefused, match="hardly warmer"):
        fit_site(warm, Site.CANTHUS, np.random.default_rng(0))


def test_people_not_measured_at_the_site_are_left_out():
    audit = people(200)
    audit.skins_c[Site.CANTHUS][:50] = np.nan
    assert fit_site(audit, Site.CANTHUS, np.random.default_rng(0)).n == 150


def test_a_written_file_is_refused_until_somebody_signs_it():
    audit, rng = people(500), np.random.default_rng(0)
    tables = {site: fit_site(audit, site, rng) for site in K} | {Site.COMBINED: fit_combined(audit, rng)}
    text = as_toml(tables, version="site-7/1", source="audit of May", author="")
    with pytest.raises(CoefficientsRefused, match="author"):
        parse(text)
    signed = parse(text.replace('author = ""', 'author = "Li Wei"'))
    assert signed.author == "Li Wei"
    assert signed.canthus.k == pytest.approx(tables[Site.CANTHUS].k, abs=1e-4)
    assert signed.combined.canthus_weight == pytest.approx(tables[Site.COMBINED].canthus_weight, abs=1e-4)
