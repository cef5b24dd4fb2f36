"""GY-614V: registers of any extent, an offset that is told, and frames that the sensor cannot have meant."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.clock import Instant
from drivers.devices.gy_614v import (
    Gy614vDecoder,
    encode_reading,
    encode_registers,
    read_registers,
    set_baud,
    set_emissivity,
    set_rate,
    write_register,
)
from drivers.samples import DecodeFault, DeviceReply, FaultKind, Mode, SpotReading

AT = Instant(datetime(2026, 1, 24, tzinfo=UTC), 10**9)

MAP = bytes((0xA4, 2, 3, 0, 0, 0, 100, 95)) + b"\x0d\x54\x09\xe3\x0e\x4a" + bytes((1, 7))


@given(st.integers(0, 15), st.integers(1, 16))
def test_any_run_of_registers_is_read_as_what_it_is(start: int, count: int) -> None:
    count = min(count, 16 - start)
    events = Gy614vDecoder("spot").feed(encode_registers(start, MAP[start : start + count]), AT)
    covered = set(range(start, start + count))
    if {8, 9} <= covered:
        (reading,) = events
        assert isinstance(reading, SpotReading)
        assert reading.object_c == 34.12
        assert reading.ambient_c == (25.31 if {10, 11} <= covered else None)
        assert reading.body_c == (36.58 if {12, 13} <= covered else None)
    else:
        assert [type(event) for event in events] == [DeviceReply] * count


def test_body_never_makes_it_a_body_instrument() -> None:
    (reading,) = Gy614vDecoder("spot").feed(encode_reading(34.0, 25.0, 36.6), AT)
    assert isinstance(reading, SpotReading)
    assert reading.mode is Mode.SURFACE


@pytest.mark.parametrize(
    "frame",
    [encode_reading(-100.0, 25.0, 36.0), encode_reading(34.0, 130.0, 36.0), encode_reading(34.0, 25.0, 36.0, 0)],
)
def test_what_the_sensor_cannot_say_is_a_fault(frame: bytes) -> None:
    decoder = Gy614vDecoder("spot")
    events = [*decoder.feed(frame, AT), *decoder.feed(b"", AT.later(1))]
    assert all(isinstance(event, DecodeFault) for event in events)
    assert {event.kind for event in events} == {FaultKind.CONTENT}


def test_an_offset_set_by_somebody_is_told() -> None:
    (reply,) = Gy614vDecoder("spot").feed(encode_registers(6, bytes((95,))), AT)
    assert isinstance(reply, DeviceReply)
    assert (reply.name, reply.value) == ("offset_c", "-0.5")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: set_baud(1200),
        lambda: set_rate(3),
        lambda: set_emissivity(0),
        lambda: write_register(16, 0),
        lambda: write_register(3, 256),
        lambda: read_registers(10, 7),
        lambda: encode_reading(400.0, 25.0, 36.0),
    ],
)
def test_what_the_device_does_not_know_is_not_said(wrong) -> None:
    with pytest.raises(ValueError):
        wrong()
