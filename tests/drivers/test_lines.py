"""Lines of text in a stream of bytes."""

import itertools
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from contract.clock import Instant
from drivers.lines import LineScanner
from drivers.samples import DecodeFault, FaultKind

AT = Instant(datetime(2026, 1, 24, tzinfo=UTC), 10**9)


def scan(data: bytes, places: list[int] | None = None) -> list[object]:
    scanner = LineScanner(longest=20)
    cuts = [0, *sorted(place % (len(data) + 1) for place in places or []), len(data)]
    found = [
        event
        for start, end in itertools.pairwise(cuts)
        for event in (scanner.feed(data[start:end], AT) if end > start else [])
    ]
    found += scanner.feed(b"", AT.later(1))
    return [event.dropped_bytes if isinstance(event, DecodeFault) else event for event in found]


def test_any_end_of_line_is_one_and_empty_lines_are_nothing() -> None:
    assert scan(b"a\rb\nc\r\n\r\n  d \r") == ["a", "b", "c", "d"]


def test_an_unreadable_line_is_dropped_alone() -> None:
    assert scan(b"36.5\r\xff\x00x\r36.6\r") == ["36.5", 3, "36.6"]


def test_a_line_too_long_is_dropped_to_its_end() -> None:
    assert scan(b"x" * 50 + b"\rok\r") == [50, "ok"]


def test_a_pause_ends_a_line_without_believing_it() -> None:
    assert scan(b"36.") == [3]


def test_an_unfinished_line_is_forgotten_when_told() -> None:
    scanner = LineScanner()
    scanner.feed(b"36.", AT)
    (fault,) = scanner.reset(AT)
    assert (fault.kind, fault.dropped_bytes) == (FaultKind.RESYNC, 3)
    assert scanner.feed(b"7\r", AT) == ["7"]


@given(st.binary(max_size=80), st.lists(st.integers(0, 100), max_size=5))
def test_however_it_is_cut_the_same_bytes_give_the_same_lines(data: bytes, places: list[int]) -> None:
    assert scan(data, places) == scan(data)


@given(st.lists(st.sampled_from([b"36.5", b"\r", b"\n", b"\x00", b"x" * 30]), max_size=12))
def test_lines_hold_no_end_and_nothing_unreadable(pieces: list[bytes]) -> None:
    for event in scan(b"".join(pieces)):
        assert isinstance(event, int) or (event.isprintable() and event == event.strip())
