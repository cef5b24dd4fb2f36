"""The simulated GY-MCU90640 joined with the real codec, bytes in, bytes out."""

import numpy as np
import pytest

from drivers.devices import gy_mcu90640 as codec
from drivers.samples import DeviceReply, ThermalFrame
from simulators.devices.gy_mcu90640 import GyMcu90640


class Ramp:
    """An array that shows its own time: all pixels at 30 °C plus a hundredth of the seconds, one corner warmer."""

    def frame(self, t_s):
        picture = np.full((24, 32), 30.0 + t_s / 100, dtype=np.float32)
        picture[0, 0] = 36.5
        return picture

    def sensor_c(self, t_s):
        return 31.0

    def shutter(self, t_s):
        return False, t_s


@pytest.fixture
def device():
    unit = GyMcu90640(Ramp())
    unit.power_up(0.0)
    return unit


def decoded(data, clock):
    return list(codec.SPEC.decoder("a").feed(data, clock.now()))


def spoken(device, from_s, until_s, step_s=0.01):
    said = [device.speak(t)[0] for t in np.arange(from_s, until_s, step_s)]
    return [message for message in said if message]


def test_powers_up_talking_at_4_hz_and_115200(device, clock):
    assert device.baud == 115200
    frames = spoken(device, 0.0, 2.0)
    assert len(frames) == pytest.approx(8, abs=1)
    assert {len(frame) for frame in frames} == {1544}
    (frame,) = decoded(frames[0], clock)
    assert isinstance(frame, ThermalFrame)
    assert frame.sensor_c == 31.0


def test_the_scene_comes_out_as_people_see_it(device, clock):
    device.hear(codec.set_emissivity(1.0), 0.0)
    (frame,) = decoded(spoken(device, 0.0, 0.5)[0], clock)
    assert frame.temps_c[0, 0] == pytest.approx(36.5, abs=0.006)
    assert frame.temps_c[0, 31] == pytest.approx(30.0, abs=0.02)


def test_emissivity_is_answered_and_acts_at_once(device, clock):
    (reply,) = decoded(device.hear(codec.query_emissivity(), 0.0), clock)
    assert isinstance(reply, DeviceReply)
    assert reply.value == "0.95"
    (grey,) = decoded(device.hear(codec.query_frame(), 0.0), clock)
    assert device.hear(codec.set_emissivity(1.0), 0.0) == b""
    (black,) = decoded(device.hear(codec.query_frame(), 0.0), clock)
    assert grey.temps_c[0, 0] > black.temps_c[0, 0] + 0.3  # corrected for a grey surface: hotter than it looks


def test_a_question_ends_automatic_output(device):
    assert len(device.hear(codec.query_frame(), 1.0)) == 1544
    assert spoken(device, 1.0, 3.0) == []
    device.hear(codec.automatic_output(), 3.0)
    assert spoken(device, 3.0, 4.0)


@pytest.mark.parametrize(("rate_hz", "frames"), [(0.5, 2), (1.0, 4), (2.0, 8), (8.0, 32)])
def test_rates(device, rate_hz, frames):
    device.hear(codec.set_rate(rate_hz), 0.0)
    assert len(spoken(device, 0.0, 4.01)) == pytest.approx(frames, abs=1)


def test_settings_are_lost_when_switched_off_unless_saved(device):
    device.hear(codec.set_baud(460800) + codec.set_rate(8.0), 0.0)
    assert device.baud == 460800
    device.power_up(1.0)
    assert device.baud == 115200
    device.hear(codec.set_baud(460800) + codec.save_settings(), 1.0)
    device.power_up(2.0)
    assert device.baud == 460800


def test_nonsense_is_ignored_and_commands_are_found_in_it(device):
    said = b"".join(device.hear(bytes((byte,)), 0.0) for byte in b"\xa5\xa5\x55\x02\xff" + codec.query_emissivity())
    assert said == codec.encode_emissivity(0.95)
    assert device.hear(b"\xa5\x15\x09\xc3", 0.0) == b""  # a good sum, no such rate
    assert device.baud == 115200


def test_slower_rates_average(clock):
    class Noise(Ramp):
        def frame(self, t_s):
            rng = np.random.default_rng(round(t_s * 8))
            return rng.normal(30.0, 0.28, (24, 32)).astype(np.float32)

    device = GyMcu90640(Noise())
    device.power_up(0.0)
    device.hear(codec.set_emissivity(1.0), 0.0)
    (frame,) = decoded(device.hear(codec.query_frame(), 9.0), clock)
    assert frame.temps_c.std() == pytest.approx(0.20, rel=0.06)  # 4 Hz: two of 0.28
