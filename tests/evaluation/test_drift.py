"""The Monte Carlo of drift and calibration, small and seeded; `make eval` runs it whole."""

import pytest

from tests.evaluation import drift


@pytest.mark.parametrize("name", ["step 0.3", "ramp 0.1 a day"])
def test_checks_find_a_drift_as_fast_as_published_through_messages_and_learned_levels(name):
    found = drift.check_run_lengths(name, 80, seed=7)
    published = drift.PUBLISHED[name]
    assert sum(found["chart"]) / len(found["chart"]) == pytest.approx(published, rel=0.2)
    assert sum(found["policy"]) / len(found["policy"]) <= 1.2 * published


@pytest.mark.parametrize("name", ["step 0.3", "step 0.15", "ramp 0.1 a day"])
def test_twins_find_a_drift_as_fast_as_published(name):
    found = drift.twin_run_lengths(name, 150, seed=8)["chart"]
    assert sum(found) / len(found) == pytest.approx(drift.PUBLISHED_TWIN[name], rel=0.2)


def test_a_good_instrument_is_suspected_less_than_once_a_year():
    assert drift.false_flags(8, seed=53)["suspected_a_year"] <= 1.0


@pytest.mark.parametrize("name", drift.TRUTHS)
def test_what_a_calibration_leaves_is_what_the_blackbody_allows(name):
    assert drift.residuals_c(drift.TRUTHS[name], 600, seed=21) == pytest.approx(drift.RESIDUAL_C, rel=0.1)


@pytest.mark.parametrize("name", drift.CONFORMITY)
def test_conformity_is_judged_wrongly_as_seldom_as_published(name):
    guard_c, accept, reject = drift.CONFORMITY[name]
    found = drift.conformity(guard_c, 100_000, seed=23)
    assert found == (pytest.approx(accept, abs=0.1), pytest.approx(reject, rel=0.1))
