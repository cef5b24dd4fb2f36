"""The simulated XY-MD02 joined with the real codec; the manual's own frames."""

import pytest

from drivers import modbus_rtu
from drivers.devices import xy_md02 as codec
from drivers.samples import AmbientReading
from simulators.devices.xy_md02 import XyMd02


class Air:
    def __init__(self, ambient_c=30.5, humidity_pct=54.6):
        self.values = ambient_c, humidity_pct

    def ambient_c(self, t_s):
        return self.values[0]

    def humidity_pct(self, t_s):
        return self.values[1]


def test_the_manuals_question_has_the_manuals_answer():
    assert XyMd02(Air()).hear(bytes.fromhex("010400010002200B"), 0.0).hex() == "01040401310222" + "2ace"


@pytest.mark.parametrize(("ambient_c", "humidity_pct"), [(30.5, 54.6), (-20.5, 0.0), (0.0, 100.0)])
def test_the_codec_reads_what_the_air_is(clock, ambient_c, humidity_pct):
    device, decoder = XyMd02(Air(ambient_c, humidity_pct)), codec.SPEC.decoder("a")
    (reading,) = decoder.feed(device.hear(decoder.poll(), 0.0), clock.now())
    assert isinstance(reading, AmbientReading)
    assert (reading.ambient_c, reading.humidity_pct) == (ambient_c, humidity_pct)


def test_it_says_nothing_unasked_and_answers_a_question_that_comes_in_pieces():
    device = XyMd02(Air())
    assert device.speak(5.0)[0] == b""
    answers = [device.hear(bytes((byte,)), 0.0) for byte in codec.read_both()]
    assert answers[:-1] == [b""] * 7
    assert answers[-1]


def test_damaged_and_foreign_questions_are_not_answered():
    device = XyMd02(Air())
    assert device.hear(bytes.fromhex("010400010002200C"), 0.0) == b""
    assert device.hear(codec.read_both(unit=7), 0.0) == b""
    assert device.hear(codec.read_both(), 0.0) != b""


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (modbus_rtu.read_input(1, 0x0001, 3), modbus_rtu.ILLEGAL_ADDRESS),
        (modbus_rtu.read_input(1, 0x0009, 1), modbus_rtu.ILLEGAL_ADDRESS),
        (modbus_rtu.read_holding(1, 0x0001, 1), modbus_rtu.ILLEGAL_ADDRESS),
        (modbus_rtu.read_coils(1, 0, 1), modbus_rtu.ILLEGAL_FUNCTION),
        (modbus_rtu.write_register(1, 0x0102, 1234), modbus_rtu.ILLEGAL_VALUE),
        (modbus_rtu.write_register(1, 0x0200, 1), modbus_rtu.ILLEGAL_ADDRESS),
    ],
)
def test_what_it_does_not_have_it_refuses(question, code):
    reply = modbus_rtu.reply(XyMd02(Air()).hear(question, 0.0))
    assert reply.exception == code


def test_offsets_shift_readings_and_stay_when_switched_off(clock):
    device, decoder = XyMd02(Air(20.0, 50.0)), codec.SPEC.decoder("a")
    assert device.hear(codec.set_offsets(-1.5, 2.0), 0.0)
    device.power_up(1.0)
    (reading,) = decoder.feed(device.hear(decoder.poll(), 1.0), clock.now())
    assert (reading.ambient_c, reading.humidity_pct) == (18.5, 52.0)


@pytest.mark.parametrize("value", [2, 19200])
def test_a_new_rate_acts_when_switched_on_again(value):
    device = XyMd02(Air())
    device.hear(modbus_rtu.write_register(1, 0x0102, value), 0.0)
    assert device.baud == 9600
    device.power_up(1.0)
    assert device.baud == 19200
    assert modbus_rtu.reply(device.hear(modbus_rtu.read_holding(1, 0x0101, 4), 1.0)).registers == (1, 19200, 0, 0)


def test_a_broadcast_is_obeyed_in_silence():
    device = XyMd02(Air())
    assert device.hear(modbus_rtu.write_register(0, 0x0101, 9), 0.0) == b""
    assert device.hear(codec.read_both(unit=9), 0.0) != b""


def test_its_settings_are_told_as_text():
    device = XyMd02(Air())
    assert device.hear(b"PARAM", 0.0) == b"TC:0.0,HC:0.0,BR:9600,HZ:1\r\nSLAVE_ADD:1\r\n"


def test_a_unit_that_counts_hundredths():
    reply = modbus_rtu.reply(XyMd02(Air(), counts_per_unit=100).hear(codec.read_both(), 0.0))
    assert reply.registers == (3050, 5460)
