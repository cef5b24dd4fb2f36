"""The drift chart against the reference vectors and against the run lengths it was chosen for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.instruments.cusum import Chart, Design, Flag, Side, run
from tests.evaluation.drift import PUBLISHED_ARL0, daily_noise, good_run_length

CHECK = Design(sigma_c=0.08)


def test_the_reference_vector() -> None:
    charts = run(CHECK, (0.02, -0.05, 0.04, 0.0, 0.31, 0.28, 0.33, 0.35))
    assert [chart.flag for chart in charts] == [None] * 6 + [Flag(Side.HIGH, 5)] * 2
    assert (charts[-1].high, charts[-1].low) == pytest.approx((8.0, 0.0))


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6))
def test_one_wild_value_never_flags_alone(value: float) -> None:
    assert Chart(CHECK).update(value).flag is None


@given(st.lists(st.floats(min_value=-2, max_value=2), max_size=60))
def test_the_chart_is_symmetric(values: list[float]) -> None:
    up, down = run(CHECK, values), run(CHECK, [-value for value in values])
    assert [chart.high for chart in up] == [chart.low for chart in down]


def mean_run_length(design: Design, values_c: np.ndarray, start: int = 0) -> float:
    """Mean number of values after `start` until the flag, through the real chart."""
    lengths = []
    for stream in values_c.T:
        chart = Chart(design)
        for n, value in enumerate(stream, 1):
            chart = chart.update(value)
            if chart.flag:
                if n > start:
                    lengths.append(n - start)
                break
        else:
            lengths.append(len(stream) - start)
    return float(np.mean(lengths))


@pytest.mark.parametrize(
    ("drift", "expected"),
    [
        pytest.param(lambda day: 0.3 + 0 * day, 3.1, id="step .3"),
        pytest.param(lambda day: 0.2 + 0 * day, 4.5, id="step .2"),
        pytest.param(lambda day: 0.15 + 0 * day, 7.0, id="step .15"),
        pytest.param(lambda day: 0.1 * day, 4.1, id="ramp .1 a day"),
        pytest.param(lambda day: 0.02 * day, 9.7, id="ramp .02 a day"),
    ],
)
def test_a_drift_is_found_as_fast_as_the_chart_was_chosen_for(drift, expected: float) -> None:
    """Within 20 % of science.md 5.1, from a chart that has already run for 30 good days."""
    rng = np.random.default_rng(51)
    values = daily_noise(rng, 800, 130, CHECK.sigma_c)
    values[30:] += drift(np.arange(1, 101))[:, None]
    assert mean_run_length(CHECK, values, start=30) == pytest.approx(expected, rel=0.2)


def test_a_good_instrument_is_flagged_less_than_once_in_four_years() -> None:
    """ARL0 1540 a daily stream (science.md 5.1), within 20 %, as days per flag so that no stream is cut short."""
    assert good_run_length(50, 5000, seed=52) == pytest.approx(PUBLISHED_ARL0, rel=0.2)
