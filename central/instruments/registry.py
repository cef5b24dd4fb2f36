"""The registry of instruments: every device that a gate has ever named, with what it last said of itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from central.store.dialect import upsert
from central.store.tables import instruments
from central.store.writer import Transaction
from contract.messages import InstrumentHealth
from contract.vocabulary import InstrumentState


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument as last known."""

    gate: str
    instrument: str
    state: InstrumentState
    first_seen_at: datetime
    seen_at: datetime
    health: InstrumentHealth


def hear(transaction: Transaction, gate: str, told: Iterable[InstrumentHealth]) -> None:
    """Keep what a gate says of its instruments; one that it no longer names stays, with the time it was last seen."""
    for health in told:
        row = {
            "gate": gate,
            "instrument": health.instrument,
            "driver": health.driver,
            "serial": health.serial,
            "role": health.role,
            "state": health.state,
            "first_seen_at": transaction.at,
            "seen_at": transaction.at,
            "health": health.model_dump(mode="json"),
        }
        upsert(transaction.connection, instruments, row, keep=frozenset({"first_seen_at"}))


def of_gate(connection: Connection, gate: str) -> list[Instrument]:
    """Return a gate's instruments, by id."""
    query = select(instruments).where(instruments.c.gate == gate).order_by(instruments.c.instrument)
    return [_instrument(row) for row in connection.execute(query).all()]


def all_instruments(connection: Connection) -> list[Instrument]:
    """Return every instrument, by gate and id."""
    query = select(instruments).order_by(instruments.c.gate, instruments.c.instrument)
    return [_instrument(row) for row in connection.execute(query).all()]


def _instrument(row: Any) -> Instrument:
    return Instrument(
        gate=row.gate,
        instrument=row.instrument,
        state=InstrumentState(row.state),
        first_seen_at=row.first_seen_at,
        seen_at=row.seen_at,
        health=InstrumentHealth.model_validate(row.health),
    )
