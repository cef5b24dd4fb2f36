"""The store as the rest of central sees it: open (and bring up to date), read, write, close."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, OperationalError

from central.store.dialect import DatabaseRefused, open_engine
from central.store.writer import Commit, Work, Writer
from contract.clock import Clock
from contract.delivery.outbox import check_durable

T = TypeVar("T")
MIGRATIONS: Final = Path(__file__).with_name("migrations")


def migrate(engine: Engine) -> None:
    """Bring the tables to this program's version. Raises DatabaseRefused if they are newer or unreadable."""
    try:
        with engine.execution_options(writes=True).begin() as connection:
            command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise DatabaseRefused(
            f"{engine.url.render_as_string()} was written by a newer Guankou ({error}); install that version"
        ) from error
    except (OperationalError, DatabaseError) as error:
        raise DatabaseRefused(f"cannot use the database {engine.url.render_as_string()}: {error.orig}") from error


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, made here so that no ini file can disagree with the program."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


class Store:
    """One database: many readers, one writer."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self.engine = engine
        self._writer = writer

    @classmethod
    def open(cls, url: str, clock: Clock, on_commit: Callable[[Commit], None] = lambda _: None) -> "Store":
        """Open the database at `url`, migrate it and start the writer. Raises DatabaseRefused."""
        engine = open_engine(url)
        try:
            migrate(engine)
            with engine.connect() as connection:
                check_durable(connection)
        except BaseException:
            engine.dispose()
            raise
        writer = Writer(engine, clock, on_commit)
        writer.start()
        return cls(engine, writer)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one consistent moment; nothing read through it is committed."""
        with self.engine.connect() as connection:
            yield connection

    def submit(self, work: Work[T]) -> Future[T]:
        """Queue a piece of work for the next group commit. Raises WriterBusy."""
        return self._writer.submit(work)

    def write(self, work: Work[T]) -> T:
        """Do a piece of work and return its result once it is committed. Raises WriterBusy and what the work raises."""
        return self._writer.submit(work).result()

    def healthy(self) -> bool:
        """Say whether the writer still writes."""
        return self._writer.alive()

    def waiting(self) -> int:
        """Return how many writes wait for their commit."""
        return self._writer.waiting()

    def close(self) -> None:
        """Commit what is queued, stop the writer and close the connections."""
        self._writer.stop()
        self.engine.dispose()
