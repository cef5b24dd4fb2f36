"""The simulated GY-614V joined with the real codec, bytes in, bytes out."""

import pytest

from drivers.devices import gy_614v as codec
from drivers.samples import Applied, DeviceReply, SpotReading
from simulators.devices.gy_614v import Gy614v


class Forehead:
    """A spot at a temperature that the test sets."""

    def __init__(self, object_c=34.0):
        self.seen_c = object_c

    def object_c(self, t_s):
        return self.seen_c

    def sensor_c(self, t_s):
        return 25.31


@pytest.fixture
def device():
    unit = Gy614v(Forehead())
    unit.power_up(0.0)
    return unit


def decoded(data, clock):
    return list(codec.SPEC.decoder("a").feed(data, clock.now()))


def spoken(device, from_s, until_s):
    said = [device.speak(from_s + n / 100)[0] for n in range(round((until_s - from_s) * 100))]
    return [message for message in said if message]


def test_talks_by_itself_ten_times_a_second_at_9600(device, clock):
    assert device.baud == 9600
    said = spoken(device, 0.0, 2.0)
    assert len(said) == pytest.approx(20, abs=1)
    (reading,) = decoded(said[0], clock)
    assert isinstance(reading, SpotReading)
    assert reading.applied is Applied.EMISSIVITY
    assert reading.emissivity == 0.95
    assert reading.ambient_c == 25.31


def test_what_it_shows_is_corrected_for_its_emissivity(device, clock):
    (grey,) = decoded(spoken(device, 0.0, 0.2)[0], clock)
    assert grey.object_c > 34.3
    device.hear(codec.set_emissivity(1.0), 0.3)
    (black,) = decoded(spoken(device, 0.3, 0.6)[0], clock)
    assert black.object_c == pytest.approx(34.0, abs=0.01)


def test_the_body_value_meets_the_worked_example(clock):
    device = Gy614v(Forehead(34.12))
    device.power_up(0.0)
    device.hear(codec.set_emissivity(1.0), 0.0)
    (reading,) = decoded(device.hear(codec.query_reading(), 0.1), clock)
    assert (reading.object_c, reading.ambient_c, reading.body_c) == (34.12, 25.31, 36.58)


def test_query_mode_answers_only_when_asked(device, clock):
    device.hear(codec.query_mode(), 0.0)
    assert spoken(device, 0.0, 2.0) == []
    (reading,) = decoded(device.hear(codec.query_reading(), 2.0), clock)
    assert isinstance(reading, SpotReading)
    device.hear(codec.continuous_output(), 2.0)
    assert spoken(device, 2.0, 2.5)


def test_the_offset_is_told_and_shifts_readings(device, clock):
    (reply,) = decoded(device.hear(codec.query_offset(), 0.0), clock)
    assert isinstance(reply, DeviceReply)
    assert reply.value == "0.0"
    (before,) = decoded(device.hear(codec.query_reading(), 0.0), clock)
    device.hear(codec.set_offset(1.5), 0.0)
    (after,) = decoded(device.hear(codec.query_reading(), 0.0), clock)
    assert after.object_c - before.object_c == pytest.approx(1.5, abs=0.011)


def test_rate_and_baud_change_at_once_and_survive_only_if_saved(device):
    device.hear(codec.set_rate(2.0) + codec.set_baud(115200), 0.0)
    assert device.baud == 115200
    assert len(spoken(device, 0.0, 4.0)) == pytest.approx(8, abs=1)
    device.power_up(5.0)
    assert device.baud == 9600
    device.hear(codec.set_baud(115200) + codec.save_settings(), 5.0)
    device.power_up(6.0)
    assert device.baud == 115200
    device.hear(codec.factory_reset(), 6.0)
    assert device.baud == 9600


def test_another_address_is_not_ours_until_it_is_given(device):
    assert device.hear(codec.read_registers(7, 7, address=0xA6), 0.0) == b""
    device.hear(codec.write_register(0x00, 0xA6), 0.0)
    assert device.hear(codec.read_registers(7, 7), 0.0) == b""
    assert device.hear(codec.read_registers(7, 7, address=0xA6), 0.0)[0] == 0xA6


def test_wrong_sums_and_values_change_nothing(device):
    assert device.hear(b"\xa4\x06\x01\x06\xb2", 0.0) == b""
    device.hear(codec.write_register(0x01, 9), 0.0)
    device.hear(codec.write_register(0x08, 9), 0.0)
    assert device.baud == 9600
    assert device.hear(b"\x00\xa4" + codec.query_offset(), 0.0) == codec.encode_registers(6, b"\x64")
