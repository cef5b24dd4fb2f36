from datetime import timedelta
from uuid import UUID

import pytest

from contract.delivery.outbox import OutboxMessage, Priority
from contract.delivery.window import ALERT_RETRY_S, IGNORED_LIMIT, LANES, OTHER_RETRY_S, QUIET_AFTER, Window, end_of

ALERTS, OTHERS = LANES


def message(n: int, gate: str = "dock", priority: Priority = Priority.ALERT, at=None) -> OutboxMessage:
    return OutboxMessage(UUID(int=n), f"guankou/v1/{gate}/up/alert", b"", priority, at)


class Line:
    """Sends whatever is due, as the sender does, and remembers when it did."""

    def __init__(self, clock, *messages: OutboxMessage) -> None:
        self.clock, self.window = clock, Window(10)
        self.messages = {one.message_id: one for one in messages}
        self.times: dict[int, list[float]] = {one.message_id.int: [] for one in messages}
        self._began = clock.now()
        for one in messages:
            self.send(one, None)

    def send(self, one: OutboxMessage, before) -> None:
        self.window.note(one, before, self.clock.now())
        self.times.setdefault(one.message_id.int, []).append(self.clock.now().seconds_since(self._began))
        self.messages[one.message_id] = one

    def go_on(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.5)):
            now = self.clock.advance(0.5)
            for one, sent in self.window.take_due(now).items():
                self.send(self.messages[one], sent)
            self.window.settle()


@pytest.mark.parametrize(
    ("priority", "times"),
    [(Priority.ALERT, [0, 2, 6, 14, 22, 30]), (Priority.RECORD, [0, 10, 30]), (Priority.MEASUREMENT, [0, 10, 30])],
)
def test_patience_grows_from_sending_to_sending(clock, priority, times):
    line = Line(clock, message(1, priority=priority))
    line.go_on(30)
    assert line.times[1] == times
    assert (ALERT_RETRY_S, OTHER_RETRY_S) == ((2.0, 8.0), (10.0, 60.0))


def test_each_lane_has_a_window_of_its_own(clock):
    line = Line(clock, *(message(n, priority=Priority.MEASUREMENT) for n in range(10)), message(99))
    assert (line.window.room(OTHERS), line.window.room(ALERTS)) == (0, 9)


def test_what_is_answered_leaves_the_window(clock):
    line = Line(clock, message(1), message(2))
    line.window.answer([UUID(int=1), UUID(int=77)], clock.now().mono_ns)
    assert list(line.window) == [UUID(int=2)]
    line.go_on(2)
    assert (line.times[1], line.times[2]) == ([0], [0, 2])


def test_an_answer_brings_out_what_the_same_end_should_have_answered(clock):
    line = Line(clock, message(1), message(2), message(3, "village"))
    line.go_on(7)
    line.send(message(4), None)
    line.window.answer([UUID(int=4)], clock.now().mono_ns)
    line.go_on(1)
    assert line.times[1] == [0, 2, 6], "sent a second ago: it may still be answered"
    line.go_on(1)
    line.send(message(5), None)
    line.window.answer([UUID(int=5)], clock.now().mono_ns)
    line.go_on(0.5)
    assert line.times[1] == line.times[2] == [0, 2, 6, 9.5]
    assert line.times[3] == [0, 2, 6]


def test_what_an_answering_end_leaves_unanswered_is_counted(clock):
    line = Line(clock, message(1))
    for n in range(IGNORED_LIMIT):
        line.go_on(4.5)
        line.send(message(100 + n), None)
        line.window.answer([UUID(int=100 + n)], clock.now().mono_ns)
    (sent,) = line.window.take_due(clock.now()).values()
    assert sent.ignored == IGNORED_LIMIT


def test_a_quiet_end_is_left_alone_but_for_one_probe(clock):
    line = Line(clock, message(1), message(2), message(3))
    line.go_on(60)
    assert line.window.quiet.keys() == {"guankou/v1/dock"}
    assert len(line.times[1]) > QUIET_AFTER
    assert len(line.times[2]) == len(line.times[3]) == QUIET_AFTER
    assert list(line.window) == [UUID(int=1)]


def test_an_alert_is_a_better_probe_than_a_record(clock):
    line = Line(clock, message(1, priority=Priority.RECORD))
    line.go_on(80)
    line.send(message(2), None)
    line.go_on(30)
    assert list(line.window) == [UUID(int=2)] or line.times[2][-1] > line.times[1][-1]


def test_what_is_made_for_a_quiet_end_is_still_tried(clock):
    line = Line(clock, message(1))
    line.go_on(20)
    fell_quiet = line.window.quiet["guankou/v1/dock"]
    line.send(message(2, at=clock.now().at), None)
    line.go_on(20)
    assert len(line.times[2]) == QUIET_AFTER
    assert line.window.quiet["guankou/v1/dock"] >= fell_quiet + timedelta(seconds=14)


def test_an_answer_ends_the_quiet(clock):
    line = Line(clock, message(1), message(2))
    line.go_on(30)
    line.window.answer([UUID(int=1)], clock.now().mono_ns)
    assert line.window.quiet == {}


def test_a_probe_that_was_withdrawn_ends_the_quiet(clock):
    line = Line(clock, message(1))
    line.go_on(30)
    while not line.window.take_due(clock.advance(0.5)):
        assert line.window.quiet
    line.window.settle()
    assert line.window.quiet == {}


def test_one_end_can_be_renewed_or_all(clock):
    line = Line(clock, message(1), message(2, "village"))
    line.go_on(30)
    line.window.renew("guankou/v1/dock")
    assert list(line.window) == [UUID(int=2)]
    assert line.window.quiet.keys() == {"guankou/v1/village"}
    line.window.renew()
    assert (len(line.window), line.window.quiet) == (0, {})


def test_a_strange_topic_has_an_end_too():
    assert [end_of(topic) for topic in ("a/b/c", "a", "", "bad/#")] == ["a", "a", "", "bad"]
