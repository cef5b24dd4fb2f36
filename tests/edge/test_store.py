import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from edge import tables
from edge.store import Store, StoreRefused


def test_what_is_committed_survives_a_power_cut(store: Store) -> None:
    """WAL with synchronous=FULL; a kill cannot show a power cut, so the setting itself is asserted."""
    with store.writing() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
        assert connection.execute(text("PRAGMA secure_delete")).scalar_one() == 1


def test_migrations_make_exactly_the_tables_that_the_code_declares(store: Store) -> None:
    with store.writing() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_opening_an_existing_file_keeps_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "gate.sqlite"
    for expected in (0, 1):
        store = Store.open(path)
        with store.writing() as connection:
            assert connection.execute(text("SELECT count(*) FROM outbox_tally")).scalar_one() == expected
            connection.execute(text("INSERT INTO outbox_tally VALUES (1)"))
        store.close()


def test_a_second_process_on_the_same_file_is_refused(store: Store) -> None:
    with pytest.raises(StoreRefused, match="another guankou-edge uses"):
        Store.open(store.path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreRefused, match=r"cannot write to the folder .*set store\.path"):
        Store.open(tmp_path / "file" / "gate.sqlite")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gate.sqlite"
    path.write_bytes(b"this is a text file, and rather a long one\n" * 100)
    with pytest.raises(StoreRefused, match=r"gate\.sqlite cannot be used: file is not a database"):
        Store.open(path)
    assert path.read_bytes().startswith(b"this is a text file")


def test_a_refused_file_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "gate.sqlite"
    path.write_bytes(b"no database " * 100)
    with pytest.raises(StoreRefused):
        Store.open(path)
    path.unlink()
    Store.open(path).close()


def test_reading_is_not_held_up_by_a_writer(store: Store) -> None:
    with store.writing() as writing:
        writing.execute(text("INSERT INTO outbox_tally VALUES (7)"))
        with store.reading() as reading:
            assert reading.execute(text("SELECT count(*) FROM outbox_tally")).scalar_one() == 0


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("INSERT INTO outbox_tally VALUES (7)"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(work)
    with store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM outbox_tally")).scalar_one() == 0


def test_the_file_is_closed_when_the_store_is(tmp_path: Path) -> None:
    path = tmp_path / "gate.sqlite"
    store = Store.open(path)
    store.close()
    held = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert [name for name in held if name.is_relative_to(tmp_path)] == []
    check = sqlite3.connect(path)
    assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    check.close()
