"""Bytes are named after the driver that knows them, and after none where nobody does."""

import random

from drivers import registry
from drivers.devices import gy_mcu90614, xy_md02
from drivers.recognition import recognise

SPOT = gy_mcu90614.encode_reading(31.2, 25.0) * 20


def test_a_talker_is_known_by_its_frames_though_they_are_cut_at_both_ends() -> None:
    assert recognise(SPOT[4:-3], besides=registry.spec("gy_mcu90640")) == ["gy_mcu90614"]


def test_the_driver_that_could_not_read_them_is_not_named() -> None:
    assert recognise(SPOT, besides=gy_mcu90614.SPEC) == []


def test_noise_is_nobody_s() -> None:
    assert recognise(random.Random(5).randbytes(4096), besides=xy_md02.SPEC) == []
