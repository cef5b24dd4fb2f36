"""The sender: one code for both ends, between an outbox and the bus.

It publishes what is due in a bounded window and again what the other end has not acknowledged; the broker's PUBACK
counts for nothing. What is under way lives in memory only: after a crash everything still in the outbox is simply due,
and the other end knows a message by its id.

It owns one thread, because paho calls from threads and SQLite blocks: nothing of it ever runs on an event loop.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine

from contract.clock import Clock, Instant
from contract.delivery.bus import Bus
from contract.delivery.outbox import Outbox, OutboxMessage
from contract.delivery.window import IGNORED_LIMIT, LANES, Sent, Window
from contract.topics import station

IDLE_S: Final = 10.0
"""Look into the outbox at least so often: rows held back become due without anybody saying so."""
FAULT_S: Final = 1.0
"""How long to leave a database alone that has just failed."""

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
    quiet: tuple[str, ...]
    """The ends that answer nothing at present."""
    faults: int
    """Failures of the database."""
    held_back: int
    """Messages put off because they do not get through."""


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
        self._window = Window(window)
        self._accepted: set[UUID] = set()
        self._gone: set[UUID] = set()
        self._signal = threading.Condition()
        self._work = True
        self._renewed: set[str | None] = set()
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

    def connected(self, gate: str | None = None) -> None:
        """Say that the line is up (again), or that a gate is: what was sent is due. Any thread, never blocks.

        Call it in the bus's `on_up`; where there are many gates, also when one of them says that it is there.
        """
        with self._signal:
            self._work = True
            self._renewed.add(None if gate is None else station(gate))
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
            published=self._published,
            repeated=self._repeated,
            acknowledged=self._acknowledged,
            under_way=len(self._window),
            quiet=tuple(sorted(self._window.quiet)),
            faults=self._faults,
            held_back=self._held_back,
        )

    def _run(self) -> None:
        wait_s = 0.0
        while True:
            with self._signal:
                if not (self._work or self._stopping):
                    self._signal.wait(wait_s)
                stopping, accepted = self._stopping, frozenset(self._accepted)
                answered, renewed = accepted | self._gone, frozenset(self._renewed)
                self._gone.clear()
                self._renewed.clear()
                self._work = False
            try:
                if not stopping:
                    self._send(answered, renewed)
                self._forget(accepted)
                wait_s = self._wait_s()
            except Exception:
                # a full disk, a locked database, a fault of the store: the thread must outlive them all
                self._faults += 1
                log.exception("the outbox cannot be used now")
                wait_s = FAULT_S
            if stopping:
                return

    def _send(self, answered: frozenset[UUID], renewed: frozenset[str | None]) -> None:
        """Publish what is due as far as the window has room."""
        if not self._bus.is_up:
            self._window.renew()
            return
        now = self._clock.now()
        for end in renewed:
            self._window.renew(end)
        self._window.answer(answered, now.mono_ns)
        again = self._window.take_due(now)
        if len(answered) <= ANSWERED_LIMIT:
            for message in self._due(now, answered, again):
                if not self._publish(message, again.get(message.message_id), now):
                    break
        self._window.settle()

    def _due(self, now: Instant, answered: frozenset[UUID], again: Mapping[UUID, Sent]) -> list[OutboxMessage]:
        with self._read() as connection:
            return [
                message
                for lane in LANES
                if (room := self._window.room(lane)) > 0
                for message in self._outbox.batch(
                    connection,
                    now.at,
                    room,
                    without=answered.union(self._window),
                    priorities=lane,
                    quiet=self._window.quiet,
                    despite=again.keys(),
                )
            ]

    def _publish(self, message: OutboxMessage, before: Sent | None, now: Instant) -> bool:
        """Publish one message, or put it off; False if the line is gone."""
        if before is not None and before.ignored >= IGNORED_LIMIT:
            self._hold_back(message, IGNORED_FOR, "the other end answers others, but not this")
            return True
        try:
            if not self._bus.publish(message.topic, message.payload):
                return False
        except ValueError as error:
            self._hold_back(message, UNSENDABLE_FOR, str(error))
            return True
        self._window.note(message, before, now)
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
        due_ns = self._window.next_due_ns(now_ns + round(IDLE_S * 1e9))
        return min(max((due_ns - now_ns) / 1e9, 0.001), IDLE_S)
