"""The only module that knows which database it is: engines, insert-if-new, append-only triggers.

SQLite runs in WAL with synchronous=FULL, because a power cut must not take back what central has acknowledged
(`delivery.md` 2). Its driver is told to leave transactions alone, so that BEGIN IMMEDIATE takes the write lock at
the start and a savepoint is a real savepoint. PostgreSQL comes by URL and needs none of this.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite

BUSY_MS = 5_000
"""How long a reader or another program may hold SQLite's lock before a writer gives up."""


class DatabaseRefused(Exception):
    """The database cannot be used; the text says what to do."""


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return f"sqlite:///{path}"


def open_engine(url: str, *, readers: int = 8) -> Engine:
    """Return an engine for reading and writing. Raises DatabaseRefused if the driver of the URL is missing."""
    try:
        engine = create_engine(url, pool_size=readers, max_overflow=readers, pool_pre_ping=_is_server(url))
    except ModuleNotFoundError as error:
        raise DatabaseRefused(f"the database {make_url(url).drivername} needs: pip install {error.name}") from error
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine)
    elif engine.dialect.name != "postgresql":
        raise DatabaseRefused(f"{engine.dialect.name} is not supported; use sqlite or postgresql")
    return engine


def _is_server(url: str) -> bool:
    return not url.startswith("sqlite")


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> set[Any]:
    """Insert the rows whose primary key is not there yet; return the keys that were new (first key column)."""
    if not rows:
        return set()
    key = next(iter(table.primary_key.columns))
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).on_conflict_do_nothing().returning(key)
    return set(connection.execute(statement, list(rows)).scalars())


def upsert(connection: Connection, table: Table, row: dict[str, Any], keep: frozenset[str] = frozenset()) -> None:
    """Insert a row or overwrite the one with its primary key, all but the columns in `keep`."""
    keys = [column.name for column in table.primary_key.columns]
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(row)
    changed = {name: statement.excluded[name] for name in row if name not in keys and name not in keep}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def append_only(dialect: str, table: str) -> list[str]:
    """Return the statements that make the database refuse to change or delete rows of a table."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("update", "delete")
        ]
    function = (
        f"CREATE OR REPLACE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    trigger = (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only()"
    )
    return [function, trigger]
