"""Append-only journals whose rows are chained: each carries the hash of the one before.

`hash = SHA-256(previous hash, then the row's values as canonical JSON)`. A row that was changed, removed or slipped
in breaks the chain from there on, and `verify` names the first row that does not fit. The database refuses updates
and deletes besides (`dialect.append_only`); the chain is for whoever gets round the database.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, select, update

from central.store.instrument_tables import instrument_journal
from central.store.tables import alert_journal, audit, chains

START: Final = "0" * 64
"""The hash before the first row."""

CHAINED: Final = (alert_journal, audit, instrument_journal)


class ChainBroken(Exception):
    """A journal was tampered with; the text names the table and the row."""


def append(connection: Connection, table: Table, row: dict[str, Any]) -> int:
    """Add a row at the end of a chained table; return its number. The caller's transaction carries it."""
    head = connection.execute(select(chains).where(chains.c.name == table.name).with_for_update()).one()
    number = int(head.length) + 1
    numbered = {"number": number, **row}
    digest = _hash(head.hash, numbered)
    connection.execute(table.insert().values(**numbered, previous=head.hash, hash=digest))
    connection.execute(update(chains).where(chains.c.name == table.name).values(length=number, hash=digest))
    return number


def verify(connection: Connection, table: Table) -> int:
    """Return how many rows the chain holds. Raises ChainBroken at the first that does not fit."""
    expected, count = START, 0
    for row in connection.execute(select(table).order_by(table.c.number)).mappings():
        count += 1
        content = {name: value for name, value in row.items() if name not in {"previous", "hash"}}
        if row["number"] != count or row["previous"] != expected or row["hash"] != _hash(expected, content):
            raise ChainBroken(f"{table.name}: row {count} does not follow from the rows before it")
        expected = row["hash"]
    head = connection.execute(select(chains).where(chains.c.name == table.name)).one()
    if (head.length, head.hash) != (count, expected):
        raise ChainBroken(f"{table.name}: {head.length} rows were written, {count} are there")
    return count


def _hash(previous: str, row: dict[str, Any]) -> str:
    content = json.dumps({name: _plain(value) for name, value in row.items()}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{content}".encode()).hexdigest()


def _plain(value: object) -> str | int | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, int) else str(value)
