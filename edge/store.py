"""The gate's database file: opened, migrated, locked, and handed out as transactions.

SQLite in WAL mode with `synchronous=FULL`: a kiosk loses power without warning, and what was committed must be there
afterwards. `secure_delete` overwrites what the retention clock erases. Writing goes one transaction at a time through
one lock, so that this process never waits for itself; another process is kept out by a lock file.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

MIGRATIONS: Final = Path(__file__).parent / "migrations"
T = TypeVar("T")

BUSY_MS: Final = 250
"""How long to wait for a lock that somebody else holds on the file (a backup, an administrator's shell).

Short, because the writer tries again and tells alerts directly meanwhile.
"""
PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    f"PRAGMA busy_timeout={BUSY_MS}",
)


class StoreRefused(Exception):
    """The database cannot be used; the text says which file and what to do."""


class Store:
    """An open database. Any thread may use it."""

    def __init__(self, path: Path, engine: Engine, lock_file: int) -> None:
        self.path = path
        self._writer = engine
        self._reader = engine.execution_options(reads=True)
        self._lock_file = lock_file
        self._one_at_a_time = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the file and bring it to the present version. Raises StoreRefused."""
        lock_file = _lock(path)
        engine = _engine(path)
        store = cls(path, engine, lock_file)
        try:
            with store.writing() as connection:
                migrate(connection)
        except SQLAlchemyError as error:
            store.close()
            raise StoreRefused(f"the database {path} cannot be used: {reason(error)}") from error
        return store

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that commits at its end and rolls back on an error."""
        with self._one_at_a_time, self._writer.begin() as connection:
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do a piece of work in a transaction and return once it is committed."""
        with self.writing() as connection:
            return work(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the file and holds nobody up."""
        with self._reader.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close the file and let another process have it."""
        self._writer.dispose()
        os.close(self._lock_file)


def migrate(connection: Connection) -> None:
    """Bring the schema to the present version inside the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def reason(error: BaseException) -> str:
    """Return the database's own words for an error, without SQL and values: those may be personal."""
    original = getattr(error, "orig", None)
    return str(original or error).splitlines()[0]


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: object) -> None:
        dbapi.isolation_level = None  # the driver must not begin transactions of its own: `_begin` does
        for pragma in PRAGMAS:
            dbapi.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock at once: a deferred one could fail half-way, when it is too late to wait
        reads = connection.get_execution_options().get("reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _lock(path: Path) -> int:
    """Take the lock file beside the database. Raises StoreRefused."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreRefused(
            f"cannot write to the folder {path.parent}: {error.strerror}; set store.path to a folder that this user may"
            " write to"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreRefused(f"another guankou-edge uses {path}: stop it, or set another store.path") from error
    return descriptor
