"""The Hart 9133 and its driver: echo, chatter, units, settings that outlive the power."""

import pytest

from drivers.devices import hart_9132 as codec
from drivers.samples import DecodeFault, ReferenceReading
from simulators.devices.hart_9132 import Hart9132
from simulators.plate import Plate
from tests.simulators.devices.together import Together


def powered(device):
    device.power_up(0.0)
    return device


def test_the_family_manuals_conversation():
    device = powered(Hart9132(Plate(37.0), full_duplex=False, sample_s=0))
    assert device.hear(b"s\r", 0.0) == b"set: 37.00 C\r"
    assert device.hear(b" SetPoint \r", 0.0) == b"set: 37.00 C\r"
    assert device.hear(b"tx\x08\r", 0.0) == b"t: 37.00 C\r"  # a backspace takes back a letter
    assert device.hear(b"*ver\r", 0.0) == b"ver.9133,1.21\r"
    assert device.hear(b"s=42.5\ru=f\rs\r", 0.0) == b"set: 108.50 F\r"
    assert device.hear(b"lf=on\ru=c\rs\r", 0.0) == b"set: 42.50 C\r\n"
    assert device.hear(b"nonsense\rs=500\rs=abc\r", 0.0) == b""


def test_it_echoes_in_full_duplex_and_stops_when_told():
    device = powered(Hart9132(Plate(37.0)))
    assert device.hear(b"t\r", 0.0) == b"t\rt: 37.00 C\r"
    assert device.hear(b"du=h\r", 0.0) == b"du=h\r"
    assert device.hear(b"t\r", 0.0) == b"t: 37.00 C\r"
    device.power_up(5.0)
    assert device.hear(b"t\r", 5.0) == b"t: 37.00 C\r"  # it remembers


@pytest.mark.parametrize("device", [Hart9132(Plate(37.0)), Hart9132(Plate(37.0), full_duplex=False, sample_s=0)])
def test_the_driver_lives_with_echo_and_chatter_or_without(device):
    together = Together(device, codec.SPEC)
    readings = together.samples(20.0, ReferenceReading)
    assert len(readings) >= 12
    assert {reading.setpoint_c for reading in readings} == {37.0}
    together.send(codec.set_setpoint(39.0))
    readings = together.samples(200.0, ReferenceReading)
    assert readings[-1].stable is True
    assert readings[-1].actual_c == pytest.approx(39.0, abs=0.1)


def test_a_display_in_fahrenheit_reads_the_same():
    device = powered(Hart9132(Plate(37.0), sample_s=0))
    device.hear(b"u=f\r", 0.0)
    (reading, *_) = Together(device, codec.SPEC).samples(5.0, ReferenceReading)
    assert reading.actual_c == pytest.approx(37.0, abs=0.01)


def test_the_handshake_knows_the_infrared_calibrators_from_the_dry_wells():
    recognises = codec.SPEC.handshake.recognises
    assert recognises(powered(Hart9132(Plate())).hear(codec.read_version(), 0.0))
    assert not recognises(b"*ver\r\nver.9009,1.21\r\n")


def test_a_temperature_that_no_plate_has_is_a_fault():
    from tests.simulators.devices.together import START

    decoder = codec.SPEC.decoder("x")
    (event,) = decoder.feed(b"t: 999.9 C\r", START)
    assert isinstance(event, DecodeFault)
