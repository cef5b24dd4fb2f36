"""The same people through two instruments: who belongs together, and what their difference says."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from central.instruments.pairs import Seen, differences

AT = datetime(2026, 1, 24, 8, tzinfo=UTC)


def seen(instrument: str, second: float, body_c: float) -> Seen:
    return Seen(instrument, AT + timedelta(seconds=second), body_c)


def test_whoever_passes_both_within_a_minute_is_compared() -> None:
    found = differences([seen("a", 0, 36.5), seen("b", 20, 36.8), seen("a", 300, 36.9), seen("b", 301, 37.0)])
    assert found["a"] == pytest.approx([-0.3, -0.1])
    assert found["b"] == pytest.approx([0.3, 0.1])


def test_nobody_is_compared_with_two_people_or_after_more_than_a_minute() -> None:
    assert differences([seen("a", 0, 36.5), seen("a", 8, 38.0), seen("b", 10, 38.1)])["b"] == pytest.approx([0.1])
    assert differences([seen("a", 0, 36.5), seen("b", 61, 36.8)]) == {}
    assert differences([seen("a", 0, 36.5), seen("a", 5, 36.6)]) == {}


def test_of_three_the_one_that_drifts_stands_out() -> None:
    passed = [
        seen(name, 100 * number + 5 * place, 36.5 + 0.1 * number + (0.4 if name == "b" else 0.0))
        for number in range(5)
        for place, name in enumerate("abc")
    ]
    medians = {name: float(np.median(values)) for name, values in differences(passed).items()}
    assert medians["b"] == pytest.approx(0.4)
    assert medians["a"] == pytest.approx(-0.2)
    assert medians["c"] == pytest.approx(-0.2)


def test_wrong_pairs_of_parallel_lanes_lean_to_no_side() -> None:
    rng = np.random.default_rng(5)
    lanes = [
        seen(name, float(second), 36.5 + above_c + rng.normal(0, 0.5))
        for name, above_c in (("a", 0.0), ("b", 0.3))
        for second in np.sort(rng.uniform(0, 12 * 3600, 1200))
    ]
    values = differences(lanes)["b"]
    assert len(values) > 500
    assert np.median(values) == pytest.approx(0.3, abs=0.09)
    assert np.std(values) == pytest.approx(0.5 * np.sqrt(2), rel=0.1)
