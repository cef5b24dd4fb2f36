"""The one writer commits in groups, keeps failures apart, and acts only on what is safe."""

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import func, select

from central.store.store import Store
from central.store.tables import keys
from central.store.writer import LIMIT, Commit, Transaction, WriterBusy
from tests.conftest import FakeClock
from tests.patience import PATIENCE_S


@pytest.fixture
def commits() -> list[Commit]:
    return []


@pytest.fixture
def store(database: str, clock: FakeClock, commits: list[Commit]) -> Iterator[Store]:
    store = Store.open(database, clock, commits.append)
    yield store
    if store.healthy():
        store.close()


def insert(name: str):
    def work(transaction: Transaction) -> str:
        transaction.connection.execute(keys.insert().values(name=name, value=b""))
        return name

    return work


def names(store: Store) -> list[str]:
    with store.read() as connection:
        return sorted(connection.execute(select(keys.c.name)).scalars())


def test_work_returns_its_result_once_it_is_committed(store: Store) -> None:
    assert store.write(insert("a")) == "a"
    assert names(store) == ["a"]


def test_what_comes_while_the_writer_is_busy_shares_one_commit(store: Store, commits: list[Commit]) -> None:
    held, release = threading.Event(), threading.Event()

    def hold(_transaction: Transaction) -> None:
        held.set()
        assert release.wait(PATIENCE_S)

    first = store.submit(hold)
    assert held.wait(PATIENCE_S)
    futures = [store.submit(insert(f"k{number}")) for number in range(40)]
    release.set()
    assert [future.result(5) for future in futures] == [f"k{number}" for number in range(40)]
    first.result(5)
    store.close()
    assert [commit.works for commit in commits][:2] == [1, 40]


def test_no_commit_is_larger_than_the_limit(store: Store, commits: list[Commit]) -> None:
    held, release = threading.Event(), threading.Event()

    def hold(_transaction: Transaction) -> None:
        held.set()
        assert release.wait(PATIENCE_S)

    store.submit(hold)
    assert held.wait(PATIENCE_S)
    futures = [store.submit(lambda _transaction: None) for _ in range(LIMIT + 1)]
    release.set()
    futures[-1].result(10)
    assert max(commit.works for commit in commits) == LIMIT


def test_a_piece_of_work_that_fails_takes_nobody_down_with_it(store: Store) -> None:
    def fail_after_writing(transaction: Transaction) -> None:
        insert("lost")(transaction)
        raise LookupError("no such thing")

    futures = [store.submit(insert("a")), store.submit(fail_after_writing), store.submit(insert("b"))]
    assert futures[0].result(5) == "a"
    with pytest.raises(LookupError, match="no such thing"):
        futures[1].result(5)
    assert futures[2].result(5) == "b"
    assert names(store) == ["a", "b"]


def test_what_waits_for_the_commit_sees_committed_data_and_never_runs_for_failed_work(store: Store) -> None:
    seen: list[list[str]] = []

    def work(transaction: Transaction) -> None:
        insert("a")(transaction)
        transaction.after_commit(lambda: seen.append(names(store)))

    def fail(transaction: Transaction) -> None:
        transaction.after_commit(lambda: seen.append(["never"]))
        raise LookupError

    store.write(work)
    with pytest.raises(LookupError):
        store.write(fail)
    assert seen == [["a"]]


def test_an_action_after_the_commit_that_fails_does_not_undo_it_or_stop_the_writer(store: Store) -> None:
    def work(transaction: Transaction) -> None:
        insert("a")(transaction)
        transaction.after_commit(lambda: 1 / 0)

    store.write(work)
    assert store.write(insert("b")) == "b"
    assert names(store) == ["a", "b"]


def test_a_commit_that_cannot_be_made_fails_everything_in_it(store: Store, commits: list[Commit]) -> None:
    def break_the_connection(transaction: Transaction) -> None:
        transaction.connection.exec_driver_sql("ROLLBACK")

    with pytest.raises(Exception, match="savepoint"):
        store.write(break_the_connection)
    assert commits[-1].failed
    assert store.write(insert("after")) == "after"


def test_a_closed_store_refuses_work_and_finishes_what_it_had(store: Store) -> None:
    future = store.submit(insert("last"))
    store.close()
    assert future.result(0) == "last"
    with pytest.raises(WriterBusy, match="closing"):
        store.submit(insert("late"))
    assert not store.healthy()


def test_readers_see_one_moment_and_do_not_stop_the_writer(store: Store) -> None:
    count = select(func.count()).select_from(keys)
    with store.read() as connection:
        assert connection.execute(count).scalar_one() == 0
        store.write(insert("a"))
        assert connection.execute(count).scalar_one() == 0
    assert names(store) == ["a"]


def test_the_moment_of_a_transaction_comes_from_the_clock(store: Store, clock: FakeClock) -> None:
    def moment(transaction: Transaction) -> datetime:
        return transaction.at

    assert store.write(moment) == clock.now().at
