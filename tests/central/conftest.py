"""A central without its web: a real SQLite file, the real writer, clerk and ingest; what leaves is kept in lists."""

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from central.access.accounts import Account, all_accounts, create
from central.alerts.decisions import Choice, Decisions
from central.alerts.register import Register, Transition
from central.config import AlertPolicy
from central.dispatch import Dispatch
from central.filing import Filing
from central.ingest import Ingest
from central.instruments.surveillance import Surveillance
from central.metrics import Metrics
from central.store.dialect import sqlite_url
from central.store.store import Store
from central.store.tables import outbox
from contract.clock import Instant
from contract.delivery.letters import Letters
from contract.delivery.outbox import Outbox
from contract.ids import new_id
from contract.messages import Ack, Alert, Body, Measurement, Presence, Term, Verdict, decode
from contract.topics import Direction, parse, presence
from contract.vocabulary import Decision, GateKind, Reason, Role, Site, VerdictKind
from tests.conftest import FakeClock

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf"
    "c000000301010018dd8db00000000049454e44ae426082"
)


def a_measurement(at: datetime, gate: str = "dock-1", **changes) -> Measurement:
    values = {
        "id": new_id(at),
        "gate": gate,
        "instrument": "array",
        "passage": new_id(at),
        "at": at,
        "indicated_c": 35.9,
        "skin_c": 36.9,
        "body_c": 38.5,
        "adjusted_c": 38.4,
        "u_c": 0.45,
        "p_fever": 0.99,
        "site": Site.CANTHUS,
        "ambient_c": 22.0,
        "reference_offset_c": -0.31,
        "baseline_c": 0.1,
        "frames_used": 5,
        "certificate_id": UUID(int=7),
        "config_version": "abc123",
        "terms": (
            Term(name="certificate", size_c=0.12, u_c=0.06),
            Term(name="reference", size_c=0.31, u_c=0.13),
            Term(name="skin_to_body", size_c=1.61, u_c=0.38),
            Term(name="baseline", size_c=-0.1, u_c=0.05),
        ),
    }
    return Measurement(**(values | changes))


def a_verdict(kind: VerdictKind = VerdictKind.ALARM) -> Verdict:
    return Verdict(kind=kind, reasons=(Reason.ABOVE_THRESHOLD,), threshold_c=37.3, p_alarm=0.7, rule="cn-37.3/1")


def an_alert(at: datetime, gate: str = "dock-1", crop: bytes | None = None, **changes) -> Alert:
    measurement = a_measurement(at, gate, **changes)
    return Alert(
        id=new_id(at),
        passage=measurement.passage,
        raised_at=at,
        measurement=measurement,
        verdict=a_verdict(),
        crop_png=None if crop is None else b64encode(crop),
        simulated=True,
    )


def a_presence(at: datetime, gate: str = "dock-1", boot: int = 1, *, online: bool = True) -> Presence:
    return Presence(
        gate=gate,
        boot=UUID(int=boot),
        online=online,
        at=at,
        name_zh="码头",
        name_en="Dock",
        township="羊角街道",
        kind=GateKind.DOCK,
        simulated=True,
        version="0.1.0",
    )


@dataclass
class Heard:
    """Stands where the board's news go; keeps them."""

    transitions: list[tuple[Transition, Instant | None]] = field(default_factory=list)
    gates: list[tuple[str, str]] = field(default_factory=list)
    healths: list[str] = field(default_factory=list)

    def transition(self, moved: Transition, received: Instant | None = None) -> None:
        self.transitions.append((moved, received))

    def gate(self, gate: str, what: str) -> None:
        self.gates.append((gate, what))

    def health(self, gate: str, _at: datetime) -> None:
        self.healths.append(gate)

    def events(self) -> list[str]:
        return [moved.event for moved, _ in self.transitions]


class Central:
    """The parts of central below its web, put together as the process does."""

    def __init__(self, url: str, clock: FakeClock, *, accept_unknown: bool = True) -> None:
        self.clock = clock
        self.metrics = Metrics()
        self.store = Store.open(url, clock)
        self.up = Letters(Direction.UP, clock, UUID(int=1))
        self.down = Letters(Direction.DOWN, clock, UUID(int=2))
        self.outbox = Outbox(outbox)
        self.register = Register(AlertPolicy(), timedelta(hours=72))
        self.woken = threading.Event()
        self.decisions = Decisions(self.register, Dispatch(self.down, self.outbox, self.woken.set))
        self.surveillance = Surveillance(self.decisions.dispatch, UTC)
        self.filing = Filing(self.register, self.decisions, accept_unknown, self.surveillance)
        self.heard = Heard()
        self.published: list[tuple[str, bytes]] = []
        self.forgotten: list[UUID] = []
        self.ingest = Ingest(
            self.store,
            self.filing,
            self.down,
            clock,
            self.metrics,
            self.heard,
            publish=lambda topic, payload: self.published.append((topic, payload)),
            forget=self.forgotten.extend,
        )

    def settle(self) -> None:
        """Wait until everything that came in has been committed and told."""
        for _ in range(3):
            self.store.write(lambda _transaction: None)

    def say(self, gate: str, body: Body) -> UUID:
        """Let a gate send a message; return its id once it is filed."""
        letter = self.up.letter(gate, body)
        self.ingest.receive(letter.topic, letter.payload)
        self.settle()
        return letter.message_id

    def here(self, gate: str = "dock-1") -> None:
        said = a_presence(self.clock.now().at, gate)
        self.ingest.receive(presence(gate), said.model_dump_json().encode())
        self.settle()

    def acknowledged(self) -> list[UUID]:
        """Return the ids of all receipts sent so far."""
        ids: list[UUID] = []
        for topic, payload in self.published:
            _, body = decode(payload, parse(topic))
            assert isinstance(body, Ack)
            ids.extend(body.message_ids)
        return ids

    def officer(self, name: str = "officer", roles: frozenset[Role] = frozenset({Role.DUTY_OFFICER})) -> Account:
        self.store.write(lambda transaction: create(transaction, name, f"{name} 同志", roles, "no hash", by="test"))
        with self.store.read() as connection:
            return next(account for account in all_accounts(connection) if account.name == name)

    def rows(self, query):
        with self.store.read() as connection:
            return connection.execute(query).all()


@pytest.fixture
def database(tmp_path: Path) -> str:
    return sqlite_url(tmp_path / "central.sqlite")


@pytest.fixture
def opened(database: str, clock: FakeClock) -> Iterator[Callable[..., Central]]:
    """Open central on the same database as often as a test likes; all are closed at the end."""
    made: list[Central] = []

    def make(**options) -> Central:
        central = Central(database, clock, **options)
        made.append(central)
        return central

    yield make
    for central in made:
        if central.store.healthy():
            central.store.close()


@pytest.fixture
def central(opened: Callable[..., Central]) -> Central:
    return opened()


def a_choice(alert: UUID, decision: Decision = Decision.REFER, key: int = 1, **changes) -> Choice:
    values = {
        "id": UUID(int=key),
        "alert": alert,
        "decision": decision,
        "reason_code": "symptoms" if decision is Decision.REFER else "other",
        "remark": "" if decision is Decision.REFER else "看过本人",
        "instruction": "区人民医院发热门诊" if decision is Decision.REFER else "",
    }
    return Choice(**(values | changes))
