"""The one thread that writes the gate's database, and what happens when the disk does not let it.

Theory. Whoever has something to keep hands over a deed and goes on; the screen never waits for this thread. Deeds that
wait are committed together, in order, one transaction a batch. While the disk is full, the file is locked or the folder
cannot be written, deeds stay in memory and are tried again with back-off: measurements up to a small bound (then the
oldest are dropped and counted), alerts and what staff did up to a large one. An alert whose row cannot be written is
handed to `unstored` at every failed try, so that it still reaches the duty officer: central knows a message by its id,
and takes the row, when it is written at last, for the same one. A deed that fails by itself (a bug, never the disk) is
logged, counted and given up, so that it cannot hold up the others.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import Connection

from contract.delivery.outbox import Outbox, OutboxMessage, Priority
from edge.store import Store, reason

BATCH: Final = 200
MAX_VITAL: Final = 5000
MAX_OTHER: Final = 500
RETRY_S: Final = (0.2, 2.0)
OF_THE_DISK: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
"""Result codes that blame the file, the disk or another process; every other one blames the deed."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class Deed:
    """Something to be kept: rows, and the message that tells central of them, in one transaction."""

    what: str
    """For the log: the kind of thing, never its content."""
    write: Callable[[Connection], None]
    letter: OutboxMessage | None = None
    vital: bool = True
    """False for what may be dropped when the disk fails for long."""
    done: Callable[[], None] | None = None
    """Called on the writer's thread once it is committed."""


@dataclass(frozen=True, slots=True)
class WriterStatus:
    """How the writer fares."""

    trouble: str
    """The database's own words while it cannot be written; "" when all is well."""
    waiting: int
    vital: int
    """Of these, alerts, decisions and what staff did."""
    written: int
    failures: int
    """Times a transaction failed for the disk's sake."""
    dropped: int
    """Deeds lost to a bound."""
    given_up: int
    """Deeds lost to a fault of their own."""


class Writer:
    """Writes deeds in order on a thread of its own."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        *,
        committed: Callable[[], None] = lambda: None,
        unstored: Callable[[OutboxMessage], None] = lambda _: None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare; `start` begins.

        `committed` is called after a batch with letters, `unstored` with an alert's letter at each failed try,
        `changed` when trouble comes or goes: all on the writer's thread, and all must return soon.
        """
        self._store, self._outbox = store, outbox
        self._committed, self._unstored, self._changed = committed, unstored, changed
        self._deeds: deque[Deed] = deque()
        self._signal = threading.Condition()
        self._stopping = False
        self._trouble = ""
        self._written = self._failures = self._dropped = self._given_up = 0
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)

    def start(self) -> None:
        """Begin writing."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        """Write what waits, if the disk lets us within the time, and end the thread."""
        with self._signal:
            self._stopping = True
            self._signal.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        if self._deeds:
            log.error("store", unwritten=len(self._deeds), trouble=self._trouble)

    def put(self, deed: Deed) -> None:
        """Hand a deed over. Any thread, never blocks on the disk."""
        with self._signal:
            self._deeds.append(deed)
            self._bound(vital=deed.vital)
            self._signal.notify()

    def status(self) -> WriterStatus:
        """Return how things stand."""
        with self._signal:
            vital = sum(deed.vital for deed in self._deeds)
            return WriterStatus(
                self._trouble,
                len(self._deeds),
                vital,
                self._written,
                self._failures,
                self._dropped,
                self._given_up,
            )

    def _bound(self, *, vital: bool) -> None:
        """Drop the oldest of a kind that has outgrown its bound."""
        limit = MAX_VITAL if vital else MAX_OTHER
        kind = [deed for deed in self._deeds if deed.vital is vital] if len(self._deeds) > limit else []
        if len(kind) > limit:
            self._deeds.remove(kind[0])
            self._dropped += 1

    def _run(self) -> None:
        wait_s = RETRY_S[0]
        while True:
            with self._signal:
                while not self._deeds and not self._stopping:
                    self._signal.wait()
                if not self._deeds:
                    return
                batch = [self._deeds[place] for place in range(min(BATCH, len(self._deeds)))]
            if self._write(batch):
                wait_s = RETRY_S[0]
                continue
            with self._signal:
                if self._stopping:
                    return
                self._signal.wait_for(lambda: self._stopping, wait_s)
            wait_s = min(2 * wait_s, RETRY_S[1])

    def _write(self, batch: Sequence[Deed]) -> bool:
        """Commit a batch, or each of its deeds alone if one of them is at fault. False while the disk fails."""
        try:
            self._commit(batch)
        except Exception as error:  # whatever a deed does must not end the thread that stores alerts
            if _is_the_disks(error):
                self._failed(error, batch)
                return False
            if len(batch) > 1:
                return all(self._write([deed]) for deed in batch)
            log.exception("store gave a deed up", what=batch[0].what)
            self._given_up += 1
            self._tell_directly(batch)
            self._remove(batch)
            return True
        self._remove(batch)
        self._written += len(batch)
        self._well()
        if any(deed.letter for deed in batch):
            self._committed()
        for deed in batch:
            if deed.done is not None:
                deed.done()
        return True

    def _commit(self, batch: Sequence[Deed]) -> None:
        with self._store.writing() as connection:
            for deed in batch:
                deed.write(connection)
                if deed.letter is not None:
                    self._outbox.add(connection, deed.letter)

    def _remove(self, batch: Sequence[Deed]) -> None:
        with self._signal:
            for deed in batch:
                if deed in self._deeds:  # a bound may have dropped it meanwhile
                    self._deeds.remove(deed)

    def _failed(self, error: Exception, batch: Sequence[Deed]) -> None:
        self._failures += 1
        news = reason(error) != self._trouble
        self._trouble = reason(error)
        if news:
            log.error("store", trouble=self._trouble, waiting=len(self._deeds))
            self._changed()
        self._tell_directly(batch)

    def _tell_directly(self, batch: Sequence[Deed]) -> None:
        for deed in batch:
            if deed.letter is not None and deed.letter.priority == Priority.ALERT:
                self._unstored(deed.letter)

    def _well(self) -> None:
        if self._trouble:
            log.info("store is well again", waiting=len(self._deeds))
            self._trouble = ""
            self._changed()


def _is_the_disks(error: Exception) -> bool:
    """Say whether an error is the file's or the disk's, so that trying again later may help."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return isinstance(error, OSError) or (code is not None and code & 0xFF in OF_THE_DISK)
