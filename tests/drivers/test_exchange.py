"""One question at a time."""

from drivers.exchange import Exchange
from drivers.samples import FaultKind
from tests.simulators.devices.together import START


def test_an_answered_question_leaves_no_trace():
    exchange = Exchange()
    assert exchange.ask(b"t\r") == b"t\r"
    assert exchange.is_open
    exchange.close()
    exchange.ask(b"t\r")
    assert exchange.tell_overdue(START) == []


def test_a_question_asked_over_an_open_one_is_told_once():
    exchange = Exchange()
    exchange.ask(b"t\r")
    exchange.ask(b"s\r")
    (fault,) = exchange.tell_overdue(START)
    assert fault.kind is FaultKind.TIMEOUT
    assert exchange.tell_overdue(START) == []
    assert exchange.is_open


def test_silence_asks_nothing_and_gives_up_what_was_open():
    exchange = Exchange()
    exchange.ask(b"\x01")
    assert exchange.ask(b"") == b""
    assert not exchange.is_open
    assert len(exchange.tell_overdue(START)) == 1
