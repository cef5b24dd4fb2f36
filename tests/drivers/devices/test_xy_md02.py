"""XY-MD02: lost contexts, impossible air, units that count hundredths, and a real Modbus server as the device."""

from datetime import UTC, datetime

import pytest
from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import DecodePDU

from contract.clock import Instant
from drivers import modbus_rtu
from drivers.devices.xy_md02 import XyMd02Decoder, encode_reply, read_both, read_temperature, set_offsets
from drivers.samples import AmbientReading, DecodeFault, DeviceReply, FaultKind

AT = Instant(datetime(2026, 1, 24, tzinfo=UTC), 10**9)
ASKED = modbus_rtu.request(read_both())
assert ASKED is not None


def answer(decoder: XyMd02Decoder, ambient_c: float, humidity_pct: float, counts: int = 10) -> list[object]:
    decoder.poll()
    return list(decoder.feed(encode_reply(ASKED, ambient_c, humidity_pct, counts), AT))


def test_impossible_air_is_a_fault_not_a_reading() -> None:
    for ambient_c, humidity_pct in ((120.0, 50.0), (-60.0, 50.0), (20.0, 100.5)):
        (event,) = answer(XyMd02Decoder("air"), ambient_c, humidity_pct)
        assert isinstance(event, DecodeFault)
        assert event.kind is FaultKind.CONTENT


def test_a_unit_that_counts_hundredths_proves_it_before_it_is_believed() -> None:
    decoder = XyMd02Decoder("air")
    (first,) = answer(decoder, 21.37, 48.05, counts=100)
    assert isinstance(first, DecodeFault)
    assert "hundredths" in first.detail
    (second,) = answer(decoder, 21.37, 48.05, counts=100)
    assert isinstance(second, AmbientReading)
    assert (second.ambient_c, second.humidity_pct) == (21.37, 48.05)
    (dry,) = answer(decoder, 5.0, 9.0, counts=100)
    assert isinstance(dry, AmbientReading)
    assert (dry.ambient_c, dry.humidity_pct) == (5.0, 9.0)


def test_a_unit_settled_as_tenths_is_never_believed_otherwise() -> None:
    decoder = XyMd02Decoder("air", counts_per_unit=10)
    for _ in range(3):
        (event,) = answer(decoder, 21.37, 48.05, counts=100)
        assert isinstance(event, DecodeFault)


def test_a_reply_to_one_register_means_nothing_once_its_question_was_used() -> None:
    decoder = XyMd02Decoder("air")
    one = bytes.fromhex("01 04 02 01 31 79 74")
    first, second = decoder.feed(read_temperature() + one + one, AT)
    assert isinstance(first, AmbientReading)
    assert isinstance(second, DeviceReply)
    assert second.name == "register"


def test_a_refusal_says_its_code() -> None:
    decoder = XyMd02Decoder("air")
    decoder.poll()
    (event,) = decoder.feed(modbus_rtu.refusal(ASKED, modbus_rtu.ILLEGAL_ADDRESS), AT)
    assert isinstance(event, DecodeFault)
    assert "code 2" in event.detail
    assert encode_reply(modbus_rtu.request(modbus_rtu.read_input(1, 1, 5)), 20, 50)[1] == 0x84  # type: ignore[arg-type]


def test_half_an_old_answer_is_not_joined_to_a_new_one() -> None:
    decoder = XyMd02Decoder("air")
    decoder.poll()
    reply = encode_reply(ASKED, 30.5, 54.6)
    assert decoder.feed(reply[:5], AT) == []
    decoder.poll()
    timeout, dropped, reading = decoder.feed(reply, AT.later(2))
    assert isinstance(timeout, DecodeFault)
    assert timeout.kind is FaultKind.TIMEOUT
    assert isinstance(dropped, DecodeFault)
    assert dropped.dropped_bytes == 5
    assert isinstance(reading, AmbientReading)


@pytest.mark.parametrize("request_bytes", [read_both(), read_temperature(), set_offsets(-0.5, 1.0)])
def test_pymodbus_reads_our_requests(request_bytes: bytes) -> None:
    used, unit, _transaction, pdu = FramerRTU(DecodePDU(is_server=True)).decode(request_bytes)
    assert (used, unit) == (len(request_bytes), 1)
    assert pdu == request_bytes[1:-2]
