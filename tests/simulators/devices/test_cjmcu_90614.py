"""The CJMCU-90614 and its driver."""

import pytest

from drivers.devices import cjmcu_90614 as codec
from drivers.samples import SpotReading
from simulators.devices.cjmcu_90614 import Cjmcu90614
from simulators.line_faults import LineFaults
from tests.simulators.devices.together import Still, Together


def test_readings_arrive_ten_times_a_second():
    readings = Together(Cjmcu90614(Still(37.25, -2.0)), codec.SPEC).samples(2.0, SpotReading)
    assert len(readings) == pytest.approx(20, abs=1)
    assert {(reading.object_c, reading.ambient_c) for reading in readings} == {(37.25, -2.0)}


def test_a_request_is_answered_once_and_says_so():
    device = Cjmcu90614(Still(36.25, 25.0))
    device.power_up(0.0)
    assert device.speak(0.2)[0] == bytes.fromhex("66 66 01 04 0E 29 09 C4 D5")
    assert device.hear(bytes.fromhex("66 66 02 56"), 0.3) == bytes.fromhex("66 66 02 04 0E 29 09 C4 D6")
    assert device.speak(0.4)[0] == b""


def test_a_new_rate_acts_at_once_and_is_forgotten_at_power_up():
    device = Cjmcu90614(Still())
    device.power_up(0.0)
    device.hear(codec.set_baud(9600), 0.1)
    assert device.baud == 9600
    device.power_up(1.0)
    assert device.baud == 115200


def test_a_bad_line_costs_readings_and_invents_none():
    faults = LineFaults.parse(["flip:0.3", "cut:0.2", "garbage:0.3"], seed=3)
    events = Together(Cjmcu90614(Still(36.25, 25.0)), codec.SPEC, faults=faults).run(20.0)
    readings = [event for event in events if isinstance(event, SpotReading)]
    assert 60 < len(readings) < 180
    assert {(reading.object_c, reading.ambient_c) for reading in readings} == {(36.25, 25.0)}
