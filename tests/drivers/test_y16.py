"""Counts become temperatures exactly, also where a scene is hotter than most, and only those that can be true."""

import numpy as np
import pytest

from drivers.samples import SampleFlag
from drivers.y16 import HUNDREDTHS, TENTHS, temperatures

WALL = np.add.outer(np.arange(120) * 2, np.arange(160) * 3)


@pytest.mark.parametrize(("counts_per_c", "lowest"), [(HUNDREDTHS, 29_000), (HUNDREDTHS, 33_000), (TENTHS, 2_900)])
def test_each_count_is_its_temperature(counts_per_c: int, lowest: int) -> None:
    raw = (lowest + WALL // (HUNDREDTHS // counts_per_c)).astype(np.uint16)
    temps_c, flags = temperatures(raw, counts_per_c)
    np.testing.assert_allclose(temps_c, raw / counts_per_c - 273.15, rtol=0, atol=1e-5)
    assert flags is SampleFlag.NONE
    assert not temps_c.flags.writeable


def test_a_kettle_in_the_picture_costs_nothing() -> None:
    raw = (29_000 + WALL).astype(np.uint16)
    y, x = np.mgrid[:120, :160]
    raw += np.rint(7000 / (1 + np.exp((np.hypot(x - 80, y - 60) - 12) / 1.5))).astype(np.uint16)
    temps_c, flags = temperatures(raw, HUNDREDTHS)
    assert raw.max() > 0x7FFF + 1000
    np.testing.assert_allclose(temps_c, raw / 100 - 273.15, rtol=0, atol=2e-5)
    assert flags is SampleFlag.NONE


@pytest.mark.parametrize("lowest", [29_000, 33_000])
@pytest.mark.parametrize("bad", [0, 0xFFFF])
def test_no_counts_and_all_counts_are_no_temperature(lowest: int, bad: int) -> None:
    raw = (lowest + WALL).astype(np.uint16)
    raw[50, 60] = bad
    temps_c, flags = temperatures(raw, HUNDREDTHS)
    assert np.argwhere(np.isnan(temps_c)).tolist() == [[50, 60]]
    assert flags is SampleFlag.BAD_PIXELS


def test_a_picture_below_what_counts_can_be_is_none() -> None:
    temps_c, flags = temperatures((8000 + WALL).astype(np.uint16), HUNDREDTHS, 16_384)
    assert np.isnan(temps_c).all()
    assert flags is SampleFlag.NOT_RADIOMETRIC
