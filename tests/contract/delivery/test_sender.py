import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from contract.clock import SystemClock
from contract.delivery import bus as bus_module
from contract.delivery import sender as sender_module
from contract.delivery import window as window_module
from contract.delivery.bus import Bus
from contract.delivery.outbox import Outbox, OutboxMessage, Priority
from contract.delivery.sender import Sender, transactions
from contract.ids import new_id
from tests.contract.delivery.listener import Listener
from tests.delivery.proxy import Proxy
from tests.patience import PATIENCE_S

CLOCK = SystemClock()


class Gate:
    """An outbox, a bus and a sender as an edge process owns them; and the other end, which acknowledges if told to."""

    def __init__(self, engine: Engine, outbox: Outbox, url: str, *, window: int = 100, away_url: str = "") -> None:
        self.name = f"gate-{new_id(CLOCK.now().at).hex[-8:]}"
        self.engine, self.outbox = engine, outbox
        self.answers = True
        self.arrived: list[tuple[UUID, float]] = []
        self.central = Listener(url, f"guankou/v1/{self.name}/up/alert", qos=0, on_message=self._arrive)
        self.bus = Bus(away_url or url, self.name, on_message=self._answered, on_up=self._up)
        self.up = threading.Event()
        self.sender = Sender(outbox, self.bus, CLOCK, read=engine.connect, write=transactions(engine), window=window)

    def post(self, *priorities: Priority, age_s: float = 0.0) -> list[UUID]:
        now = CLOCK.now().at
        posted = []
        with self.engine.begin() as connection:
            for priority in priorities:
                message_id = new_id(now)
                posted.append(message_id)
                self.outbox.add(
                    connection,
                    OutboxMessage(
                        message_id,
                        f"guankou/v1/{self.name}/up/alert",
                        message_id.bytes,
                        priority,
                        now - timedelta(seconds=age_s),
                    ),
                )
        self.sender.wake()
        return posted

    def length(self) -> int:
        with self.engine.connect() as connection:
            return self.outbox.length(connection)

    def until_empty(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while self.length() and time.monotonic() < deadline:
            time.sleep(0.005)
        assert self.length() == 0

    def counts(self) -> Counter[UUID]:
        return Counter(message_id for message_id, _ in self.arrived)

    def _up(self) -> None:
        self.bus.subscribe(f"guankou/v1/{self.name}/down/ack")
        self.sender.connected()
        self.up.set()

    def _arrive(self, _topic: str, payload: bytes) -> None:
        self.arrived.append((UUID(bytes=payload), time.monotonic()))
        if self.answers:
            self.central.bus.publish(f"guankou/v1/{self.name}/down/ack", payload, 0)

    def _answered(self, _topic: str, payload: bytes) -> None:
        self.sender.acknowledged([UUID(bytes=payload)])


@pytest.fixture
def quick_retries(monkeypatch):
    monkeypatch.setattr(window_module, "ALERT_RETRY_S", (0.1, 0.4))
    monkeypatch.setattr(window_module, "OTHER_RETRY_S", (0.3, 1.0))
    monkeypatch.setattr(bus_module, "FIRST_RETRY_S", (0.01, 0.05))


@contextmanager
def started(gate: Gate) -> Iterator[Gate]:
    with gate.central:
        gate.central.until_up()
        gate.bus.start()
        gate.sender.start()
        try:
            assert gate.up.wait(PATIENCE_S)
            yield gate
        finally:
            gate.sender.stop()
            gate.bus.stop()


def test_a_committed_alert_is_at_the_other_end_within_milliseconds(engine, outbox, broker):
    with started(Gate(engine, outbox, broker.url)) as gate:
        delays = []
        for n in range(30):
            began = time.monotonic()
            (message_id,) = gate.post(Priority.ALERT)
            gate.central.until_heard(n + 1)
            assert gate.arrived[-1][0] == message_id
            delays.append(gate.arrived[-1][1] - began)
        gate.until_empty()
        assert gate.sender.status().repeated == 0
    assert statistics.median(delays) < 0.05


def test_what_is_not_acknowledged_is_sent_again_with_growing_patience(engine, outbox, broker, quick_retries):
    with started(Gate(engine, outbox, broker.url)) as gate:
        gate.answers = False
        (message_id,) = gate.post(Priority.ALERT)
        gate.central.until_heard(3)
        gaps = [later - earlier for (_, earlier), (_, later) in pairwise(gate.arrived)][:2]
        assert sum(gaps) > 0.95 * (0.1 + 0.2)
        assert gate.length() == 1
        gate.answers = True
        gate.until_empty()
        heard = len(gate.central.heard)
        assert set(gate.counts()) == {message_id}
        assert gate.sender.status().repeated == heard - 1


def test_the_first_patience_with_an_alert_is_two_seconds():
    assert window_module.ALERT_RETRY_S[0] == 2.0
    assert window_module.OTHER_RETRY_S[0] > 2.0


def test_one_answer_brings_out_everything_that_was_waiting_for_one(engine, outbox, broker, monkeypatch):
    monkeypatch.setattr(window_module, "ALERT_RETRY_S", (0.1, 60.0))
    monkeypatch.setattr(window_module, "OTHER_RETRY_S", (0.1, 60.0))
    with started(Gate(engine, outbox, broker.url)) as gate:
        gate.answers = False
        waiting = gate.post(*[Priority.RECORD] * 20, *[Priority.ALERT] * 20)
        gate.central.until_heard(3 * 40)
        gate.answers = True
        gate.post(Priority.ALERT)
        gate.until_empty()
        assert all(gate.counts()[message_id] >= 3 for message_id in waiting)


def test_alerts_pass_measurements_that_nobody_acknowledges(engine, outbox, broker):
    with started(Gate(engine, outbox, broker.url, window=10)) as gate:
        gate.answers = False
        gate.post(*[Priority.MEASUREMENT] * 50)
        gate.central.until_heard(10)
        (alert,) = gate.post(Priority.ALERT)
        gate.central.until_heard(11)
        assert gate.arrived[-1][0] == alert
        assert gate.length() == 51


def test_a_backlog_goes_out_alerts_first_the_fresh_ones_before_all(engine, outbox, broker):
    gate = Gate(engine, outbox, broker.url, window=5)
    measurements = gate.post(*[Priority.MEASUREMENT] * 15)
    old = gate.post(*[Priority.ALERT] * 15, age_s=3600)
    fresh = gate.post(*[Priority.ALERT] * 5)
    with started(gate):
        gate.until_empty()
    order = [message_id for message_id, _ in gate.arrived]
    assert [one for one in order if one not in measurements] == [*fresh, *old]
    assert [one for one in order if one in measurements] == measurements
    assert order.index(measurements[-1]) > order.index(old[0])
    assert gate.counts().most_common(1)[0][1] == 1


def test_everything_under_way_is_due_when_the_line_comes_back(engine, outbox, broker, monkeypatch):
    monkeypatch.setattr(bus_module, "FIRST_RETRY_S", (0.01, 0.05))
    monkeypatch.setattr(window_module, "ALERT_RETRY_S", (60.0, 60.0))
    proxy = Proxy(broker.port)
    with started(Gate(engine, outbox, broker.url, away_url=f"mqtt://127.0.0.1:{proxy.port}")) as gate:
        gate.answers = False
        posted = gate.post(*[Priority.ALERT] * 5)
        gate.central.until_heard(5)
        gate.answers = True
        proxy.cut()
        posted += gate.post(*[Priority.ALERT] * 5)
        proxy.mend()
        gate.until_empty()
        assert set(gate.counts()) == set(posted)
    proxy.stop()


def test_a_message_that_only_the_other_end_ignores_does_not_block_the_others(engine, outbox, broker, monkeypatch):
    monkeypatch.setattr(window_module, "ALERT_RETRY_S", (0.02, 0.05))
    with started(Gate(engine, outbox, broker.url, window=2)) as gate:
        gate.answers = False
        ignored = gate.post(Priority.ALERT, Priority.ALERT)
        gate.central.until_heard(2)

        def answer_others(_topic: str, payload: bytes) -> None:
            gate.arrived.append((UUID(bytes=payload), time.monotonic()))
            if UUID(bytes=payload) not in ignored:
                gate.central.bus.publish(f"guankou/v1/{gate.name}/down/ack", payload, 0)

        gate.central._then = answer_others
        for _ in range(60):
            gate.post(Priority.RECORD)
            time.sleep(0.01)
        others = gate.post(*[Priority.ALERT] * 10)
        deadline = time.monotonic() + PATIENCE_S
        while gate.length() > 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert gate.length() == 2, "the ignored ones are still kept"
        assert set(others) <= set(gate.counts())
        assert gate.sender.status().held_back >= 2


def test_ends_that_are_switched_off_do_not_keep_the_window_from_those_that_are_on(engine, outbox, broker, monkeypatch):
    monkeypatch.setattr(window_module, "ALERT_RETRY_S", (0.02, 0.05))
    gate = Gate(engine, outbox, broker.url, window=5)
    now = CLOCK.now().at
    with engine.begin() as connection:
        for n in range(200):
            off = f"guankou/v1/off-{n % 4}/down/decision"
            outbox.add(connection, OutboxMessage(new_id(now), off, b"", Priority.ALERT, now))
    with started(gate):
        posted = gate.post(*[Priority.ALERT] * 20)
        deadline = time.monotonic() + PATIENCE_S
        while gate.length() > 200 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert gate.counts().keys() == set(posted)
        assert gate.length() == 200
        assert set(gate.sender.status().quiet) <= {f"guankou/v1/off-{n}" for n in range(4)}


def test_a_gate_that_is_back_gets_everything_at_once(engine, outbox, broker, monkeypatch):
    monkeypatch.setattr(window_module, "ALERT_RETRY_S", (0.02, 60.0))
    with started(Gate(engine, outbox, broker.url)) as gate:
        gate.answers = False
        posted = gate.post(*[Priority.ALERT] * 10)
        deadline = time.monotonic() + PATIENCE_S
        while not gate.sender.status().quiet and time.monotonic() < deadline:
            time.sleep(0.01)
        heard = len(gate.arrived)
        gate.answers = True
        gate.sender.connected(gate.name)
        gate.until_empty()
        assert set(posted) <= {message_id for message_id, _ in gate.arrived[heard:]}


def test_a_topic_that_no_broker_takes_does_not_stop_the_others(engine, outbox, broker):
    gate = Gate(engine, outbox, broker.url)
    with engine.begin() as connection:
        outbox.add(connection, OutboxMessage(UUID(int=1), "bad/#", b"x", Priority.ALERT, CLOCK.now().at))
    with started(gate):
        (good,) = gate.post(Priority.ALERT)
        gate.central.until_heard(1)
        assert gate.arrived[0][0] == good
        deadline = time.monotonic() + PATIENCE_S
        while gate.length() > 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert gate.length() == 1
        assert gate.sender.status().held_back == 1


def test_a_database_that_fails_for_a_while_loses_nothing(engine, outbox, broker, monkeypatch):
    monkeypatch.setattr(sender_module, "FAULT_S", 0.02)
    gate = Gate(engine, outbox, broker.url)
    failing = threading.Event()
    write = gate.sender._write

    def fail_sometimes(work):
        if failing.is_set():
            raise OperationalError("delete", {}, Exception("disk I/O error"))
        return write(work)

    gate.sender._write = fail_sometimes
    with started(gate):
        failing.set()
        gate.post(*[Priority.ALERT] * 5)
        gate.central.until_heard(5)
        deadline = time.monotonic() + PATIENCE_S
        while gate.sender.status().faults < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert gate.length() == 5
        failing.clear()
        gate.until_empty()
        assert gate.sender.status().faults >= 2
        assert gate.sender.status().acknowledged == 5


def test_rows_that_the_owner_has_deleted_itself_leave_the_window(engine, outbox, broker):
    with started(Gate(engine, outbox, broker.url, window=2)) as gate:
        gate.answers = False
        first = gate.post(Priority.ALERT, Priority.ALERT)
        gate.central.until_heard(2)
        with engine.begin() as connection:
            outbox.accept(connection, first)
        gate.sender.acknowledged(first, deleted=True)
        gate.post(Priority.ALERT)
        gate.central.until_heard(3)
        assert gate.sender.status().acknowledged == 0


def test_an_acknowledgement_that_came_before_the_stop_is_written_down(engine, outbox, broker):
    gate = Gate(engine, outbox, broker.url)
    posted = gate.post(Priority.ALERT, Priority.ALERT)
    gate.sender.acknowledged(posted[:1])
    gate.sender.start()
    gate.sender.stop()
    assert gate.length() == 1


def test_an_idle_sender_does_not_spin(engine, outbox, broker):
    with started(Gate(engine, outbox, broker.url)) as gate:
        gate.post(Priority.ALERT)
        gate.until_empty()
        began = time.process_time()
        threading.Event().wait(0.5)
        assert time.process_time() - began < 0.1


def test_without_a_line_it_waits_quietly(engine, outbox):
    gate = Gate(engine, outbox, "mqtt://127.0.0.1:1")
    gate.post(*[Priority.ALERT] * 3)
    gate.sender.start()
    began = time.process_time()
    threading.Event().wait(0.3)
    gate.sender.stop()
    assert time.process_time() - began < 0.1
    assert gate.sender.status().published == 0
    assert gate.length() == 3
