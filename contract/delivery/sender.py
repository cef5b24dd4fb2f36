"""The sender: one code for both ends, between an outbox and the bus.

It publishes what is due in a bounded window and again what the other end has not acknowledged; the broker's PUBACK
counts for nothing. What is under way lives in memory only: after a crash everything still in the outbox is simply due,
and the other end knows a message by its id.

It owns one thread, because paho calls from threads and SQLite blocks: nothing of it ever runs on an event loop.
"""

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine

from contract.clock import Clock, Instant
from contract.delivery.bus import Bus
from contract.delivery.outbox import Outbox, OutboxMessage, Priority

ALERT_RETRY_S: Final = (2.0, 8.0)
"""First and longest time between two sendings of the same alert."""
OTHER_RETRY_S: Final = (10.0, 60.0)
IDLE_S: Final = 10.0
"""Look into the outbox at least so often: rows held back become due without anybody saying so."""
FAULT_S: Final = 1.0
"""How long to leave a database alone that has just failed."""

LANES: Final = ((Priority.ALERT,), (Priority.RECORD, Priority.MEASUREMENT))
"""Each has a window of its own: measurements that nobody acknowledges must not keep an alert waiting."""
IGNORED_LIMIT: Final = 5
IGNORED_FOR: Final = timedelta(minutes=1)
"""What the other end has left unanswered so often, while it answered others, is sent only at this interval."""
UNSENDABLE_FOR: Final = timedelta(hours=1)
"""For what the bus can never take, such as a topic with a wildcard."""
ANSWERED_LIMIT: Final = 5000
"""So many answered messages wait for a disk that takes no deletion: sending more would only repeat them."""

log = structlog.get_logger()

Read = Callable[[], AbstractContextManager[Connection]]
Write = Callable[[Callable[[Connection], int]], int]


def transactions(engine: Engine) -> Write:
    """Return the plain way to write: a transaction of the engine's for each piece of work."""

    def write(work: Callable[[Connection], int]) -> int:
        with engine.begin() as connection:
            return work(connection)

    return write


@dataclass(frozen=True, slots=True)
class SenderStatus:
    """What a sender has done since its start."""

    published: int
    repeated: int
    """Of these, sendings after the first."""
    acknowledged: int
    under_way: int
    faults: int
    """Failures of the database."""
    held_back: int
    """Messages put off because they do not get through."""


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A message that was published and not yet acknowledged; monotonic nanoseconds."""

    priority: int
    tries: int
    late_ns: int
    """By now an end that listens would have answered."""
    due_ns: int
    """Send again whatever the other end says."""
    ignored: int = 0
    """How often it was late although the other end answered others."""


class Sender:
    """Empties one outbox over one bus."""

    def __init__(self, outbox: Outbox, bus: Bus, clock: Clock, *, read: Read, write: Write, window: int = 100) -> None:
        """Prepare; `start` begins.

        `read` opens a connection to read with, `write` does a piece of work and returns once it is committed:
        `engine.connect` and `transactions(engine)`, or the store's own writer. Both are called on the sender's thread.
        `window` bounds what is under way: so many alerts and so many others.
        """
        self._outbox, self._bus, self._clock = outbox, bus, clock
        self._read, self._write = read, write
        self._window = window
        self._under_way: dict[UUID, _UnderWay] = {}
        self._accepted: set[UUID] = set()
        self._gone: set[UUID] = set()
        self._signal = threading.Condition()
        self._work = True
        self._everything = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._published = self._repeated = self._acknowledged = self._faults = self._held_back = 0

    def start(self) -> None:
        """Begin sending."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End the thread; acknowledgements that have come are still written down."""
        with self._signal:
            self._stopping = True
            self._signal.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def wake(self) -> None:
        """Say that a row has been committed; it is on its way in about a millisecond. Any thread, never blocks."""
        with self._signal:
            self._work = True
            self._signal.notify()

    def connected(self) -> None:
        """Say that the line is up (again): everything that was under way is due. Call it in the bus's `on_up`."""
        with self._signal:
            self._work = self._everything = True
            self._signal.notify()

    def acknowledged(self, ids: Iterable[UUID], *, deleted: bool = False) -> None:
        """Say that the other end has committed these. Any thread, never blocks.

        The sender deletes them, unless the caller has already done so in a transaction of its own.
        """
        with self._signal:
            (self._gone if deleted else self._accepted).update(ids)
            self._work = True
            self._signal.notify()

    def status(self) -> SenderStatus:
        """Return what has been done so far."""
        return SenderStatus(
            self._published, self._repeated, self._acknowledged, len(self._under_way), self._faults, self._held_back
        )

    def _run(self) -> None:
        wait_s = 0.0
        while True:
            with self._signal:
                if not (self._work or self._stopping):
                    self._signal.wait(wait_s)
                stopping, everything, accepted = self._stopping, self._everything, frozenset(self._accepted)
                answered = accepted | self._gone
                self._work = self._everything = False
                self._gone.clear()
            try:
                if not stopping:
                    self._send(everything=everything, answered=answered)
                self._forget(accepted)
                wait_s = self._wait_s()
            except Exception:
                # a full disk, a locked database, a fault of the store: the thread must outlive them all
                self._faults += 1
                log.exception("the outbox cannot be used now")
                wait_s = FAULT_S
            if stopping:
                return

    def _send(self, *, everything: bool, answered: frozenset[UUID]) -> None:
        """Publish what is due as far as the window has room."""
        if not self._bus.is_up:
            self._under_way.clear()
            return
        now = self._clock.now()
        again = self._due_again(now.mono_ns, everything=everything, answered=answered)
        if len(answered) > ANSWERED_LIMIT:
            return
        with self._read() as connection:
            due = [
                message
                for lane in LANES
                if (room := self._window - sum(sent.priority in lane for sent in self._under_way.values())) > 0
                for message in self._outbox.batch(connection, now.at, room, self._under_way.keys() | answered, lane)
            ]
        for message in due:
            if not self._publish(message, again.get(message.message_id), now, renewed=everything):
                return

    def _due_again(self, now_ns: int, *, everything: bool, answered: frozenset[UUID]) -> dict[UUID, _UnderWay]:
        """Take out of the window, and return, what has been answered or is due again.

        An answer to anything says that the other end listens: then whatever it should have answered by now is due.
        """
        again = {
            message_id: sent
            for message_id, sent in self._under_way.items()
            if everything or message_id in answered or (sent.late_ns if answered else sent.due_ns) <= now_ns
        }
        for message_id, sent in again.items():
            del self._under_way[message_id]
            if answered and not everything:
                again[message_id] = replace(sent, ignored=sent.ignored + 1)
        return again

    def _publish(self, message: OutboxMessage, before: _UnderWay | None, now: Instant, *, renewed: bool) -> bool:
        """Publish one message, or hold it back; False if the line is gone."""
        if before is not None and before.ignored >= IGNORED_LIMIT:
            self._hold_back(message, IGNORED_FOR, "the other end answers others, but not this")
            return True
        try:
            if not self._bus.publish(message.topic, message.payload):
                return False
        except ValueError as error:
            self._hold_back(message, UNSENDABLE_FOR, str(error))
            return True
        tries = before.tries if before is not None and not renewed else 0
        first_s, longest_s = ALERT_RETRY_S if message.priority == Priority.ALERT else OTHER_RETRY_S
        self._under_way[message.message_id] = _UnderWay(
            message.priority,
            tries + 1,
            now.later(first_s).mono_ns,
            now.later(min(first_s * 2**tries, longest_s)).mono_ns,
            before.ignored if before is not None else 0,
        )
        self._published += 1
        self._repeated += before is not None
        return True

    def _hold_back(self, message: OutboxMessage, time: timedelta, reason: str) -> None:
        """Keep a message that does not get through from filling the window; it stays in the outbox."""
        log.error("message held back", message_id=str(message.message_id), topic=message.topic, reason=reason)
        due_at = self._clock.now().at + time
        self._write(lambda connection: self._outbox.reject(connection, [message.message_id], due_at))
        self._held_back += 1

    def _forget(self, accepted: frozenset[UUID]) -> None:
        """Delete what the other end has committed."""
        if not accepted:
            return
        self._acknowledged += self._write(lambda connection: self._outbox.accept(connection, tuple(accepted)))
        with self._signal:
            self._accepted -= accepted

    def _wait_s(self) -> float:
        now_ns = self._clock.now().mono_ns
        soonest_ns = min((sent.due_ns for sent in self._under_way.values()), default=now_ns + round(IDLE_S * 1e9))
        return min(max((soonest_ns - now_ns) / 1e9, 0.001), IDLE_S)
