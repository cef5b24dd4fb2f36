"""The CHUWO 32x32 module and its driver."""

import numpy as np
import pytest

from drivers.devices import chuwo_32x32 as codec
from drivers.samples import DecodeFault, SampleFlag, ThermalFrame
from simulators.devices.chuwo_32x32 import Chuwo32x32
from simulators.line_faults import LineFaults
from tests.simulators.devices.together import START, Still, Together, picture


def test_every_question_is_answered_with_an_image():
    still = Still(sensor_c=30.5, picture=picture(32, 32, 24.0, 34.6))
    frames = Together(Chuwo32x32(still), codec.SPEC).samples(3.0, ThermalFrame)
    assert len(frames) == pytest.approx(11, abs=2)
    assert np.allclose(frames[0].temps_c, still.picture, atol=0.001)
    assert frames[0].sensor_c == pytest.approx(30.5)
    assert frames[0].flags is SampleFlag.UNCHECKED


def test_the_hosts_words_and_the_beginning_of_the_answer():
    device = Chuwo32x32(Still(sensor_c=30.5, picture=np.full((32, 32), 37.9, np.float32)))
    device.power_up(0.0)
    assert device.hear(bytes.fromhex("EE E1 01 55 FF FC FD"), 0.0) == b""
    answer = device.hear(b"\xff", 0.0)
    assert (len(answer), answer[:3]) == (2055, bytes.fromhex("E1 0C 26"))


def test_an_image_shifted_by_one_byte_is_never_believed():
    frame = codec.encode_frame(picture(32, 32), 30.0)
    for cut in (1, 2, 3, 1027):
        events = list(codec.SPEC.decoder("x").feed(frame[:cut] + frame[cut + 1 :] + b"\x00", START))
        assert not [event for event in events if isinstance(event, ThermalFrame)]


def test_a_bad_line_costs_images_and_the_driver_finds_the_next():
    faults = LineFaults.parse(["cut:0.3", "garbage:0.3"], seed=1)
    still = Still(sensor_c=30.5, picture=picture(32, 32, 24.0, 34.6))
    events = Together(Chuwo32x32(still), codec.SPEC, faults=faults).run(20.0)
    frames = [event for event in events if isinstance(event, ThermalFrame)]
    assert len(frames) > 20
    assert any(isinstance(event, DecodeFault) for event in events)
    assert all(np.allclose(frame.temps_c, still.picture, atol=0.001) for frame in frames)
