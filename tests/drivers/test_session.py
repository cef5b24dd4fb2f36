"""When a polled device is asked: at its interval, and never while an answer may still be on its way. Virtual time."""

import queue
import threading
from collections.abc import Callable
from itertools import count, pairwise

import numpy as np
import pytest

from drivers import registry
from drivers.devices import chuwo_32x32, gy_mcu90640
from drivers.samples import DecodeFault, Event, FaultKind, ThermalFrame
from drivers.session import ANSWER_S, Session
from drivers.tally import Tally
from tests.conftest import FakeClock

CHUWO = registry.spec("chuwo_32x32")
GY = registry.spec("gy_mcu90640")
INTERVAL_S = 0.25
REPLY = chuwo_32x32.encode_frame(np.full((32, 32), 36.5), 25.0)

Answer = Callable[[int], list[tuple[float, bytes]]]
"""Takes the number of the question; returns what comes, and how many seconds after it."""


class AnsweringLink:
    """A line on a virtual clock; `answer` says what the n-th question brings, and when."""

    def __init__(self, clock: FakeClock, answer: Answer, until_s: float) -> None:
        self._clock = clock
        self._answer = answer
        self._start = clock.now()
        self._until_s = until_s
        self._coming: list[tuple[float, bytes]] = []
        self.stopping = threading.Event()
        self.asked_s: list[float] = []

    def _now_s(self) -> float:
        return self._clock.now().seconds_since(self._start)

    def write(self, data: bytes) -> None:
        assert data == chuwo_32x32.query_frame()
        now_s = self._now_s()
        self._coming += [(now_s + after_s, piece) for after_s, piece in self._answer(len(self.asked_s))]
        self.asked_s.append(now_s)

    def read(self, timeout_s: float) -> bytes:
        now_s = self._now_s()
        if now_s >= self._until_s:
            self.stopping.set()
        due = [entry for entry in self._coming if entry[0] <= now_s + timeout_s]
        self._clock.advance(max(0.0, due[0][0] - now_s) if due else timeout_s)
        if not due:
            return b""
        self._coming.remove(due[0])
        return due[0][1]

    def close(self) -> None:
        self._coming.clear()


def conversation(clock: FakeClock, answer: Answer, until_s: float = 2.0) -> tuple[AnsweringLink, list[Event]]:
    """Let a session poll for a while; return the line and what was delivered."""
    link = AnsweringLink(clock, answer, until_s)
    events: list[Event] = []
    Session(CHUWO, "cam", link, clock, Tally(), events.append).listen(link.stopping, queue.SimpleQueue())
    return link, events


def pieces(until_s: float, number: int = 10) -> list[tuple[float, bytes]]:
    """A reply in equal pieces, the last at `until_s`."""
    size = -(-len(REPLY) // number)
    starts = range(0, len(REPLY), size)
    return [(until_s * place / number, REPLY[start : start + size]) for place, start in zip(count(1), starts)]


def test_a_device_that_answers_at_once_is_asked_at_its_interval(clock: FakeClock) -> None:
    link, events = conversation(clock, lambda _number: [(0.18, REPLY)])
    assert np.diff(link.asked_s) == pytest.approx(INTERVAL_S, abs=0.002)
    assert all(isinstance(event, ThermalFrame) for event in events)
    assert len(events) == len(link.asked_s) - 1


@pytest.mark.parametrize("takes_s", [0.3, 0.9, 1.6])
def test_a_reply_that_comes_slowly_is_waited_for(clock: FakeClock, takes_s: float) -> None:
    """As on a busy machine or through a device server: slower than the interval, and all of it is heard."""
    link, events = conversation(clock, lambda _number: pieces(takes_s), until_s=4.0)
    assert len(events) >= 2
    assert all(isinstance(event, ThermalFrame) for event in events)
    assert all(later - sooner > takes_s - 0.01 for sooner, later in pairwise(link.asked_s))


def test_a_reply_that_halts_for_less_than_half_a_second_is_waited_for(clock: FakeClock) -> None:
    link, events = conversation(clock, lambda _number: [(0.05, REPLY[:700]), (0.5, REPLY[700:])])
    assert len(link.asked_s) == len(events) + 1
    assert all(isinstance(event, ThermalFrame) for event in events)


def test_a_reply_whose_end_never_comes_is_given_up_half_a_second_after_its_last_byte(clock: FakeClock) -> None:
    link, events = conversation(clock, lambda number: [(0.3, REPLY[:700])] if number == 0 else [(0.05, REPLY)])
    assert link.asked_s[1] - link.asked_s[0] == pytest.approx(0.3 + ANSWER_S, abs=0.01)
    faults = [event for event in events if isinstance(event, DecodeFault)]
    assert {fault.kind for fault in faults} == {FaultKind.TIMEOUT, FaultKind.RESYNC}
    assert sum(fault.dropped_bytes for fault in faults) == 700
    assert isinstance(events[-1], ThermalFrame)


def test_a_question_that_nobody_answers_is_asked_again_after_half_a_second(clock: FakeClock) -> None:
    link, events = conversation(clock, lambda _number: [])
    assert np.diff(link.asked_s) == pytest.approx(ANSWER_S, abs=0.002)
    assert {event.kind for event in events if isinstance(event, DecodeFault)} == {FaultKind.TIMEOUT}


class HalvedLink:
    """Half a frame, reads that bring nothing, then the other half."""

    def __init__(self, clock: FakeClock, frame: bytes, empty_reads_s: list[float]) -> None:
        self._clock = clock
        self._pieces = [(0.01, frame[:700]), *((took_s, b"") for took_s in empty_reads_s), (0.01, frame[700:])]
        self.stopping = threading.Event()

    def read(self, timeout_s: float) -> bytes:
        took_s, piece = self._pieces.pop(0)
        self._clock.advance(took_s)
        if not self._pieces:
            self.stopping.set()
        return piece

    def write(self, data: bytes) -> None:
        assert data in GY.start

    def close(self) -> None:
        self._pieces.clear()


@pytest.mark.parametrize(
    ("empty_reads_s", "first"),
    [([0.1] * 6, DecodeFault), ([0.9], ThermalFrame), ([0.1, 0.7, 0.1], ThermalFrame)],
    ids=["the device paused", "the system was held up", "a little of both"],
)
def test_a_frame_is_ended_by_a_pause_of_the_device_not_by_one_of_the_system(
    empty_reads_s: list[float], first: type[Event], clock: FakeClock
) -> None:
    """A read that takes longer than it was given tells nothing of the device: its bytes may wait in the system."""
    link = HalvedLink(clock, gy_mcu90640.encode_frame(np.full((24, 32), 36.5), 25.0), empty_reads_s)
    events: list[Event] = []
    Session(GY, "cam", link, clock, Tally(), events.append).listen(link.stopping, queue.SimpleQueue())
    assert isinstance(events[0], first)


def test_a_line_that_never_rests_is_asked_all_the_same(clock: FakeClock) -> None:
    noise = [(0.1 * step, b"\x00") for step in range(1, 60)]
    link, _events = conversation(clock, lambda number: noise if number == 0 else [], until_s=5.0)
    assert np.diff(link.asked_s) == pytest.approx(CHUWO.silence_s, abs=0.1)
