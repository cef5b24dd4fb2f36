import sqlite3
import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, text

from contract.delivery.letters import Letters
from contract.delivery.outbox import Outbox, OutboxMessage
from contract.ids import new_id
from contract.messages import Confirmation
from contract.topics import Direction
from edge import tables
from edge.store import Store
from edge.writer import MAX_OTHER, Deed, Writer, WriterStatus
from tests.conftest import FakeClock
from tests.patience import PATIENCE_S


class Rig:
    """A writer, and what it has told."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store, self.clock = store, clock
        self.outbox = Outbox(tables.outbox)
        self.unstored: list[OutboxMessage] = []
        self.told = threading.Condition()
        self.writer = Writer(store, self.outbox, committed=self._tell, unstored=self._keep_unstored, changed=self._tell)
        self.letters = Letters(Direction.UP, clock)

    def _tell(self) -> None:
        with self.told:
            self.told.notify_all()

    def _keep_unstored(self, letter: OutboxMessage) -> None:
        self.unstored.append(letter)
        self._tell()

    def until(self, holds: Callable[[WriterStatus], bool]) -> WriterStatus:
        with self.told:
            assert self.told.wait_for(lambda: holds(self.writer.status()), PATIENCE_S), self.writer.status()
        return self.writer.status()

    def alert(self, number: int = 1) -> Deed:
        at = self.clock.now().at
        body = Confirmation(
            id=new_id(at), decision=new_id(at), alert=new_id(at), at=at, confirmed_by="li", remark=str(number)
        )
        return Deed("alert", lambda connection: tally(connection, number), self.letters.letter("dock", body))

    def rows(self) -> list[int]:
        with self.store.reading() as connection:
            return list(connection.execute(text("SELECT thinned FROM outbox_tally")).scalars())

    def sent(self) -> int:
        with self.store.reading() as connection:
            return self.outbox.length(connection)


def tally(connection: Connection, number: int) -> None:
    connection.execute(text("INSERT INTO outbox_tally VALUES (:number)"), {"number": number})


@pytest.fixture
def rig(store: Store, clock: FakeClock) -> Iterator[Rig]:
    rig = Rig(store, clock)
    yield rig
    rig.writer.stop()


def test_deeds_are_kept_in_order_with_their_letters(rig: Rig) -> None:
    for number in range(5):
        rig.writer.put(rig.alert(number))
    rig.writer.start()
    rig.until(lambda status: status.written == 5)
    assert rig.rows() == [0, 1, 2, 3, 4]
    assert rig.sent() == 5


def test_done_is_called_only_after_the_commit(rig: Rig) -> None:
    seen: list[list[int]] = []
    done = threading.Event()

    def look() -> None:
        seen.append(rig.rows())
        done.set()

    rig.writer.start()
    rig.writer.put(Deed("order", lambda connection: tally(connection, 9), done=look))
    assert done.wait(PATIENCE_S)
    assert seen == [[9]]


def test_a_full_disk_keeps_alerts_in_memory_and_tells_them_directly_until_it_has_room(rig: Rig) -> None:
    with rig.store.writing() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))  # SQLite's own way of having no room
    filler = Deed("filler", lambda connection: connection.execute(text("CREATE TABLE filler (x)")), vital=False)
    alert = rig.alert()
    rig.writer.put(filler)
    rig.writer.put(alert)
    rig.writer.start()
    status = rig.until(lambda status: status.failures >= 2 and len(rig.unstored) >= 2)
    assert "full" in status.trouble
    assert (status.waiting, status.vital, status.written) == (2, 1, 0)
    assert {letter.message_id for letter in rig.unstored} == {alert.letter.message_id}
    with rig.store.writing() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    status = rig.until(lambda status: status.written == 2)
    assert (status.trouble, status.waiting) == ("", 0)
    assert rig.rows() == [1]
    assert rig.sent() == 1


def test_a_locked_file_delays_and_loses_nothing(rig: Rig) -> None:
    other = sqlite3.connect(rig.store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    rig.writer.start()
    rig.writer.put(rig.alert(4))
    status = rig.until(lambda status: bool(status.trouble))
    assert "locked" in status.trouble
    other.execute("ROLLBACK")
    other.close()
    rig.until(lambda status: status.written == 1 and not status.trouble)
    assert rig.rows() == [4]


def test_a_deed_at_fault_is_given_up_alone(rig: Rig) -> None:
    def fails(connection: Connection) -> None:
        tally(connection, 99)
        connection.execute(text("INSERT INTO no_such_table VALUES (1)"))

    def breaks(_connection: Connection) -> None:
        raise ZeroDivisionError

    rig.writer.put(rig.alert(1))
    rig.writer.put(Deed("wrong sql", fails))
    rig.writer.put(Deed("bug", breaks))
    rig.writer.put(rig.alert(2))
    rig.writer.start()
    status = rig.until(lambda status: status.written == 2)
    assert status.given_up == 2
    assert rig.rows() == [1, 2]


def test_measurements_have_a_bound_and_alerts_outlast_them(rig: Rig) -> None:
    rig.writer.put(rig.alert(-1))
    for number in range(MAX_OTHER + 20):
        rig.writer.put(Deed("measurement", lambda connection, number=number: tally(connection, number), vital=False))
    status = rig.writer.status()
    assert (status.dropped, status.vital, status.waiting) == (20, 1, MAX_OTHER + 1)
    rig.writer.start()
    rig.writer.stop(PATIENCE_S)
    assert rig.rows() == [-1, *range(20, MAX_OTHER + 20)]


def test_stopping_writes_what_waits(rig: Rig) -> None:
    rig.writer.start()
    for number in range(50):
        rig.writer.put(rig.alert(number))
    rig.writer.stop(PATIENCE_S)
    assert rig.rows() == list(range(50))


def test_stopping_does_not_wait_for_a_disk_that_fails(rig: Rig) -> None:
    with rig.store.writing() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    rig.writer.put(Deed("filler", lambda connection: connection.execute(text("CREATE TABLE filler (x)"))))
    rig.writer.start()
    rig.until(lambda status: bool(status.trouble))
    rig.writer.stop(PATIENCE_S)
    assert rig.writer.status().waiting == 1
