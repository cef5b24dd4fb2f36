"""The gates: who they are, whether they are there, what they last said of themselves.

A station that nobody knows is not turned away and not believed: what it says is held until a supervisor accepts it
(a demo accepts by itself). Presence is a retained message with a last will; a death that does not carry the boot id of
the session in force belongs to an earlier one and is ignored.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, select, update

from central.access.audit import Action, record
from central.instruments import registry
from central.store.dialect import insert_new
from central.store.tables import gates
from central.store.writer import Transaction
from contract.messages import GateHealth, Presence
from contract.vocabulary import GateKind

SILENT_AFTER: Final = timedelta(seconds=30)
"""Three missed health messages."""
CLOCK_OFF_S: Final = 2.0
"""Beyond it the times of passages and the order of a gate's messages can no longer be trusted."""


class Standing(StrEnum):
    """Whether a station belongs to the district."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    REFUSED = "refused"


class Liveness(StrEnum):
    """Whether a gate can be relied on now."""

    SCREENING = "screening"
    PAUSED = "paused"
    """It is there but says that it cannot screen, and why."""
    SILENT = "silent"
    """The broker still holds its line, but it has not said anything for 30 s."""
    OFFLINE = "offline"


class UnknownGate(Exception):
    """There is no gate of this id."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate as last known."""

    id: str
    name_zh: str
    name_en: str
    township: str
    kind: GateKind
    simulated: bool
    version: str
    standing: Standing
    online: bool
    presence_at: datetime | None
    last_seen_at: datetime | None
    health_at: datetime | None
    health: GateHealth | None

    @property
    def clock_off_s(self) -> float | None:
        """How far the gate's clock is ahead of this one by its newest health, s; None if that is what the way takes."""
        if self.health is None or self.health_at is None:
            return None
        ahead_s = (self.health.at - self.health_at).total_seconds()
        return ahead_s if abs(ahead_s) > CLOCK_OFF_S else None

    def liveness(self, now: datetime) -> Liveness:
        """Return whether it can be relied on at this moment."""
        if not self.online:
            return Liveness.OFFLINE
        if self.health is None or self.health_at is None or now - self.health_at > SILENT_AFTER:
            return Liveness.SILENT
        return Liveness.SCREENING if self.health.screening else Liveness.PAUSED


def meet(transaction: Transaction, names: set[str], *, accept: bool) -> dict[str, Standing]:
    """Return the standing of each gate, entering those that nobody has heard of."""
    if not names:
        return {}
    fresh = [
        {
            "id": name,
            "name_zh": name,
            "name_en": name,
            "kind": GateKind.COMMUNITY,
            "standing": Standing.ACCEPTED if accept else Standing.WAITING,
            "first_seen_at": transaction.at,
            "settled_by": "demo" if accept else None,
            "settled_at": transaction.at if accept else None,
        }
        for name in sorted(names)
    ]
    query = select(gates.c.id, gates.c.standing).where(gates.c.id.in_(names))
    known = {row.id: Standing(row.standing) for row in transaction.connection.execute(query)}
    insert_new(transaction.connection, gates, [row for row in fresh if row["id"] not in known])
    return {name: known.get(name, Standing.ACCEPTED if accept else Standing.WAITING) for name in names}


def hear_presence(transaction: Transaction, said: Presence) -> bool:
    """Note that a gate is there or is gone; False if it is news of an earlier boot."""
    row = transaction.connection.execute(select(gates).where(gates.c.id == said.gate).with_for_update()).one()
    if not said.online and row.boot != said.boot:
        return False
    changes: dict[str, Any] = {"online": said.online, "boot": said.boot, "presence_at": said.at}
    if said.online:
        changes |= {
            "name_zh": said.name_zh or said.gate,
            "name_en": said.name_en or said.gate,
            "township": said.township,
            "kind": said.kind,
            "simulated": said.simulated,
            "version": said.version,
            "last_seen_at": transaction.at,
        }
    transaction.connection.execute(update(gates).where(gates.c.id == said.gate).values(changes))
    return bool(row.online != said.online or row.boot != said.boot)


def hear_health(transaction: Transaction, gate: str, said: GateHealth) -> bool:
    """Keep the newest health of a gate and its instruments; True if the gate's ability to screen changed."""
    row = transaction.connection.execute(select(gates.c.health).where(gates.c.id == gate).with_for_update()).one()
    before = GateHealth.model_validate(row.health) if row.health else None
    if before is not None and said.at < before.at and before.at - said.at < timedelta(hours=1):
        return False  # an older one that was overtaken; a clock that was set back by more is believed again
    transaction.connection.execute(
        update(gates)
        .where(gates.c.id == gate)
        .values(health=said.model_dump(mode="json"), health_at=transaction.at, last_seen_at=transaction.at)
    )
    registry.hear(transaction, gate, said.instruments)
    return before is None or _gist(before) != _gist(said)


def _gist(health: GateHealth) -> tuple[object, ...]:
    """Return what of a gate's health is worth an event of its own."""
    parts = tuple((part.instrument, part.link, part.state, part.flags) for part in health.instruments)
    return health.screening, health.reasons, health.rule, parts


def seen(transaction: Transaction, names: set[str]) -> None:
    """Note that these gates have said something."""
    transaction.connection.execute(update(gates).where(gates.c.id.in_(names)).values(last_seen_at=transaction.at))


def settle(transaction: Transaction, gate: str, standing: Standing, *, by: str, address: str) -> None:
    """Accept or refuse a station. Raises UnknownGate."""
    changes = {"standing": standing, "settled_by": by, "settled_at": transaction.at}
    if not transaction.connection.execute(update(gates).where(gates.c.id == gate).values(changes)).rowcount:
        raise UnknownGate(gate)
    action = Action.GATE_ACCEPTED if standing is Standing.ACCEPTED else Action.GATE_REFUSED
    record(transaction, action, by, gate, address=address)


def all_gates(connection: Connection) -> list[Gate]:
    """Return every gate, by township and id."""
    return [_gate(row) for row in connection.execute(select(gates).order_by(gates.c.township, gates.c.id))]


def find(connection: Connection, gate: str) -> Gate:
    """Return one gate. Raises UnknownGate."""
    row = connection.execute(select(gates).where(gates.c.id == gate)).one_or_none()
    if row is None:
        raise UnknownGate(gate)
    return _gate(row)


def _gate(row: Any) -> Gate:
    return Gate(
        id=row.id,
        name_zh=row.name_zh,
        name_en=row.name_en,
        township=row.township,
        kind=GateKind(row.kind),
        simulated=row.simulated,
        version=row.version,
        standing=Standing(row.standing),
        online=row.online,
        presence_at=row.presence_at,
        last_seen_at=row.last_seen_at,
        health_at=row.health_at,
        health=GateHealth.model_validate(row.health) if row.health else None,
    )
