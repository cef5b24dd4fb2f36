"""The simulated Fluke 4180 joined with the real codec and with the plate that a camera sees."""

import pytest

from drivers.devices import fluke_4180 as codec
from drivers.samples import ReferenceReading
from simulators.ambient import Air, Climate
from simulators.devices.fluke_4180 import Fluke4180
from simulators.plate import Plate
from simulators.radiation import apparent_c

AIR = Air(Climate(outdoor_amplitude_c=0, weather=0), 0, 9.0)


@pytest.fixture
def plate():
    return Plate(36.0, emissivity=0.95, seed=2)


@pytest.fixture
def device(plate):
    unit = Fluke4180(plate, AIR)
    unit.power_up(0.0)
    return unit


def ask(device, text, t_s=0.0):
    return device.hear(text.encode() + b"\r", t_s).decode().strip()


def test_the_codec_gets_a_reading_out_of_a_round_of_questions(device, clock):
    decoder = codec.SPEC.decoder("a")
    events = [event for _ in range(5) for event in decoder.feed(device.hear(decoder.poll(), 100.0), clock.advance(0.5))]
    (reading,) = [event for event in events if isinstance(event, ReferenceReading)]
    assert reading.setpoint_c == 36.0
    assert reading.actual_c == pytest.approx(36.0, abs=0.05)
    assert reading.stable


def test_the_handshake_knows_it(device):
    assert codec.SPEC.handshake.recognises(device.hear(codec.SPEC.handshake.request, 0.0))


@pytest.mark.parametrize("text", ["SOUR:SENS:DATA?", "sour:sens:dat?", "SOURCE:SENSE:DATA?"])
def test_spelling_is_free_as_scpi_allows(device, text):
    assert float(ask(device, text)) == pytest.approx(36.0, abs=0.05)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("SOUR:CAL:EMIS?", "0.950"),
        ("SOUR:CAL:WAV?", "0"),
        ("SOUR:CAL:DATE?", "2007,1,18"),
        ("SOUR:CAL:PAR2?", "0.20"),
        ("SOUR:STAB:LIM?", "0.10"),
        ("OUTP:STAT?", "1"),
        ("PROG:SEL?", "3"),
        ("PROG:STAT?", "0"),
        ("SYST:ERR?", '0,"No error"'),
    ],
)
def test_documented_answers(device, question, answer):
    assert ask(device, question) == answer


def test_a_new_set_point_is_reached_with_a_ramp_and_stable_a_minute_later(device, plate):
    device.hear(codec.set_ramp(6.0) + codec.set_setpoint(39.0), 0.0)
    assert float(ask(device, "SOUR:SPO?", 1.0)) == 39.0
    assert float(ask(device, "SOUR:SENS:DATA?", 15.0)) == pytest.approx(37.5, abs=0.1)
    assert ask(device, "SOUR:STAB:TEST?", 40.0) == "0"
    assert ask(device, "SOUR:STAB:TEST?", 120.0) == "1"
    assert plate.surface_c(120.0) == pytest.approx(39.0, abs=0.1)


def test_a_plate_without_its_heater_cools_and_is_not_stable(device, plate):
    device.hear(codec.set_output(on=False), 0.0)
    assert float(ask(device, "SOUR:SENS:DATA?", 60.0)) == pytest.approx(34.0, abs=0.1)
    assert ask(device, "SOUR:STAB:TEST?", 3600.0) == "0"
    assert plate.surface_c(3600.0) == pytest.approx(AIR.ambient_c(3600.0), abs=0.1)
    assert ask(device, "OUTP:DATA?", 3600.0) == "0.0"


def test_its_emissivity_decides_what_a_camera_sees(device, plate):
    assert plate.radiance_c(0.0, 23.0) == pytest.approx(apparent_c(36.0, 0.95, 23.0), abs=0.05)
    device.hear(codec.set_emissivity(1.0), 0.0)
    assert plate.radiance_c(0.0, 23.0) == pytest.approx(36.0, abs=0.05)
    assert float(ask(device, "SOUR:SENS:BLOC?")) == pytest.approx(36.68, abs=0.1)  # the plate itself is hotter


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("SOUR:SPO 200", "-222"),
        ("SOUR:SPO warm", "-222"),
        ("SOUR:EMIS 0.5", "-222"),
        ("MAKE:TEA", "-113"),
        ("SOUR:SPO 37;OUTP:STAT 1", "-222"),
        ("*RST;*CLS", "-102"),
    ],
)
def test_refused_commands_are_told_once_when_asked(device, command, error):
    assert ask(device, command) == ""
    assert ask(device, "SYST:ERR?").startswith(error)
    assert ask(device, "SYST:ERR?") == '0,"No error"'
    assert ask(device, "SOUR:SPO?") == "36.00"


def test_errors_are_cleared_on_request(device):
    ask(device, "MAKE:TEA")
    ask(device, "*CLS")
    assert ask(device, "SYST:ERR?").startswith("0")


def test_replies_end_with_cr_and_with_lf_only_if_asked(device):
    assert device.hear(b"SOUR:SPO?\n", 0.0) == b"36.00\r"
    device.hear(b"SYST:COMM:SER:LIN 1\r", 0.0)
    assert device.hear(b"SOUR:SPO?\r\n", 0.0) == b"36.00\r\n"


def test_the_password_is_asked_for_and_forgotten_when_switched_off(device):
    ask(device, "SYST:PASS:CEN 9999")
    assert ask(device, "SYST:PASS:CEN?") == "0"
    ask(device, "SYST:PASS:CEN 1234")
    assert ask(device, "SYST:PASS:CEN?") == "1"
    device.power_up(1.0)
    assert ask(device, "SYST:PASS:CEN?") == "0"
