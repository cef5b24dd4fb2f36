"""The GY-MCU90614 and its driver: what is said, what is kept in flash, both default rates."""

import pytest

from drivers.devices import gy_mcu90614 as codec
from drivers.samples import DecodeFault, SpotReading
from simulators.devices.gy_mcu90614 import FACTORY_90615, GyMcu90614
from tests.simulators.devices.together import Still, Together


def test_readings_arrive_fourteen_times_a_second():
    readings = Together(GyMcu90614(Still(36.25, 25.0)), codec.SPEC).samples(2.0, SpotReading)
    assert len(readings) == pytest.approx(28, abs=2)
    assert {(reading.object_c, reading.ambient_c) for reading in readings} == {(36.25, 25.0)}
    assert [reading.seq for reading in readings] == list(range(len(readings)))


def test_the_documented_conversation():
    device = GyMcu90614(Still(31.92, 33.53))
    device.power_up(0.0)
    assert device.hear(bytes.fromhex("A5 15 BA"), 0.5) == bytes.fromhex("5A 5A 45 04 0C 78 0D 19 A7")
    assert device.speak(0.6)[0] == b""  # asked for one reading, it waits for questions
    assert device.hear(bytes.fromhex("A5 45 EA"), 0.7) == b""
    assert device.speak(0.8)[0] == bytes.fromhex("5A 5A 45 04 0C 78 0D 19 A7")


def test_a_wrong_sum_and_noise_are_not_obeyed():
    device = GyMcu90614(Still())
    device.power_up(0.0)
    assert device.hear(bytes.fromhex("00 A5 A5 15 BB FF A5 15"), 0.1) == b""
    assert device.hear(bytes.fromhex("BA"), 0.1) != b""  # the command that had begun is still understood


def test_rate_and_silence_at_power_up_act_after_the_next_one():
    device = GyMcu90614(Still())
    device.power_up(0.0)
    device.hear(codec.set_baud(115200) + codec.set_output_at_power_up(on=False), 0.1)
    assert device.baud == 9600
    assert device.speak(0.2)[0]
    device.power_up(10.0)
    assert device.baud == 115200
    assert device.speak(11.0)[0] == b""


def test_a_90615_comes_silent_and_fast_and_is_started_by_the_host():
    together = Together(GyMcu90614(Still(), FACTORY_90615), codec.SPEC, baud=115200)
    assert len(together.samples(1.0, SpotReading)) > 10


def test_at_the_wrong_rate_bytes_arrive_and_none_decode():
    events = Together(GyMcu90614(Still()), codec.SPEC, baud=115200).run(2.0)
    assert events
    assert all(isinstance(event, DecodeFault) for event in events)


@pytest.mark.parametrize("baud", [4800, 0])
def test_a_rate_that_the_device_does_not_know_is_refused(baud):
    with pytest.raises(ValueError, match="9600"):
        codec.set_baud(baud)
