"""Fluke 4180: the round of questions survives lost, late and senseless answers without mixing them up."""

from datetime import UTC, datetime

import pytest

from contract.clock import Instant
from drivers.devices.fluke_4180 import (
    Fluke4180Decoder,
    encode_line,
    encode_temperature,
    set_emissivity,
    set_ramp,
    set_setpoint,
    set_stability_limit,
)
from drivers.samples import DecodeFault, DeviceReply, FaultKind, ReferenceReading

AT = Instant(datetime(2026, 1, 24, tzinfo=UTC), 10**9)
IDENTITY = encode_line("FLUKE,4180,B12345,1.10")


def through_a_round(decoder: Fluke4180Decoder, actual_c: float = 37.02) -> ReferenceReading:
    answers = {
        b"*IDN?\r": IDENTITY,
        b"SOUR:SENS:DATA?\r": encode_temperature(actual_c),
        b"SOUR:SPO?\r": encode_temperature(37.0),
        b"SOUR:STAB:TEST?\r": encode_line("1"),
    }
    for _ in range(4):
        for event in decoder.feed(answers[decoder.poll()], AT):
            if isinstance(event, ReferenceReading):
                return event
    raise AssertionError("no reading in a round")


def test_a_late_answer_is_not_taken_for_the_next() -> None:
    """36.41 answers the first question only after it was given up: it must not become the set point."""
    decoder = Fluke4180Decoder("plate")
    decoder.poll()
    decoder.feed(IDENTITY, AT)
    assert decoder.poll() == b"SOUR:SENS:DATA?\r"
    assert decoder.poll() == b"*IDN?\r"
    timeout, older = decoder.feed(encode_temperature(36.41), AT)
    assert isinstance(timeout, DecodeFault)
    assert timeout.kind is FaultKind.TIMEOUT
    assert isinstance(older, DecodeFault)
    assert "older question" in older.detail
    (identity,) = decoder.feed(IDENTITY, AT)
    assert isinstance(identity, DeviceReply)
    reading = through_a_round(decoder)
    assert (reading.actual_c, reading.setpoint_c) == (37.02, 37.0)


@pytest.mark.parametrize("answer", ["ERROR", "999.0", "-60", "37,02", "nan", "1e9", "?37"])
def test_a_senseless_answer_starts_the_round_again(answer: str) -> None:
    decoder = Fluke4180Decoder("plate")
    decoder.poll()
    decoder.feed(IDENTITY, AT)
    decoder.poll()
    (fault,) = decoder.feed(encode_line(answer), AT)
    assert isinstance(fault, DecodeFault)
    assert fault.kind is FaultKind.CONTENT
    assert decoder.poll() == b"*IDN?\r"


def test_stability_is_yes_or_no() -> None:
    decoder = Fluke4180Decoder("plate")
    for answer in (IDENTITY, encode_temperature(37), encode_temperature(37)):
        decoder.poll()
        decoder.feed(answer, AT)
    assert decoder.poll() == b"SOUR:STAB:TEST?\r"
    (fault,) = decoder.feed(encode_line("0.5"), AT)
    assert isinstance(fault, DecodeFault)


def test_a_full_duplex_line_that_echoes_changes_nothing() -> None:
    decoder = Fluke4180Decoder("plate")
    assert decoder.feed(set_setpoint(37.0), AT) == []
    for answer in (IDENTITY, encode_temperature(36.9), encode_temperature(37)):
        decoder.feed(decoder.poll() + answer, AT)
    (reading,) = decoder.feed(decoder.poll() + encode_line("0"), AT)
    assert isinstance(reading, ReferenceReading)
    assert (reading.actual_c, reading.stable) == (36.9, False)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: set_setpoint(600),
        lambda: set_ramp(0.01),
        lambda: set_stability_limit(9),
        lambda: set_emissivity(0.5),
    ],
)
def test_what_the_device_cannot_do_is_not_asked_of_it(wrong) -> None:
    with pytest.raises(ValueError):
        wrong()
