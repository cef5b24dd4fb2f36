"""The Optris CT and CS and their driver: nothing but lengths to go by."""

import pytest

from drivers.devices import optris_ct as codec
from drivers.samples import Applied, DecodeFault, FaultKind, SampleFlag, SpotReading
from simulators.devices.optris_ct import OptrisCt
from simulators.line_faults import LineFaults
from tests.simulators.devices.together import START, Still, Together, told


def powered(device):
    device.power_up(0.0)
    return device


def test_readings_come_with_the_emissivity_that_the_device_applied():
    together = Together(OptrisCt(Still(34.0, 25.5)), codec.SPEC)
    readings = together.samples(4.0, SpotReading)
    assert len(readings) > 28
    assert {reading.emissivity for reading in readings} == {0.95}
    assert {reading.applied for reading in readings} == {Applied.EMISSIVITY}
    assert {reading.ambient_c for reading in readings} == {27.0}
    assert readings[0].object_c == pytest.approx(34.4, abs=0.1)  # lifted by 1/0.95 of what the head does not reflect
    assert all(SampleFlag.UNCHECKED in reading.flags for reading in readings)


def test_the_manuals_conversation_of_a_cs():
    device = powered(OptrisCt(Still(23.5, 23.5), is_ct=False))
    assert device.baud == 9600
    assert device.hear(bytes.fromhex("84 03 B6"), 0.0) == bytes.fromhex("03 B6")
    assert device.hear(bytes.fromhex("04"), 0.0) == bytes.fromhex("03 B6")
    device.hear(codec.set_emissivity(1.0, checked=False), 0.0)
    assert device.hear(b"\x01", 0.0) == bytes.fromhex("04 D3")


def test_a_ct_wants_its_check_byte_until_it_is_told_not_to_and_again_after_power_up():
    device = powered(OptrisCt(Still()))
    assert device.hear(bytes.fromhex("84 03 E8 00"), 0.0) == b""  # wrong check byte
    assert device.hear(bytes.fromhex("04"), 0.0) == bytes.fromhex("03 B6")
    assert device.hear(codec.set_emissivity(1.0), 0.0) == bytes.fromhex("03 E8")
    device.hear(bytes.fromhex("AD AD"), 0.0)
    assert device.hear(codec.set_emissivity(0.95, checked=False), 0.0) == bytes.fromhex("03 B6")
    device.power_up(5.0)
    assert device.hear(codec.set_emissivity(1.0), 5.0) == bytes.fromhex("03 E8")


def test_addresses_of_rs_485():
    device = powered(OptrisCt(Still(), address=5))
    assert len(device.hear(codec.addressed(codec.read(codec.TARGET), 5), 0.0)) == 2
    assert device.hear(codec.addressed(codec.read(codec.TARGET), 6), 0.0) == b""
    assert device.hear(b"\xb0" + codec.set_emissivity(1.0), 0.0) == b""  # to all: obeyed in silence
    assert device.hear(codec.read(codec.EMISSIVITY), 0.0) == bytes.fromhex("03 E8")


def test_numbers_of_the_device():
    device = powered(OptrisCt(Still(), serial=8_051_234))
    assert int.from_bytes(device.hear(codec.read(codec.SERIAL_NUMBER), 0.0), "big") == 8_051_234
    assert len(device.hear(codec.read(codec.FIRMWARE), 0.0)) == 2


def test_an_hs_model_is_refused_by_name_and_never_read_as_a_thousand_degrees():
    events = Together(OptrisCt(Still(36.5, 25.0), hundredths=True), codec.SPEC).run(2.0)
    assert not [event for event in events if isinstance(event, SpotReading)]
    faults = [event for event in events if isinstance(event, DecodeFault)]
    assert faults
    assert all("hundredths" in fault.detail for fault in faults)


def test_a_late_answer_is_dropped_in_a_turn_of_silence():
    device = powered(OptrisCt(Still(36.5, 25.0)))
    decoder = codec.SPEC.decoder("late")
    for turn in range(3):
        decoder.feed(device.hear(decoder.poll(), 0.0), START.later(turn))
    late = device.hear(decoder.poll(), 0.0)  # the target: its answer is held back
    assert decoder.poll() == b""
    events = decoder.feed(late, START.later(4))
    assert [event.kind for event in events] == [FaultKind.TIMEOUT]
    assert decoder.poll() == codec.read(codec.EMISSIVITY)
    events = decoder.feed(device.hear(codec.read(codec.EMISSIVITY), 0.0), START.later(5))
    assert [event.kind for event in events if isinstance(event, DecodeFault)] == [FaultKind.RESYNC]
    assert told(events) == [("emissivity", "0.950")]


def test_silence_and_cut_answers_never_shift_the_next_ones():
    faults = LineFaults.parse(["silence:0.1", "cut:0.2"], seed=9)
    events = Together(OptrisCt(Still(36.5, 25.5)), codec.SPEC, faults=faults).run(20.0)
    readings = [event for event in events if isinstance(event, SpotReading)]
    assert len(readings) > 25  # every silence begins again with emissivity, transmission and head
    assert len({reading.object_c for reading in readings}) == 1
    assert {reading.ambient_c for reading in readings} <= {27.0}
