"""Checks: what passes, what is repeated, what takes the instrument out, and slips of the finger."""

import numpy as np
import pytest

from edge.technician.check import (
    NEW,
    Baseline,
    CheckRefused,
    Outcome,
    Residual,
    clean,
    judge,
    plausible_reference,
    residual,
)
from edge.technician.settling import Criterion, Settling

LEARNED = Baseline(0.05, 5)


def sets(*residuals_c: float) -> list[Residual]:
    return [Residual(36 + r, 0.03, 10, r, r) for r in residuals_c]


def test_the_plates_own_error_cancels() -> None:
    baseline = NEW
    for error in (0.30, 0.34, 0.31, 0.33, 0.32):
        baseline = baseline.learn(error)
    assert baseline.learned
    assert residual([36.32 + 0.01 * (-1) ** i for i in range(10)], 36.0, baseline).residual_c == pytest.approx(0.0)


def test_r0_is_frozen_once_learned() -> None:
    assert LEARNED.learn(9.0) is LEARNED


@pytest.mark.parametrize(
    ("residuals", "expected"),
    [
        ((0.20,), Outcome.PASSED),
        ((0.30,), Outcome.REPEAT),
        ((0.30, 0.31, 0.29), Outcome.REPEAT),
        ((0.30, 0.31, 0.29, 0.33), Outcome.OUT),
        ((-0.30, -0.31, -0.29, -0.33), Outcome.OUT),
        ((0.30, 0.02, 0.05, 0.01), Outcome.PASSED),
    ],
)
def test_passed_repeat_or_out(residuals, expected: Outcome) -> None:
    assert judge(sets(*residuals), 0.43, LEARNED) is expected


@pytest.mark.parametrize(
    ("residuals", "expected"),
    [
        ((0.02,), Outcome.REPEAT),
        ((0.02, 0.10), Outcome.REPEAT),
        ((0.02, 0.10, -0.14), Outcome.PASSED),
        ((0.20, 0.40, 0.41), Outcome.OUT),
        ((0.30, 0.02, 0.05), Outcome.REPEAT),
        ((0.30, 0.02, 0.05, 0.01), Outcome.PASSED),
    ],
)
def test_an_instrument_under_watch_is_read_three_times(residuals, expected: Outcome) -> None:
    assert judge(sets(*residuals), 0.43, LEARNED, watched=True) is expected


def test_the_first_checks_are_held_against_the_field_uncertainty() -> None:
    assert judge(sets(0.4), 0.43, NEW) is Outcome.PASSED
    assert judge(sets(0.5), 0.43, NEW) is Outcome.REPEAT


def test_leaving_watch_takes_three_clean_sets() -> None:
    assert clean(sets(0.3, 0.1, -0.1, 0.14))
    assert not clean(sets(0.1, 0.1))
    assert not clean(sets(0.1, 0.16, 0.1))


def test_too_few_readings_are_no_check() -> None:
    with pytest.raises(CheckRefused, match="needs 10 readings"):
        residual([36.0] * 9 + [float("nan")], 36.0, LEARNED)


@pytest.mark.parametrize(
    ("typed", "hint"), [(73.0, "did you mean 37"), (98.6, "°F"), (3.7, "no temperature"), (0.0, "30 to 45")]
)
def test_a_slip_of_the_finger_is_named(typed: float, hint: str) -> None:
    with pytest.raises(CheckRefused, match=hint):
        plausible_reference(typed)
    assert plausible_reference(36.0) == 36.0


def test_a_warming_plate_is_not_settled_and_a_still_one_is() -> None:
    rng = np.random.default_rng(7)
    settling, criterion = Settling(), Criterion()
    t = np.arange(0, 60, 0.5)
    warming = [settling.feed(s, 30 + 0.01 * s + rng.normal(0, 0.03)) for s in t]
    assert not any(state.done for state in warming)
    still = [settling.feed(60 + s, 30.6 + rng.normal(0, 0.03)) for s in t]
    assert still[-1].done
    assert abs(still[-1].drift_c_per_min or 0) < criterion.drift_c_per_min


def test_progress_never_claims_more_than_the_window() -> None:
    settling = Settling()
    states = [settling.feed(s, 36.0) for s in range(20)]
    assert not any(state.done for state in states)
    assert [s.progress for s in states] == sorted(s.progress for s in states)


def test_a_gap_starts_the_window_again() -> None:
    settling = Settling()
    for s in range(40):
        settling.feed(s, 36.0)
    assert not settling.feed(100.0, 36.0).done
