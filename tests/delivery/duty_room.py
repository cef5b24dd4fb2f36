"""Central reduced to its delivery: commits what comes in groups, then acknowledges it. Runs until it is killed."""

import argparse
import queue
import sys
from collections import defaultdict
from uuid import UUID

from sqlalchemy import BigInteger, Column, Engine, Integer, MetaData, String, Table, Uuid, create_engine, event
from sqlalchemy.dialects.sqlite import insert

from contract.clock import SystemClock
from contract.delivery.bus import Bus
from contract.delivery.letters import Letters
from contract.messages import Confirmation, Envelope, decode
from contract.topics import Direction, parse, up_filter

GROUP: int = 500

metadata = MetaData()
received = Table(
    "received",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=True),
    Column("message_id", Uuid, nullable=False, unique=True),
    Column("gate", String, nullable=False),
    Column("n", Integer, nullable=False),
    Column("sent_us", BigInteger, nullable=False),
)
repeated = Table("repeated", metadata, Column("message_id", Uuid, nullable=False))


def open_database(path: str) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def tune(connection, _record) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    metadata.create_all(engine)
    return engine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database")
    parser.add_argument("url")
    options = parser.parse_args()

    engine, clock = open_database(options.database), SystemClock()
    letters = Letters(Direction.DOWN, clock)
    waiting: queue.Queue[tuple[Envelope, int]] = queue.Queue()

    def hear(topic: str, payload: bytes) -> None:
        envelope, body = decode(payload, parse(topic))
        if isinstance(body, Confirmation):
            waiting.put((envelope, int(body.remark)))

    def up() -> None:
        bus.subscribe(up_filter(), 1)

    bus = Bus(options.url, "central", on_message=hear, on_up=up)
    bus.start()
    while True:
        group = [waiting.get()]
        while len(group) < GROUP and not waiting.empty():
            group.append(waiting.get())
        commit(engine, group)
        for gate, ids in by_gate(group).items():
            bus.publish(*letters.receipt(gate, ids), 0)


def commit(engine: Engine, group: list[tuple[Envelope, int]]) -> None:
    with engine.begin() as connection:
        for envelope, n in group:
            row = {
                "message_id": envelope.message_id,
                "gate": envelope.gate,
                "n": n,
                "sent_us": round(envelope.sent_at.timestamp() * 1e6),
            }
            if not connection.execute(insert(received).values(row).on_conflict_do_nothing()).rowcount:
                connection.execute(repeated.insert().values(message_id=envelope.message_id))


def by_gate(group: list[tuple[Envelope, int]]) -> dict[str, list[UUID]]:
    ids: dict[str, list[UUID]] = defaultdict(list)
    for envelope, _ in group:
        ids[envelope.gate].append(envelope.message_id)
    return ids


if __name__ == "__main__":
    sys.exit(main())
