"""Agreement with the reference population model: numbers computed once from it, and the marginals of its check row."""

import numpy as np
import pytest

from contract.vocabulary import Site
from simulators.people import Population, fever_c, healthy_c
from simulators.skin import ORDER, SITES, balance_c, cold_left, effective_air_c, mismatch, residuals_c, site_c

REFERENCE_BALANCE_C = {
    Site.CANTHUS: {-5: 32.8159, 15: 34.7653, 23: 35.5451, 35: 36.7148},
    Site.FACE_MAX: {-5: 33.3349, 15: 35.0366, 23: 35.7173, 35: 36.7383},
    Site.FOREHEAD_MAX: {-5: 31.562, 15: 34.1099, 23: 35.1291, 35: 36.6579},
    Site.FOREHEAD_SPOT: {-5: 28.7088, 15: 32.6187, 23: 34.1826, 35: 36.5286},
}


@pytest.mark.parametrize("site", list(ORDER))
def test_heat_balance_agrees_with_the_reference_model(site):
    for air_c, expected_c in REFERENCE_BALANCE_C[site].items():
        assert balance_c(36.9, SITES[site].k, air_c) == pytest.approx(expected_c, abs=1e-4)


@pytest.mark.parametrize(
    ("minutes", "left"),
    [(0, 1.0), (1, 0.495833), (3, 0.242222), (5, 0.151805), (10, 0.050679), (15, 0.016969), (60, 1e-6)],
)
def test_the_cold_leaves_the_skin_as_measured(minutes, left):
    assert cold_left(minutes) == pytest.approx(left, abs=1e-6)


@pytest.mark.parametrize(
    ("site", "mean_c", "sd_c"),
    [
        (Site.CANTHUS, 35.77, 0.58),
        (Site.FACE_MAX, 35.93, 0.56),
        (Site.FOREHEAD_MAX, 35.38, 0.63),
        (Site.FOREHEAD_SPOT, 34.50, 0.75),
    ],
)
def test_marginals_at_24_degrees_are_those_of_the_real_study(site, mean_c, sd_c):
    """The study's people: 8.6 % febrile, seen through the day; `science.md` 7, row "check"."""
    rng = np.random.default_rng(5)
    n = 40_000
    cores = [
        fever_c(rng) if febrile else healthy_c(rng, hour)
        for febrile, hour in zip(rng.random(n) < 0.086, rng.uniform(8, 18, n), strict=True)
    ]
    skins = [
        site_c(site, core, 24.0, residual)
        for core, residual in zip(cores, SITES[site].s_c * rng.standard_normal(n), strict=True)
    ]
    assert np.mean(skins) == pytest.approx(mean_c, abs=0.06)
    assert np.std(skins) == pytest.approx(sd_c, abs=0.05)


def test_residuals_of_one_person_are_correlated_as_given():
    rng = np.random.default_rng(1)
    drawn = [residuals_c(rng) for _ in range(20_000)]
    table = np.array([[one[site] for site in ORDER] for one in drawn])
    found = np.corrcoef(table.T)
    canthus, face, forehead, spot = range(4)
    assert found[canthus, face] == pytest.approx(0.72, abs=0.02)
    assert found[canthus, forehead] == pytest.approx(0.40, abs=0.02)
    assert found[forehead, spot] == pytest.approx(0.76, abs=0.02)
    assert table.std(axis=0) == pytest.approx([SITES[site].s_c for site in ORDER], rel=0.03)


def test_the_true_coefficient_differs_from_the_fitted_one_and_stays_bounded():
    assert mismatch(23.0) == 1.0
    assert mismatch(13.0) == pytest.approx(1.1)
    assert mismatch(-60.0) == 1.6
    assert mismatch(90.0) == 0.6


def test_somebody_just_in_from_the_cold_feels_the_cold():
    assert effective_air_c(20.5, -2.5, 0.0) == pytest.approx(-2.5)
    assert effective_air_c(20.5, -2.5, 60.0) == pytest.approx(20.5, abs=0.01)


def test_prevalence_and_core_temperatures_are_those_of_the_population():
    people = Population(prevalence=0.02)
    rng = np.random.default_rng(3)
    cores = np.array([people.draw(rng, "x", 12.0).core_c for _ in range(6000)])
    febrile = cores >= 37.8
    assert febrile.mean() == pytest.approx(0.02, abs=0.006)
    assert cores.max() < 40.51
    assert cores[~febrile].max() <= 37.45
    assert np.std(cores[~febrile]) == pytest.approx(0.28, abs=0.03)
