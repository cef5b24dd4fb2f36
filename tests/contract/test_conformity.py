"""The four zones, their false accept and reject, and who may judge."""

import numpy as np
import pytest

from contract.conformity import Zone, can_judge, zone


@pytest.mark.parametrize(
    ("error_c", "expected"),
    [(0.2, Zone.PASS), (0.4, Zone.CONDITIONAL_PASS), (0.55, Zone.CONDITIONAL_FAIL), (0.7, Zone.FAIL)],
)
def test_the_four_zones(error_c: float, expected: Zone) -> None:
    assert zone(error_c, 0.5, 0.15) is expected
    assert zone(-error_c, 0.5, 0.15) is expected


@pytest.mark.parametrize(("guard", "pfa_pct", "pfr_pct"), [(0.0, 0.92, 1.9), (0.15, 0.02, 13.6)])
def test_false_accept_and_reject(guard: float, pfa_pct: float, pfr_pct: float) -> None:
    """science.md 2.3: MPE .5, process sd .25, U .15; by simulation through the real zones."""
    rng = np.random.default_rng(23)
    true = rng.normal(0, 0.25, 200_000)
    measured = true + rng.normal(0, 0.075, true.size)
    accepted = np.array(
        [zone(e, 0.5, guard) in (Zone.PASS, Zone.CONDITIONAL_PASS)[: 1 + (guard == 0)] for e in measured]
    )
    good = np.abs(true) <= 0.5
    assert 100 * np.mean(accepted & ~good) == pytest.approx(pfa_pct, abs=0.1)
    assert 100 * np.mean(~accepted & good) == pytest.approx(pfr_pct, rel=0.1)


def test_a_poor_plate_cannot_judge() -> None:
    assert can_judge(0.5, 0.2)
    assert not can_judge(0.5, 0.43)
