"""A gate reduced to its delivery: makes numbered rows, sends them until they are acknowledged, then ends.

It is killed at any moment and started again on the same file; it goes on with the next number.
"""

import argparse
import signal
import sys
import threading
from types import FrameType

from sqlalchemy import Column, Engine, Integer, MetaData, Table, Uuid, create_engine, event, func, insert, select

from contract.clock import SystemClock
from contract.delivery.bus import Bus
from contract.delivery.letters import Letters
from contract.delivery.outbox import Outbox, outbox_table
from contract.delivery.sender import Sender, transactions
from contract.ids import new_id
from contract.messages import Ack, Confirmation, decode
from contract.topics import Direction, down_filter, parse

metadata = MetaData()
outbox_rows = outbox_table(metadata)
made = Table("made", metadata, Column("n", Integer, primary_key=True), Column("message_id", Uuid, nullable=False))


def open_database(path: str) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def tune(connection, _record) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA busy_timeout = 5000")

    metadata.create_all(engine)
    return engine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database")
    parser.add_argument("url")
    parser.add_argument("--gate", default="dock")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--interval-s", type=float, default=0.01)
    options = parser.parse_args()

    engine, clock, outbox = open_database(options.database), SystemClock(), Outbox(outbox_rows)
    letters = Letters(Direction.UP, clock)
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)

    def hear(topic: str, payload: bytes) -> None:
        _, body = decode(payload, parse(topic))
        if isinstance(body, Ack):
            sender.acknowledged(body.message_ids)

    def up() -> None:
        bus.subscribe(down_filter(options.gate))
        sender.connected()

    bus = Bus(options.url, options.gate, on_message=hear, on_up=up)
    sender = Sender(outbox, bus, clock, read=engine.connect, write=transactions(engine))
    bus.start()
    sender.start()
    with engine.connect() as connection:
        n = connection.execute(select(func.coalesce(func.max(made.c.n), 0))).scalar_one()
    while n < options.rows and not stopping.wait(options.interval_s):
        n += 1
        now = clock.now().at
        letter = letters.letter(
            options.gate,
            Confirmation(
                id=new_id(now), decision=new_id(now), alert=new_id(now), at=now, confirmed_by="li", remark=str(n)
            ),
        )
        with engine.begin() as connection:
            connection.execute(insert(made).values(n=n, message_id=letter.message_id))
            outbox.add(connection, letter)
        sender.wake()
    while not stopping.wait(0.02):
        with engine.connect() as connection:
            if outbox.length(connection) == 0:
                break
    sender.stop()
    bus.stop()
    engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
