"""The one writer: a thread that commits in groups.

Everything that changes the database is a function of a transaction. What arrives within 10 ms shares one commit, at
most 500 of them; after 50 ms of quiet the first one is committed at once, so a lone alert waits for nothing
(`delivery.md` 2). Each piece of work runs in a savepoint: one that fails takes nobody down with it. What must only
happen once the data is safe (acknowledge, tell the board) is handed to `after_commit`.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import structlog
from sqlalchemy import Connection, Engine

from contract.clock import Clock

T = TypeVar("T")
log = structlog.get_logger(__name__)

WINDOW_S: Final = 0.010
LIMIT: Final = 500
IDLE_S: Final = 0.050
DEPTH: Final = 10_000


class WriterBusy(Exception):
    """The queue of writes is full, or the writer has stopped; try again later."""


@dataclass(slots=True)
class Transaction:
    """What a piece of work may use; `at` is the moment at which it runs."""

    connection: Connection
    at: datetime
    _afterwards: list[Callable[[], object]] = field(default_factory=list)

    def after_commit(self, action: Callable[[], object]) -> None:
        """Call `action` in the writer's thread once this work is safely on disk; never if it failed."""
        self._afterwards.append(action)


Work = Callable[[Transaction], T]


@dataclass(frozen=True, slots=True)
class _Job(Generic[T]):
    work: Work[T]
    outcome: Future[T]


@dataclass(frozen=True, slots=True)
class Commit:
    """One group commit, for the metrics."""

    works: int
    seconds: float
    failed: bool


class Writer:
    """The thread that owns writing."""

    def __init__(self, engine: Engine, clock: Clock, on_commit: Callable[[Commit], None]) -> None:
        self._engine = engine.execution_options(writes=True)
        self._clock = clock
        self._on_commit = on_commit
        self._jobs: queue.Queue[_Job[Any] | None] = queue.Queue(DEPTH)
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is queued and stop; later submissions are refused."""
        self._closing = True
        self._jobs.put(None)
        self._thread.join()

    def alive(self) -> bool:
        """Say whether the writer still works."""
        return self._thread.is_alive() and not self._closing

    def waiting(self) -> int:
        """Return how many pieces of work wait."""
        return self._jobs.qsize()

    def submit(self, work: Work[T]) -> Future[T]:
        """Queue a piece of work. Its future fails with what the work raised. Raises WriterBusy."""
        if self._closing:
            raise WriterBusy("the store is closing")
        job = _Job(work, Future[T]())
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise WriterBusy(f"{DEPTH} writes are waiting already") from None
        return job.outcome

    def _run(self) -> None:
        quiet_since = 0.0
        while (first := self._jobs.get()) is not None:
            idle = time.monotonic() - quiet_since > IDLE_S
            jobs, more = self._gather(first, 0.0 if idle else WINDOW_S)
            self._commit(jobs)
            quiet_since = time.monotonic()
            if not more:
                return

    def _gather(self, first: _Job[Any], window_s: float) -> tuple[list[_Job[Any]], bool]:
        jobs, deadline = [first], time.monotonic() + window_s
        while len(jobs) < LIMIT:
            left = deadline - time.monotonic()
            try:
                job = self._jobs.get(timeout=left) if left > 0 else self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, False
            jobs.append(job)
        return jobs, True

    def _commit(self, jobs: list[_Job[Any]]) -> None:
        started = time.monotonic()
        settled: list[Callable[[], object]] = []
        try:
            with self._engine.begin() as connection:
                for job in jobs:
                    settled.extend(self._do(connection, job))
        except Exception as error:
            log.exception("commit_failed", works=len(jobs))
            self._on_commit(Commit(len(jobs), time.monotonic() - started, failed=True))
            for job in jobs:
                if not job.outcome.done():
                    job.outcome.set_exception(error)
            return
        self._on_commit(Commit(len(jobs), time.monotonic() - started, failed=False))
        for action in settled:
            try:
                action()
            except Exception:
                log.exception("after_commit_failed")

    def _do(self, connection: Connection, job: _Job[Any]) -> list[Callable[[], object]]:
        """Run one job in its savepoint; return what is to be done once the group is committed."""
        transaction = Transaction(connection, self._clock.now().at)
        savepoint = connection.begin_nested()
        try:
            result = job.work(transaction)
        except Exception as error:  # noqa: BLE001  # it belongs to whoever submitted the work
            savepoint.rollback()
            refusal = error
            return [lambda: job.outcome.set_exception(refusal)]
        savepoint.commit()
        return [*transaction._afterwards, lambda: job.outcome.set_result(result)]  # noqa: SLF001  # its own type
