"""Lepton Y16: telemetry, shutter, frozen pictures, what is no temperature, and the two sizes of frame."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.clock import Instant
from drivers.devices.lepton_y16 import (
    FFC_COMPLETE,
    FFC_IMMINENT,
    FFC_IN_PROGRESS,
    FFC_NEVER,
    FRAME_BYTES,
    PICTURE_BYTES,
    LeptonY16Decoder,
    Telemetry,
    decode_telemetry,
    encode_counts,
    encode_frame,
    encode_telemetry,
)
from drivers.samples import DecodeFault, FaultKind, SampleFlag, ThermalFrame

AT = Instant(datetime(2026, 1, 24, tzinfo=UTC), 10**9)
TELEMETRY = Telemetry(uptime_ms=100_000, frame_counter=260, last_ffc_ms=40_000, sensor_c=31.0, housing_c=28.5)
SCENE = np.add.outer(np.linspace(20, 24, 120), np.linspace(0, 10, 160))


def decode(data: bytes, at: Instant = AT, decoder: LeptonY16Decoder | None = None) -> list[object]:
    decoder = decoder or LeptonY16Decoder("cam")
    return [*decoder.feed(data, at), *decoder.feed(b"", at.later(1))]


def one(data: bytes) -> ThermalFrame:
    (frame,) = decode(data)
    assert isinstance(frame, ThermalFrame)
    return frame


def test_telemetry_is_told_with_the_frame() -> None:
    frame = one(encode_frame(SCENE, TELEMETRY))
    assert (frame.sensor_c, frame.housing_c) == (31.0, 28.5)
    assert (frame.since_shutter_s, frame.device_counter) == (60.0, 260)
    np.testing.assert_allclose(frame.temps_c, SCENE, atol=0.006)
    assert frame.flags is SampleFlag.NONE


def test_telemetry_in_front_of_the_picture_is_found_too() -> None:
    data = encode_frame(SCENE, TELEMETRY)
    swapped = data[PICTURE_BYTES:] + data[:PICTURE_BYTES]
    frame = one(swapped)
    assert frame.device_counter == 260
    np.testing.assert_allclose(frame.temps_c, SCENE, atol=0.006)


@pytest.mark.parametrize(
    ("state", "shut"), [(FFC_NEVER, False), (FFC_IMMINENT, True), (FFC_IN_PROGRESS, True), (FFC_COMPLETE, False)]
)
def test_nothing_is_measured_while_the_shutter_is_about_to_close_or_closed(state: int, shut: bool) -> None:  # noqa: FBT001
    frame = one(encode_frame(SCENE, TELEMETRY._replace(ffc_state=state)))
    assert (SampleFlag.SHUTTER in frame.flags) is shut


def test_before_the_first_correction_nobody_knows_how_long_ago_it_was() -> None:
    frame = one(encode_frame(SCENE, TELEMETRY._replace(ffc_state=FFC_NEVER, last_ffc_ms=0)))
    assert frame.since_shutter_s is None


def test_the_coarse_resolution_is_read_as_tenths() -> None:
    frame = one(encode_frame(SCENE, TELEMETRY._replace(kelvin_per_count=0.1)))
    np.testing.assert_allclose(frame.temps_c, SCENE, atol=0.051)


@pytest.mark.parametrize(
    "data",
    [
        encode_counts(np.full((120, 160), 8000, np.uint16), TELEMETRY._replace(tlinear=False)),
        encode_counts(np.full((120, 160), 30000, np.uint16), TELEMETRY._replace(agc=True)),
        encode_counts(np.full((120, 160), 8000, np.uint16)),
        encode_counts(np.full((120, 160), 255, np.uint16)),
        encode_counts(np.full((120, 160), 2990, np.uint16)),
    ],
    ids=["TLinear off", "AGC on", "raw counts untold", "grey levels untold", "tenths untold"],
)
def test_what_is_no_temperature_is_no_value(data: bytes) -> None:
    frame = one(data)
    assert np.isnan(frame.temps_c).all()
    assert SampleFlag.NOT_RADIOMETRIC in frame.flags


def test_a_frozen_picture_is_flagged_whatever_its_counter_says() -> None:
    later = TELEMETRY._replace(frame_counter=263, uptime_ms=100_114)
    first, second = decode(encode_frame(SCENE, TELEMETRY) + encode_frame(SCENE, later))
    assert SampleFlag.REPEATED not in first.flags  # type: ignore[attr-defined]
    assert SampleFlag.REPEATED in second.flags  # type: ignore[attr-defined]


def test_an_overheated_camera_says_so() -> None:
    assert SampleFlag.OVERHEATED in one(encode_frame(SCENE, TELEMETRY._replace(overheated=True))).flags


def test_dead_rows_and_pixels_are_no_values() -> None:
    counts = np.rint((SCENE + 273.15) * 100).astype(np.uint16)
    counts[30] = 0
    counts[50, 60] = 0xFFFF
    frame = one(encode_counts(counts, TELEMETRY))
    assert np.isnan(frame.temps_c[30]).all()
    assert np.isnan(frame.temps_c[50, 60])
    assert np.isnan(frame.temps_c).sum() == 161
    assert SampleFlag.BAD_ROWS | SampleFlag.BAD_PIXELS in frame.flags


def test_a_stream_without_telemetry_is_told_by_its_second_frame_and_keeps_its_times() -> None:
    decoder = LeptonY16Decoder("cam")
    picture = encode_frame(SCENE)
    assert decoder.feed(picture, AT) == []
    first, second = decoder.feed(encode_frame(SCENE + 1), AT.later(0.1))
    assert (first.mono_ns, second.mono_ns) == (AT.mono_ns, AT.later(0.1).mono_ns)
    (third,) = decoder.feed(encode_frame(SCENE + 2), AT.later(0.2))
    assert third.mono_ns == AT.later(0.2).mono_ns


def test_half_a_frame_is_given_up_after_a_pause_and_the_next_is_whole() -> None:
    decoder = LeptonY16Decoder("cam")
    data = encode_frame(SCENE, TELEMETRY)
    assert len(decode(data, AT, decoder)) == 1
    assert decoder.feed(data[:20_000], AT.later(2)) == []
    fault, frame = decoder.feed(data, AT.later(3))
    assert isinstance(fault, DecodeFault)
    assert (fault.kind, fault.dropped_bytes) == (FaultKind.LENGTH, 20_000)
    assert isinstance(frame, ThermalFrame)


def test_bytes_lost_within_a_stream_never_become_a_shifted_picture() -> None:
    decoder = LeptonY16Decoder("cam")
    data = encode_frame(SCENE, TELEMETRY)
    events = list(decoder.feed(data + data[:20_000] + data[20_101:] + data + data, AT))
    assert isinstance(events[0], ThermalFrame)
    assert [type(event) for event in events[1:]] == [DecodeFault]
    (frame,) = decode(encode_frame(SCENE + 1, TELEMETRY), AT.later(2), decoder)
    assert isinstance(frame, ThermalFrame)
    np.testing.assert_allclose(frame.temps_c, SCENE + 1, atol=0.006)


# --- streams that are entered in the middle of a frame ----------------------------------------------------------------


def counted(number: int, *, telemetry: bool) -> bytes:
    """Return a frame whose every pixel tells its place, and which frame it is."""
    told = TELEMETRY._replace(frame_counter=number, uptime_ms=100_000 + 115 * number) if telemetry else None
    return encode_frame(SCENE + 0.01 * number, told)


def entered(*, at_byte: int, telemetry: bool, chunk: int = 4096) -> list[object]:
    """Return the events of a camera's stream that is entered behind `at_byte` bytes: frames 114 ms apart, in chunks."""
    decoder, events = LeptonY16Decoder("cam"), []
    for number in range(5):
        frame = counted(number, telemetry=telemetry)[at_byte if number == 0 else 0 :]
        for place in range(0, len(frame), chunk):
            events += decoder.feed(frame[place : place + chunk], AT.later(0.114 * number + 2e-7 * place))
    return [*events, *decoder.feed(b"", AT.later(0.6))]


@pytest.mark.parametrize("telemetry", [False, True])
@pytest.mark.parametrize("at_byte", [1, 2, 320, 641, 20_000, 38_398])
def test_a_stream_entered_within_a_frame_gives_whole_frames_only(at_byte: int, telemetry: bool) -> None:  # noqa: FBT001
    fault, *frames = entered(at_byte=at_byte, telemetry=telemetry)
    assert isinstance(fault, DecodeFault)
    assert (fault.kind, fault.dropped_bytes) == (
        FaultKind.LENGTH,
        (FRAME_BYTES if telemetry else PICTURE_BYTES) - at_byte,
    )
    for number, frame in enumerate(frames, start=1):
        assert isinstance(frame, ThermalFrame)
        np.testing.assert_allclose(frame.temps_c, SCENE + 0.01 * number, atol=0.006)
        assert frame.mono_ns < AT.later(0.114 * number + 0.02).mono_ns
    assert len(frames) == 4


@pytest.mark.parametrize("at_byte", [640, 12_800, 20_001, 37_000])
def test_a_link_that_cuts_a_stream_into_rolled_pictures_gives_none(at_byte: int) -> None:
    stream = b"".join(counted(number, telemetry=False) for number in range(6))[at_byte:]
    decoder = LeptonY16Decoder("cam")
    for number in range(5):
        read = stream[number * PICTURE_BYTES : (number + 1) * PICTURE_BYTES]
        for event in decoder.feed(read, AT.later(0.114 * number)):
            assert isinstance(event, DecodeFault), f"read {number}"


def test_one_torn_picture_at_the_start_does_not_blind_the_gate() -> None:
    decoder = LeptonY16Decoder("cam")
    stream = counted(0, telemetry=False)[20_000:] + counted(1, telemetry=False)[:20_000]
    events = decoder.feed(stream, AT)
    for number in range(2, 5):
        events += decoder.feed(counted(number, telemetry=False), AT.later(0.114 * number))
    assert [type(event) for event in events] == [DecodeFault, *[ThermalFrame] * 3]


def test_bytes_lost_without_telemetry_never_become_a_shifted_picture() -> None:
    decoder = LeptonY16Decoder("cam")
    pieces = [counted(number, telemetry=False) for number in range(6)]
    pieces[2] = pieces[2][:1000] + pieces[2][1102:]
    events = [event for number, piece in enumerate(pieces) for event in decoder.feed(piece, AT.later(0.114 * number))]
    frames = [event for event in events if isinstance(event, ThermalFrame)]
    wanted = [0, 1, 3, 4, 5]
    assert len(frames) in (len(wanted), len(wanted) - 1)
    for frame in frames:
        assert min(np.abs(frame.temps_c - SCENE - 0.01 * number).max() for number in wanted) < 0.006
    assert sum(event.dropped_bytes for event in events if isinstance(event, DecodeFault)) == len(pieces[2])


def test_a_stream_that_never_pauses_and_has_no_telemetry_is_not_guessed() -> None:
    decoder = LeptonY16Decoder("cam")
    stream = b"".join(counted(number, telemetry=False) for number in range(20))[5000:]
    events = [
        event for place in range(0, len(stream), 4096) for event in decoder.feed(stream[place : place + 4096], AT)
    ]
    events += decoder.feed(b"", AT.later(1))
    assert {type(event) for event in events} == {DecodeFault}
    assert sum(event.dropped_bytes for event in events) == len(stream)  # type: ignore[attr-defined]
    assert len(decode(counted(1, telemetry=False), AT.later(2), decoder)) == 1


telemetries = st.builds(
    Telemetry,
    uptime_ms=st.integers(1, 2**32 - 1),
    frame_counter=st.integers(0, 2**32 - 1),
    ffc_state=st.integers(0, 3),
    last_ffc_ms=st.integers(0, 2**32 - 1),
    sensor_c=st.one_of(st.none(), st.integers(-4000, 12000).map(lambda centi: centi / 100)),
    housing_c=st.one_of(st.none(), st.integers(-4000, 12000).map(lambda centi: centi / 100)),
    tlinear=st.booleans(),
    kelvin_per_count=st.sampled_from([0.01, 0.1]),
    agc=st.booleans(),
    overheated=st.booleans(),
    revision=st.integers(1, 0xFFFF),
)


@given(telemetries)
def test_telemetry_survives_the_wire(telemetry: Telemetry) -> None:
    assert decode_telemetry(encode_telemetry(telemetry)) == telemetry


@given(st.integers(0, 2**32 - 1), st.sampled_from([22000, 26000, 30000, 33000]))
def test_rows_of_a_picture_are_never_taken_for_telemetry(seed: int, level: int) -> None:
    rows = np.random.default_rng(seed).normal(level, 300, 320).astype("<u2")
    assert decode_telemetry(rows.tobytes()) is None


def test_frame_sizes_are_the_camera_s() -> None:
    assert (PICTURE_BYTES, FRAME_BYTES) == (38_400, 39_040)
    with pytest.raises(ValueError, match="120x160"):
        encode_frame(np.zeros((160, 120)))
