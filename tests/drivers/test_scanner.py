"""The scanner on its own: a toy frame `A5 length payload sum`, and every way to damage it."""

import itertools
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from contract.clock import Instant
from drivers.checksums import sum8
from drivers.samples import DecodeFault, FaultKind
from drivers.scanner import FrameFormat, FrameScanner, fixed

AT = Instant(datetime(2026, 1, 24, tzinfo=UTC), 10**9)
LATER = AT.later(1.0)


def toy(payload: bytes) -> bytes:
    body = b"\xa5\x5a" + bytes((len(payload),)) + payload
    return body + bytes((sum8(body),))


def right(frame: bytes) -> bool:
    return sum8(frame[:-1]) == frame[-1]


TOY = FrameFormat(b"\xa5\x5a", 3, 20, lambda header: 4 + header[2], right)


def scan(data: bytes, pieces: list[int] | None = None, scanner: FrameScanner | None = None) -> list[object]:
    """Feed the data, cut at the places, then a pause; return payloads and (kind, dropped bytes)."""
    scanner = scanner or FrameScanner(TOY)
    places = [0, *sorted(place % (len(data) + 1) for place in pieces or []), len(data)]
    found = [
        event
        for start, end in itertools.pairwise(places)
        for event in (scanner.feed(data[start:end], AT) if end > start else [])
    ]
    found += scanner.feed(b"", LATER)
    assert scanner.buffered == 0
    return [(event.kind, event.dropped_bytes) if isinstance(event, DecodeFault) else event for event in found]


def test_frames_are_delivered_whole() -> None:
    assert scan(toy(b"one") + toy(b"") + toy(b"three")) == [toy(b"one"), toy(b""), toy(b"three")]


def test_garbage_is_one_fault_before_the_next_frame() -> None:
    assert scan(b"garbage" + toy(b"x")) == [(FaultKind.RESYNC, 7), toy(b"x")]


def test_a_damaged_frame_is_one_checksum_fault_of_its_extent() -> None:
    damaged = bytearray(toy(b"hello"))
    damaged[4] ^= 1
    assert scan(toy(b"a") + bytes(damaged) + toy(b"b")) == [toy(b"a"), (FaultKind.CHECKSUM, 9), toy(b"b")]


def test_a_frame_inside_a_false_one_is_found() -> None:
    data = b"\xa5\x5a\x09" + toy(b"true")
    assert scan(data + b"....") == [(FaultKind.CHECKSUM, 3), toy(b"true"), (FaultKind.RESYNC, 4)]


def test_an_impossible_length_is_no_frame() -> None:
    assert scan(b"\xa5\x5a\xff" + toy(b"x")) == [(FaultKind.RESYNC, 3), toy(b"x")]


def test_what_cannot_be_true_is_content_and_hides_nothing() -> None:
    doubted = FrameFormat(TOY.sync, TOY.header, TOY.longest, TOY.length, right, lambda frame: "no" * (frame[3] == 0))
    scanner = FrameScanner(doubted)
    found = scanner.feed(toy(b"\x00") + toy(b"x"), AT)
    assert [event if isinstance(event, bytes) else (event.kind, event.detail) for event in found] == [
        (FaultKind.CONTENT, "no"),
        toy(b"x"),
    ]


def test_long_garbage_is_told_a_longest_frame_at_a_time() -> None:
    assert scan(b"." * 50) == [(FaultKind.RESYNC, 20), (FaultKind.RESYNC, 20), (FaultKind.RESYNC, 10)]


def test_a_pause_ends_a_frame_and_shows_what_it_hid() -> None:
    scanner = FrameScanner(TOY)
    assert scanner.feed(b"\xa5\x5a\x10" + toy(b"x"), AT) == []
    assert scanner.feed(b"", AT.later(0.1)) == []
    fault, frame = scanner.feed(b"", LATER)
    assert isinstance(fault, DecodeFault)
    assert frame == toy(b"x")


def test_a_new_question_forgets_the_old_answer() -> None:
    scanner = FrameScanner(TOY)
    scanner.feed(toy(b"late")[:4], AT)
    (fault,) = scanner.reset(AT)
    assert (fault.kind, fault.dropped_bytes, scanner.buffered) == (FaultKind.RESYNC, 4, 0)
    assert scanner.reset(AT) == []


def test_of_frames_that_begin_alike_the_shorter_may_come_first() -> None:
    short = FrameFormat(b"\xa5", 2, 2, lambda header: 2 if header[1] == 7 else 0, lambda _frame: True)
    scanner = FrameScanner(short, fixed(b"\xa5\x5a", 5, right))
    long = b"\xa5\x5a\x01\x02"
    long += bytes((sum8(long),))
    assert scanner.feed(b"\xa5\x07" + long + b"\xa5\x07", AT) == [b"\xa5\x07", long, b"\xa5\x07"]


streams = st.lists(
    st.one_of(
        st.binary(max_size=12),
        st.binary(max_size=16).map(toy),
        st.binary(max_size=16).map(lambda payload: toy(payload)[:-1]),
        st.just(b"\xa5\x5a"),
    ),
    max_size=8,
).map(b"".join)


@given(streams, st.lists(st.integers(0, 200), max_size=6))
def test_however_it_is_cut_the_same_bytes_give_the_same_events(data: bytes, places: list[int]) -> None:
    assert scan(data, places) == scan(data)


@given(streams, st.lists(st.integers(0, 200), max_size=6))
def test_every_byte_is_delivered_or_told_as_dropped(data: bytes, places: list[int]) -> None:
    told = sum(event[1] if isinstance(event, tuple) else len(event) for event in scan(data, places))
    assert told == len(data)


@given(streams)
def test_only_frames_whose_check_is_right_come_out(data: bytes) -> None:
    assert all(isinstance(event, tuple) or right(event) for event in scan(data))


@given(st.binary(max_size=300))
def test_between_calls_less_than_one_longest_frame_is_kept(data: bytes) -> None:
    scanner = FrameScanner(TOY)
    for start in range(0, len(data), 7):
        scanner.feed(data[start : start + 7], AT)
        assert scanner.buffered < 20


@given(st.binary(max_size=40), st.binary(max_size=16))
def test_the_next_good_frame_comes_within_one_longest_frame(garbage: bytes, payload: bytes) -> None:
    scanner = FrameScanner(TOY)
    follow = [toy(payload)] * (20 // len(toy(payload)) + 2)
    found = scanner.feed(garbage + b"".join(follow), AT)
    assert toy(payload) in found
