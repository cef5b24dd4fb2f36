"""How far the checks of a model scatter: estimated where there are enough, whatever drifts meanwhile."""

from datetime import UTC, date, timedelta
from uuid import uuid4

import numpy as np
import pytest

from central.instruments.assessment import assess_checks
from central.instruments.life import current
from central.instruments.scatter import ASSUMED, CEILING_C, ENOUGH, FLOOR_C, Scatters, estimate
from contract.messages import GateHealth, InstrumentHealth
from contract.vocabulary import LinkState
from tests.central.conftest import Central
from tests.evaluation.drift import a_check, daily_noise

FIRST = date(2026, 1, 1)
INSTRUMENTS = 60


def series(errors_c, every: int = 1) -> dict[date, float]:
    return {FIRST + timedelta(days=every * number): float(error_c) for number, error_c in enumerate(errors_c)}


def a_district(sigma_c: float, days: int = 60):
    return daily_noise(np.random.default_rng(7), INSTRUMENTS, days, sigma_c).T


@pytest.mark.parametrize("sigma_c", [0.06, 0.08, 0.12])
def test_it_is_found_in_spite_of_outliers_and_of_days_that_resemble_each_other(sigma_c: float) -> None:
    found = estimate(series(one) for one in a_district(sigma_c))
    assert sigma_c - 0.005 <= found.sigma_c <= 1.1 * sigma_c + 0.005
    assert found.n == INSTRUMENTS * 57


@pytest.mark.parametrize("drift_c", [0.01 * np.arange(60), 0.3 * (np.arange(60) >= 30)], ids=["ramp", "step"])
def test_a_drift_of_all_instruments_is_not_taken_for_scatter(drift_c) -> None:
    good = estimate(series(one) for one in a_district(0.08))
    assert estimate(series(one + drift_c) for one in a_district(0.08)).sigma_c <= good.sigma_c + 0.01


def test_too_few_say_nothing_and_nobody_is_believed_beyond_the_bounds() -> None:
    rng = np.random.default_rng(8)
    assert estimate([series(rng.normal(0, 0.12, ENOUGH + 2))]) == ASSUMED
    assert estimate([series(rng.normal(0, 0.12, ENOUGH + 3))]).n == ENOUGH
    assert estimate([series(rng.normal(0, 0.01, 100))]).sigma_c == FLOOR_C
    assert estimate([series(np.full(100, 0.2))]).sigma_c == FLOOR_C
    assert estimate([series(rng.normal(0, 0.5, 100))]).sigma_c == CEILING_C


def test_weekly_checks_do_not_tell_it() -> None:
    """Three of them apart, a slow drift would count as scatter."""
    assert estimate([series(np.random.default_rng(9).normal(0, 0.12, 200), every=7)]) == ASSUMED


def test_a_chart_is_run_with_what_the_district_knows_of_the_model(central: Central) -> None:
    """Two instruments of one model scatter 0.12 °C and get another certificate half way; a simulated one of that name
    and one of another model keep to their own."""
    rng = np.random.default_rng(10)
    drivers = {"gate-1": "lepton_y16", "gate-2": "lepton_y16", "sim-3": "lepton_y16", "gate-4": "gy_614v"}
    for gate, driver in drivers.items():
        part = InstrumentHealth(instrument="array", driver=driver, role="screen", link=LinkState.UP)
        central.say(gate, GateHealth(at=central.clock.now().at, screening=True, instruments=(part,)))
    central.here("sim-3")
    for day in range(50):
        central.clock.advance(86_400)
        for gate in drivers:
            error_c = 0.4 * (day >= 25) + rng.normal(0, 0.12 if gate in {"gate-1", "gate-2"} else 0.05)
            check = a_check(day, 36 + error_c, certificate=1 + (day >= 25))
            check = check.model_copy(update={"id": uuid4(), "at": central.clock.now().at})
            letter = central.up.letter(gate, check)
            central.ingest.receive(letter.topic, letter.payload)
        central.settle()
    scatters, today = Scatters(), central.clock.now().at.date()
    with central.store.read() as connection:
        lives = {gate: current(connection, gate, "array") for gate in drivers}
        found = {gate: scatters.of(connection, life, today, UTC) for gate, life in lives.items()}
        chart = assess_checks(connection, lives["gate-1"], check, UTC, scatters).streams[0]
    assert found["gate-1"] == found["gate-2"]
    assert 0.10 <= found["gate-1"].sigma_c <= 0.14
    assert found["gate-1"].n == 2 * (22 + 21), "each certificate for itself, and today does not count yet"
    assert found["sim-3"] == found["gate-4"] == ASSUMED
    assert chart.points[-1].value.sigma_c > found["gate-1"].sigma_c
