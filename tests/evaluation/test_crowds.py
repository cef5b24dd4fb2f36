"""The tables of `science.md` on simulated crowds, through the edge's own functions; `make eval` runs them whole."""

import numpy as np
import pytest

from contract.vocabulary import Site
from simulators.people import Population
from tests.evaluation.crowds import BUSES, PREVALENCE, PUBLISHED_43, _bus, _climate, fixed_threshold
from tests.evaluation.filtering import CAMERAS, follow
from tests.evaluation.population import SCENES, crowd
from tests.evaluation.reference_code import ReferenceCode

ROWS = [
    (Site.CANTHUS, "S1"),
    (Site.CANTHUS, "S2"),
    (Site.CANTHUS, "S3"),
    (Site.CANTHUS, "S4"),
    (Site.FACE_MAX, "S1"),
    (Site.FACE_MAX, "S4"),
    (Site.FOREHEAD_SPOT, "S4"),
]


@pytest.mark.parametrize(("site", "scene"), ROWS)
def test_sensitivity_and_specificity_are_the_published_ones(site, scene):
    se, sp = PUBLISHED_43[site][scene]
    found = _climate(site, SCENES[scene], (se, sp), n_days=8, per_hour=200.0, seed=21)
    assert found["sensitivity"] == pytest.approx(se, abs=0.03)
    assert found["specificity"] == pytest.approx(sp, abs=0.01)
    assert found["sensitivity_high_fever"] > found["sensitivity"]


def test_the_reference_code_makes_the_same_of_the_same_crowd(shared_data):
    folder = shared_data.parent / "science"
    if not folder.is_dir():
        pytest.skip("the reference code is not here")
    found = ReferenceCode(folder).climate(Site.FOREHEAD_MAX, SCENES["S3"], 8, 100.0, 21, PREVALENCE)
    ours = _climate(Site.FOREHEAD_MAX, SCENES["S3"], found, n_days=8, per_hour=100.0, seed=21)
    assert ours["as_published"]


def test_a_fixed_threshold_fares_in_these_climates_as_published():
    table = fixed_threshold(n_days=6)
    for name in ("S3", "S4"):  # those whose scene the other table leaves open
        se, sp = table[name]["published"]
        assert table[name]["sensitivity"] == pytest.approx(se, abs=0.03)
        assert table[name]["specificity"] == pytest.approx(sp, abs=0.03)


def test_a_febrile_bus_shifts_the_baseline_by_less_than_an_eighth_of_a_degree_and_is_found():
    for kind in ("30 % febrile", "60 % febrile"):
        found = _bus(BUSES[kind], repeats=40, seed=22)
        assert abs(found["shift_c"]) <= 0.12
        assert found["shift_p95_c"] <= 0.12
        assert found["sensitivity"] == pytest.approx(0.895, abs=0.04)
    assert found["cluster_alert"] > 0.9


def test_a_cold_bus_and_a_hot_bus_are_called_what_they_are_and_the_next_people_are_not_hurt():
    cold, hot = (_bus(BUSES[kind], repeats=40, seed=23) for kind in ("cold", "hot"))
    assert cold["called_cold"] == hot["called_warm"] == 1.0
    assert cold["called_warm"] == hot["called_cold"] == 0.0
    assert cold["specificity_of_next_60"] == pytest.approx(0.909, abs=0.03)
    assert hot["specificity_of_next_60"] > 0.9


@pytest.mark.parametrize("name", CAMERAS)
def test_the_reference_is_followed_as_published(name):
    found = follow(CAMERAS[name], 1.0, np.random.default_rng(24))
    assert found["rms_mk"] == pytest.approx(CAMERAS[name].published_mk, rel=0.3)
    assert found["held"] == pytest.approx(CAMERAS[name].hidden, abs=0.005)


def test_the_arrays_draw_the_same_people_as_the_simulator():
    rng = np.random.default_rng(26)
    n = 4000
    many = crowd(rng, SCENES["S1"], np.full(n, 12.0), np.zeros(n, bool))
    population = Population(prevalence=0.0)
    singles = [population.draw(rng, str(i), 12.0) for i in range(n)]
    for site in (Site.CANTHUS, Site.FACE_MAX, Site.FOREHEAD_MAX, Site.FOREHEAD_SPOT):
        skins_c = np.array([person.skin_c(site, 23.0) for person in singles])
        assert many.skins_c[site].mean() == pytest.approx(skins_c.mean(), abs=0.05)
        assert many.skins_c[site].std() == pytest.approx(skins_c.std(), rel=0.06)
