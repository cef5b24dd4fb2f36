from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, create_engine, event

from central.broker import Broker
from contract.delivery.outbox import Outbox, outbox_table


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The embedded broker as central runs it."""
    broker = Broker(tmp_path_factory.mktemp("broker"), port=0)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database as the gate keeps it."""
    engine = create_engine(f"sqlite:///{tmp_path / 'gate.sqlite'}")

    @event.listens_for(engine, "connect")
    def tune(connection, _record) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    yield engine
    engine.dispose()


@pytest.fixture
def outbox(engine: Engine) -> Outbox:
    metadata = MetaData()
    table = outbox_table(metadata)
    metadata.create_all(engine)
    return Outbox(table, limit=100)
