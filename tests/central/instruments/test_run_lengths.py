"""Run lengths as the duty room sees them: check messages in at the door, states of instruments out of the table."""

from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest

from central.instruments.life import current
from contract.messages import CheckResult, GateHealth, InstrumentHealth
from contract.vocabulary import InstrumentState, LinkState
from tests.central.conftest import Central

GATES = 12
GOOD_DAYS = 30


def send(central: Central, gate: str, body: object) -> None:
    letter = central.up.letter(gate, body)
    central.ingest.receive(letter.topic, letter.payload)


@pytest.mark.parametrize(("drift", "expected"), [(lambda d: 0.3, 3.1), (lambda d: 0.1 * d, 4.1)], ids=["step", "ramp"])
def test_a_drift_is_found_in_as_many_checks_as_published(central: Central, drift, expected: float) -> None:
    """A step of 0.3 °C in about three daily checks, a ramp of 0.1 °C a day in about four (`science.md` 5.1)."""
    rng, found = np.random.default_rng(30), {}
    part = InstrumentHealth(instrument="array", driver="lepton_y16", role="screen", link=LinkState.UP)
    for number in range(GATES):
        send(central, f"gate-{number}", GateHealth(at=central.clock.now().at, screening=True, instruments=(part,)))
    central.settle()
    for day in range(1, GOOD_DAYS + 10):
        central.clock.advance(timedelta(days=1).total_seconds())
        wrong_c = drift(day - GOOD_DAYS) if day > GOOD_DAYS else 0.0
        for number in range(GATES):
            error_c = round(float(rng.normal(wrong_c, 0.08)), 3)
            at = central.clock.now().at
            values = {"reference_c": 36.0, "mean_c": 36.0 + error_c, "residual_c": error_c, "n": 10, "made_by": "小李"}
            check = CheckResult(id=UUID(int=day * GATES + number), instrument="array", at=at, passed=True, **values)
            send(central, f"gate-{number}", check)
        central.settle()
        with central.store.read() as connection:
            for number in range(GATES):
                if current(connection, f"gate-{number}", "array").state is InstrumentState.SUSPECT:
                    found.setdefault(number, day - GOOD_DAYS)
    assert len(found) == GATES
    late = [days for days in found.values() if days > 0]
    assert len(late) >= GATES - 1
    assert np.mean(late) == pytest.approx(expected, rel=0.25)
