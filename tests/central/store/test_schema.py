"""The database is what the program thinks it is: migrations, durability, journals that cannot be changed."""

import io
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, insert, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DatabaseError, StatementError
from sqlalchemy.schema import CreateTable

from central.access.audit import Action, record
from central.store.chain import CHAINED, ChainBroken, verify
from central.store.dialect import DatabaseRefused, open_engine, sqlite_url
from central.store.store import Store, alembic_config, migrate
from central.store.tables import audit, gates, metadata
from tests.central.conftest import Central
from tests.conftest import FakeClock


def test_the_migrations_make_exactly_the_tables_that_the_program_uses(central: Central) -> None:
    with central.store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_commit_is_on_disk_before_it_counts(central: Central) -> None:
    with central.store.read() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_the_migrations_can_be_written_out_for_postgresql() -> None:
    config = alembic_config()
    config.set_main_option("sqlalchemy.url", "postgresql://")
    config.output_buffer = written = io.StringIO()
    config.attributes["dialect"] = "postgresql"
    command.upgrade(config, "head", sql=True)
    sql = written.getvalue()
    assert "CREATE TABLE alerts" in sql
    assert "TIMESTAMP WITH TIME ZONE" in sql
    assert "LANGUAGE plpgsql" in sql
    assert "PRAGMA" not in sql


def test_every_table_compiles_for_postgresql() -> None:
    for table in metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_no_module_but_one_knows_which_database_it_is() -> None:
    folder = Path(__file__).parents[3] / "central"
    knowing = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if re.search(r"PRAGMA|dialects import|BEGIN IMMEDIATE|RAISE\(ABORT", path.read_text(encoding="utf-8"))
    }
    assert knowing == {"store/dialect.py"}


def test_opening_twice_changes_nothing(database: str, clock: FakeClock) -> None:
    for _ in range(2):
        store = Store.open(database, clock)
        store.write(lambda transaction: record(transaction, Action.LOGIN, "a", "a"))
        store.close()
    with create_engine(database).connect() as connection:
        assert verify(connection, audit) == 2


def test_a_database_of_a_newer_program_is_refused_with_what_to_do(database: str, clock: FakeClock) -> None:
    Store.open(database, clock).close()
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(DatabaseRefused, match="newer Guankou"):
        Store.open(database, clock)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "central.sqlite"
    file.write_bytes(b"this is not a database, it is a letter " * 100)
    engine = open_engine(sqlite_url(file))
    with pytest.raises(DatabaseRefused, match="cannot use the database"):
        migrate(engine)
    engine.dispose()


def test_a_database_without_its_driver_says_what_to_install() -> None:
    with pytest.raises(DatabaseRefused, match="pip install psycopg"):
        open_engine("postgresql+psycopg://localhost/guankou")


@pytest.mark.parametrize("table", CHAINED, ids=lambda table: table.name)
@pytest.mark.parametrize("verb", ["UPDATE {} SET who = 'nobody'", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_a_journal(central: Central, table, verb: str) -> None:
    alert = {"who": "a", "address": "", "at": central.clock.now().at, "previous": "", "hash": "", "number": 1}
    rest = {column.name: "x" for column in table.c if column.name not in alert}
    if "alert" in table.c:
        rest |= {"alert": central.down.epoch, "from_state": None}
    central.store.write(lambda transaction: transaction.connection.execute(insert(table).values(alert | rest)))
    with pytest.raises(DatabaseError, match="append-only"):
        central.store.write(lambda transaction: transaction.connection.execute(text(verb.format(table.name))))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit SET who = 'nobody' WHERE number = 2",
        "UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE number = 1",
        "DELETE FROM audit WHERE number = 2",
        "DELETE FROM audit WHERE number = 3",
        "UPDATE chains SET length = 2 WHERE name = 'audit'",
    ],
)
def test_whoever_gets_round_the_database_breaks_the_chain(central: Central, damage: str) -> None:
    for name in ("a", "b", "c"):
        central.store.write(lambda transaction, name=name: record(transaction, Action.LOGIN, name, name))
    with central.store.read() as connection:
        assert verify(connection, audit) == 3

    def tamper(transaction) -> None:
        for trigger in ("audit_no_update", "audit_no_delete"):
            transaction.connection.execute(text(f"DROP TRIGGER {trigger}"))
        transaction.connection.execute(text(damage))

    central.store.write(tamper)
    with central.store.read() as connection, pytest.raises(ChainBroken, match="audit"):
        verify(connection, audit)


def test_times_come_back_in_utc_and_naive_ones_are_refused(central: Central) -> None:
    east = datetime(2026, 1, 24, 16, 0, tzinfo=timezone(timedelta(hours=8)))
    row = {"id": "g", "kind": "dock", "standing": "accepted", "first_seen_at": east}
    central.store.write(lambda transaction: transaction.connection.execute(insert(gates).values(row)))
    assert central.rows(gates.select())[0].first_seen_at == datetime(2026, 1, 24, 8, 0, tzinfo=UTC)
    naive = row | {"id": "h", "first_seen_at": datetime(2026, 1, 24)}  # that is the point
    with pytest.raises(StatementError, match="no time zone"):
        central.store.write(lambda transaction: transaction.connection.execute(insert(gates).values(naive)))
