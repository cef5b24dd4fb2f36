"""The LumaSense M340 and its driver, over the plate that a camera would see."""

import pytest

from drivers.devices import lumasense_m340 as codec
from drivers.samples import ReferenceReading
from simulators.devices.lumasense_m340 import LumasenseM340
from simulators.plate import Plate
from tests.simulators.devices.together import Together


def test_the_manuals_conversation():
    device = LumasenseM340(Plate(20.0))
    device.power_up(0.0)
    assert device.hear(b"#01R01\r", 0.0) == b"\n#01R01=20.0C"
    assert device.hear(b"#01R00\r", 0.0) == b"\n#01R00=20.0C"
    assert device.hear(b"#01M01 0370C\r", 0.0) == b""
    assert device.hear(b"#01R01\r", 0.0) == b"\n#01R01=37.0C"
    assert device.hear(b"#02R01\r#01R02\r#01M01 9990C\r", 0.0) == b""  # another address, no parameter, out of reach


def test_a_new_set_point_is_followed_until_the_driver_calls_it_stable():
    plate = Plate(30.0)
    together = Together(LumasenseM340(plate), codec.SPEC)
    assert together.samples(10.0, ReferenceReading)[-1].stable is False
    together.send(codec.set_setpoint(37.0))
    readings = together.samples(300.0, ReferenceReading)
    on_its_way = [reading for reading in readings if abs(reading.actual_c - 37.0) > 0.2]
    assert on_its_way
    assert not any(reading.stable for reading in on_its_way)
    assert readings[-1].stable is True
    assert readings[-1].setpoint_c == 37.0
    assert readings[-1].actual_c == pytest.approx(37.0, abs=0.1)


@pytest.mark.parametrize("setpoint_c", [-0.1, 1000.0])
def test_a_set_point_that_four_digits_cannot_say_is_refused(setpoint_c):
    with pytest.raises(ValueError, match="tenths"):
        codec.set_setpoint(setpoint_c)


def test_it_is_opened_with_odd_parity_and_seven_bits():
    line = codec.SPEC.line
    assert (line.baud, line.bytesize, line.parity, line.stopbits) == (1200, 7, "O", 1)
