"""The outbox: messages that have not been acknowledged by the other end, in the database of whoever sends them.

A row is written in the transaction that makes the thing it tells of, and deleted when the other end says that it has
committed it. Nothing here commits: every verb works inside the caller's transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Uuid,
    and_,
    bindparam,
    delete,
    func,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

FRESH: Final = timedelta(minutes=1)
"""Younger rows go first: what happens now matters more than what was missed."""
THIN_TO: Final = 0.9
"""Thinning goes on to this share of the limit, so that it is not done for every row."""

LONGEST_HOLD: Final = timedelta(hours=2)
"""A row held back for longer was held by a clock that has been set back since: it is due."""
IDS_A_STATEMENT: Final = 500
FOREVER: Final = 2**62
"""Microseconds."""


class Priority(IntEnum):
    """Who goes first; smaller is sooner."""

    ALERT = 0
    """A person is stopped, or an instrument must be."""
    RECORD = 1
    MEASUREMENT = 2


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message that waits."""

    message_id: UUID
    topic: str
    payload: bytes
    priority: int
    created_at: datetime
    perishable: bool = False
    """May be thinned when the outbox is full; alerts never are."""


class NotDurable(Exception):
    """The database forgets commits when the power goes; the text says which setting does it."""


def check_durable(connection: Connection) -> None:
    """Raise NotDurable unless what this connection commits survives a power cut.

    SQLite needs `PRAGMA synchronous = FULL`: NORMAL, with a write-ahead log, may lose the last commits.
    """
    if connection.dialect.name == "sqlite":
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
        if level < 2:
            raise NotDurable(f"PRAGMA synchronous is {level}; an outbox needs 2 (FULL)")
    elif connection.dialect.name == "postgresql":
        level = connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
        if level == "off":
            raise NotDurable("synchronous_commit is off; an outbox needs it on")


def outbox_table(metadata: MetaData, name: str = "outbox") -> Table:
    """Return the table of an outbox, and put it and its tally (`<name>_tally`) into `metadata`."""
    Table(
        f"{name}_tally",
        metadata,
        Column("thinned", BigInteger, nullable=False),
    )
    table = Table(
        name,
        metadata,
        Column("row", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("message_id", Uuid, nullable=False, unique=True),
        Column("topic", String(200), nullable=False),
        Column("payload", LargeBinary, nullable=False),
        Column("priority", Integer, nullable=False),
        Column("created_us", BigInteger, nullable=False),
        Column("due_us", BigInteger, nullable=False),
        Column("perishable", Boolean(name=f"{name}_perishable"), nullable=False),
        sqlite_autoincrement=True,
    )
    Index(f"{name}_by_age", table.c.priority, table.c.created_us, table.c.row)
    return table


class Outbox:
    """The verbs of one outbox table."""

    def __init__(self, table: Table, limit: int = 100_000) -> None:
        """Bound the table to about `limit` rows.

        The bound thins perishable rows, every second one, the oldest first: the past grows coarser, the present stays
        whole. What cannot be thinned is kept whatever the limit says.
        """
        self._table = table
        self._tally = table.metadata.tables[f"{table.name}_tally"]
        self._limit = limit
        self._due = _due_rows(table)
        self._at_most: int | None = None

    def add(self, connection: Connection, message: OutboxMessage) -> int:
        """Put a message in; one that is already there is left alone. Return how many rows the bound thinned out."""
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(
            insert(self._table)
            .values(
                message_id=message.message_id,
                topic=message.topic,
                payload=message.payload,
                priority=message.priority,
                created_us=_us(message.created_at),
                due_us=0,
                perishable=message.perishable,
            )
            .on_conflict_do_nothing(index_elements=["message_id"])
        )
        self._at_most = self.length(connection) if self._at_most is None else self._at_most + 1
        if self._at_most <= self._limit:
            return 0
        self._at_most = self.length(connection)
        return self._thin(connection) if self._at_most > self._limit else 0

    def batch(
        self,
        connection: Connection,
        now: datetime,
        n: int,
        *,
        without: Collection[UUID] = (),
        priorities: Sequence[Priority] = tuple(Priority),
        quiet: Mapping[str, datetime] = MappingProxyType({}),
        despite: Collection[UUID] = (),
    ) -> list[OutboxMessage]:
        """Return up to `n` due messages of these priorities, other than `without`.

        First by priority; within one, those younger than a minute go before older ones, and each of both by age.
        Left out is what was made, up to the moment given, for the `quiet` ends (the topic's first levels), `despite`
        excepted.
        """
        query = self._due if not quiet else self._due.where(self._is_heard(quiet, despite))
        values = {"now": _us(now), "held": _us(now + LONGEST_HOLD), "without": list(without)}
        fresh = _us(now - FRESH)
        found: list[OutboxMessage] = []
        for priority in priorities:
            for oldest, youngest in ((fresh, FOREVER), (-FOREVER, fresh)):
                if len(found) == n:
                    return found
                values |= {"priority": priority, "oldest": oldest, "youngest": youngest, "room": n - len(found)}
                found += [_message(row) for row in connection.execute(query, values)]
        return found

    def _is_heard(self, quiet: Mapping[str, datetime], despite: Collection[UUID]) -> ColumnElement[bool]:
        rows = self._table.c
        silenced = [
            and_(rows.topic.startswith(f"{end}/", autoescape=True), rows.created_us <= _us(until))
            for end, until in quiet.items()
        ]
        return or_(rows.message_id.in_(despite), not_(or_(*silenced)))

    def accept(self, connection: Connection, ids: Sequence[UUID]) -> int:
        """Forget messages that the other end has committed; return how many were still here."""
        message_id = self._table.c.message_id
        return sum(
            connection.execute(delete(self._table).where(message_id.in_(ids[at : at + IDS_A_STATEMENT]))).rowcount
            for at in range(0, len(ids), IDS_A_STATEMENT)
        )

    def reject(self, connection: Connection, ids: Sequence[UUID], due_at: datetime) -> int:
        """Keep messages that cannot be sent now back until `due_at`, two hours at most; return how many."""
        chosen = self._table.c.message_id.in_(ids)
        return connection.execute(update(self._table).where(chosen).values(due_us=_us(due_at))).rowcount

    def length(self, connection: Connection) -> int:
        """Return how many messages wait."""
        return int(connection.execute(select(func.count()).select_from(self._table)).scalar_one())

    def oldest(self, connection: Connection) -> datetime | None:
        """Return when the oldest waiting message was made, None for an empty outbox."""
        rows = self._table.c
        each = [select(func.min(rows.created_us)).where(rows.priority == priority) for priority in Priority]
        found = [us for query in each if (us := connection.execute(query).scalar_one()) is not None]
        return datetime.fromtimestamp(min(found) / 1e6, UTC) if found else None

    def thinned(self, connection: Connection) -> int:
        """Return how many messages the bound has ever removed; kept in the database."""
        return int(connection.execute(select(func.coalesce(func.sum(self._tally.c.thinned), 0))).scalar_one())

    def _thin(self, connection: Connection) -> int:
        rows = self._table.c
        surplus = (self._at_most or 0) - round(self._limit * THIN_TO)
        perishable = (
            select(rows.row, func.row_number().over(order_by=rows.row).label("place"))
            .where(rows.perishable)
            .order_by(rows.row)
            .limit(2 * surplus)
            .subquery()
        )
        every_second = select(perishable.c.row).where(perishable.c.place % 2 == 1)
        gone = connection.execute(delete(self._table).where(rows.row.in_(every_second))).rowcount
        if gone and not connection.execute(update(self._tally).values(thinned=self._tally.c.thinned + gone)).rowcount:
            connection.execute(self._tally.insert().values(thinned=gone))
        self._at_most = (self._at_most or 0) - gone
        return gone


def _due_rows(table: Table) -> Select[Any]:
    """Return the query of `batch`, made once: making it costs more than asking it."""
    rows = table.c
    return (
        select(table)
        .where(
            rows.priority == bindparam("priority"),
            rows.created_us >= bindparam("oldest"),
            rows.created_us < bindparam("youngest"),
            or_(rows.due_us <= bindparam("now"), rows.due_us > bindparam("held")),
            rows.message_id.not_in(bindparam("without", expanding=True)),
        )
        .order_by(rows.created_us, rows.row)
        .limit(bindparam("room"))
    )


def _us(at: datetime) -> int:
    return round(at.timestamp() * 1e6)


def _message(row: Row[Any]) -> OutboxMessage:
    return OutboxMessage(
        message_id=row.message_id,
        topic=row.topic,
        payload=row.payload,
        priority=row.priority,
        created_at=datetime.fromtimestamp(row.created_us / 1e6, UTC),
        perishable=row.perishable,
    )
