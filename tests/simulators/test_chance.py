"""Randomness is a pure function of seed, name and time."""

import numpy as np
import pytest

from simulators.chance import CHUNK_S, Walk, stream


def test_streams_are_named_not_ordered():
    assert stream(1, "a", 3).random() == stream(1, "a", 3).random()
    assert stream(1, "a", 3).random() != stream(1, "b", 3).random()
    assert stream(1, "a", 3).random() != stream(2, "a", 3).random()


def test_a_walk_moves_as_much_in_a_minute_as_it_is_told():
    walk = Walk(7, "w", sd_per_root_min=0.02)
    values = np.array([walk.at(60.0 * minute) for minute in range(3000)])
    assert np.diff(values).std() == pytest.approx(0.02, rel=0.05)


def test_a_walk_is_continuous_bounded_and_the_same_backwards():
    walk = Walk(7, "w", sd_per_root_min=0.02)
    times = np.arange(-2 * CHUNK_S, 3 * CHUNK_S, 30.0)
    forward = np.array([walk.at(t) for t in times])
    backward = np.array([walk.at(t) for t in times[::-1]])[::-1]
    assert np.array_equal(forward, backward)
    assert np.abs(np.diff(forward)).max() < 0.1
    assert np.abs(forward).max() < 1.0
