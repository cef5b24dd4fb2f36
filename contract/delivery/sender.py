"""The sender: one code for both ends, between an outbox and the bus.

It publishes what is due in a bounded window and again what the other end has not acknowledged; the broker's PUBACK
counts for nothing. What is under way lives in memory only: after a crash everything still in the outbox is simply due,
and the other end knows a message by its id.

It owns one thread, because paho calls from threads and SQLite blocks: nothing of it ever runs on an event loop.
"""

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
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

HELD_BACK: Final = timedelta(hours=1)
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


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A message that was published and not yet acknowledged; monotonic nanoseconds."""

    tries: int
    late_ns: int
    """By now an end that listens would have answered."""
    due_ns: int
    """Send again whatever the other end says."""


class Sender:
    """Empties one outbox over one bus."""

    def __init__(self, outbox: Outbox, bus: Bus, clock: Clock, *, read: Read, write: Write, window: int = 100) -> None:
        """Prepare; `start` begins.

        `read` opens a connection to read with, `write` does a piece of work and returns once it is committed:
        `engine.connect` and `transactions(engine)`, or the store's own writer. Both are called on the sender's thread.
        `window` bounds what is under way.
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
        self._published = self._repeated = self._acknowledged = self._faults = 0

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
        return SenderStatus(self._published, self._repeated, self._acknowledged, len(self._under_way), self._faults)

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
        room = self._window - len(self._under_way)
        if room <= 0 or len(answered) > ANSWERED_LIMIT:
            return
        with self._read() as connection:
            due = self._outbox.batch(connection, now.at, room, self._under_way.keys() | answered)
        for message in due:
            tries = again.get(message.message_id, 0)
            try:
                if not self._bus.publish(message.topic, message.payload):
                    return
            except ValueError as error:
                self._hold_back(message, str(error))
            else:
                self._repeated += tries > 0
                self._note(message, 0 if everything else tries, now)

    def _due_again(self, now_ns: int, *, everything: bool, answered: frozenset[UUID]) -> dict[UUID, int]:
        """Take out of the window what has been answered or is due again; return how often each was sent.

        An answer to anything says that the other end listens: then whatever it should have answered by now is due.
        """
        again = {
            message_id: sent.tries
            for message_id, sent in self._under_way.items()
            if everything or message_id in answered or (sent.late_ns if answered else sent.due_ns) <= now_ns
        }
        for message_id in again:
            del self._under_way[message_id]
        return again

    def _note(self, message: OutboxMessage, tries: int, now: Instant) -> None:
        first_s, longest_s = ALERT_RETRY_S if message.priority == Priority.ALERT else OTHER_RETRY_S
        self._under_way[message.message_id] = _UnderWay(
            tries + 1, now.later(first_s).mono_ns, now.later(min(first_s * 2**tries, longest_s)).mono_ns
        )
        self._published += 1

    def _hold_back(self, message: OutboxMessage, error: str) -> None:
        """Keep a message that the bus can never take (a topic with a wildcard, say) from stopping the others."""
        log.error("a message cannot be published", message_id=str(message.message_id), topic=message.topic, error=error)
        due_at = self._clock.now().at + HELD_BACK
        self._write(lambda connection: self._outbox.reject(connection, [message.message_id], due_at))

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
