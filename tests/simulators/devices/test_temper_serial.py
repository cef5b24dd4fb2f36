"""The serial TEMPer and its driver."""

import pytest

from drivers.devices import temper_serial as codec
from drivers.samples import AmbientReading, DecodeFault
from simulators.devices.temper_serial import TemperSerial
from simulators.line_faults import LineFaults
from tests.simulators.devices.together import START, Still, Together


def test_the_probe_tells_the_air_where_there_is_one():
    readings = Together(TemperSerial(Still(sensor_c=22.25, humidity_pct=40.5)), codec.SPEC).samples(
        10.0, AmbientReading
    )
    assert len(readings) == 5
    assert {(reading.ambient_c, reading.humidity_pct) for reading in readings} == {(22.25, 40.5)}


def test_without_a_probe_the_warmed_stick_speaks():
    device = TemperSerial(Still(sensor_c=22.25, humidity_pct=40.5), probe=False)
    (reading, *_) = Together(device, codec.SPEC).samples(3.0, AmbientReading)
    assert reading.ambient_c == 23.75


def test_words_are_understood_however_they_are_cut():
    device = TemperSerial(Still(sensor_c=25.0))
    device.power_up(0.0)
    assert device.hear(b"Read", 0.0) == b""
    assert device.hear(b"TempVersion", 0.0).splitlines() == [
        b"Temp-Inner:26.50 [C],54.60 [%RH]",
        b"Temp-Outer:25.00 [C]",
        b"TEMPerX232_V2.0",
    ]


def test_a_bad_line_never_mixes_two_answers():
    source = Still(sensor_c=22.25, humidity_pct=40.5)
    faults = LineFaults.parse(["cut:0.3", "garbage:0.3"], seed=2)
    events = Together(TemperSerial(source), codec.SPEC, faults=faults).run(60.0)
    readings = [event for event in events if isinstance(event, AmbientReading)]
    assert len(readings) > 10
    assert {reading.humidity_pct for reading in readings} == {40.5}
    assert any(isinstance(event, DecodeFault) for event in events)


@pytest.mark.parametrize("line", ["Temp-Inner:abc [C]", "Temp-Inner:", "Temp-Outer:99999 [C]", "temp-inner:25.0"])
def test_a_line_that_is_not_quite_right_is_no_reading(line):
    events = codec.SPEC.decoder("x").feed(line.encode() + b"\r\n", START)
    assert [type(event) for event in events] == [DecodeFault]
