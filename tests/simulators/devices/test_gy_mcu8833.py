"""The GY-MCU8833, its driver and the one real frame."""

import numpy as np
import pytest

from drivers.devices import gy_mcu8833 as codec
from drivers.hextext import parse
from drivers.samples import ThermalFrame
from simulators.devices.gy_mcu8833 import GyMcu8833
from tests.simulators.devices.together import START, Still, Together, picture


def test_frames_arrive_ten_times_a_second_in_whole_degrees():
    frames = Together(GyMcu8833(Still(sensor_c=32.56, picture=picture(8, 8))), codec.SPEC).samples(2.0, ThermalFrame)
    assert len(frames) == pytest.approx(20, abs=1)
    assert np.array_equal(frames[0].temps_c, np.rint(picture(8, 8)))
    assert frames[0].sensor_c == 32.56
    assert not frames[0].temps_c.flags.writeable


def test_integers_never_decide_on_fever():
    assert codec.SPEC.screens is False


def test_the_real_frame(shared_data):
    data = parse((shared_data / "device_captures" / "gy_mcu8833_frame.hex").read_text())[0]
    assert len(data) == codec.FRAME_BYTES
    (frame,) = codec.SPEC.decoder("real").feed(data, START)
    assert frame.sensor_c == 32.56
    assert (frame.temps_c.min(), frame.temps_c.max()) == (26, 30)
    assert codec.encode_frame(frame.temps_c, frame.sensor_c) == data
