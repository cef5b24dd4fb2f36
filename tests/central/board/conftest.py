"""One duty room and one gate for all tests of a file; each test raises alerts of its own."""

from collections.abc import Iterator

import httpx
import pytest

from contract.messages import Alert
from tests.central.conftest import PNG, an_alert
from tests.central.room import Gate, Room


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    room = Room(tmp_path_factory.mktemp("room")).start()
    yield room
    room.stop()


@pytest.fixture(scope="module")
def gate(room: Room) -> Iterator[Gate]:
    gate = Gate(room.broker)
    gate.health()
    yield gate
    gate.stop()


@pytest.fixture
def alert(gate: Gate) -> Alert:
    return gate.raise_alert(an_alert(gate.now(), gate.name, crop=PNG))


@pytest.fixture(scope="module")
def officer(room: Room) -> Iterator[httpx.Client]:
    with room.client() as client:
        yield client


@pytest.fixture(scope="module")
def expert(room: Room) -> Iterator[httpx.Client]:
    with room.client("expert") as client:
        yield client


@pytest.fixture
def stranger(room: Room) -> Iterator[httpx.Client]:
    with room.client(None) as client:
        yield client
