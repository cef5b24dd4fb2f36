"""What is usual is learned, doubted while it is young, and then left alone."""

import numpy as np
import pytest

from central.instruments.cusum import Chart
from central.instruments.level import LEARNED, Level
from central.instruments.streams import DESIGNS, Stream, Value

QUIET = Chart(DESIGNS[Stream.REFERENCE_CHECK])


def learned(values_c, chart=QUIET, sigma_c=0.08):
    level = Level(0.2)
    for value_c in values_c:
        level = level.learn(Value(value_c, sigma_c), chart)
    return level


def test_the_first_value_is_held_against_the_spread_of_good_instruments() -> None:
    first = Level(0.2).less(Value(0.2, 0.08))
    assert first.value_c == 0.2
    assert first.sigma_c == pytest.approx(np.hypot(0.2, 0.08))


def test_the_doubt_of_the_level_shrinks_to_that_of_a_correlated_mean() -> None:
    level = learned([0.1] * 20)
    assert level.mean_c == pytest.approx(0.1, abs=0.005)
    assert level.u_c == pytest.approx(0.08 * np.sqrt(1.857 / 20), rel=0.02)


def test_a_frozen_level_does_not_eat_a_drift() -> None:
    level = learned([0.0] * LEARNED)
    assert learned([0.0] * LEARNED + [0.4] * 100).mean_c == level.mean_c == 0.0


def test_what_the_chart_holds_against_the_instrument_is_not_learned_from() -> None:
    doubting = QUIET.update(0.5).update(0.5)
    assert learned([0.3] * 5, doubting) == Level(0.2)


def test_one_wild_value_hardly_moves_a_level() -> None:
    assert abs(learned([0.0] * 10 + [40.0]).mean_c) < 0.05
