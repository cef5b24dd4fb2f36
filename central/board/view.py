"""What the templates are given: frozen, typed views, read in one moment of the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from central import gates
from central.alerts import records
from central.alerts.records import AlertRecord
from central.gates import Gate, Liveness, Standing
from central.instruments import registry
from central.instruments.registry import Instrument
from central.reports.coverage import Coverage, coverage
from contract.messages import Measurement, SecondMeasurement, Verdict
from contract.vocabulary import GateKind, HealthFlag, LinkState

COVERAGE_FACTOR: Final = 2
"""U = k u with k = 2: about 95 %."""
CERTIFICATE_SOON: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Card:
    """One alert as the board shows it."""

    record: AlertRecord
    gate: Gate

    @property
    def measurement(self) -> Measurement:
        """The measurement that raised it."""
        return self.record.alert.measurement

    @property
    def verdict(self) -> Verdict:
        """The gate's rule and what it said."""
        return self.record.alert.verdict

    @property
    def expanded_c(self) -> float | None:
        """Expanded uncertainty of the adjusted temperature, k = 2, °C."""
        return None if self.measurement.u_c is None else COVERAGE_FACTOR * self.measurement.u_c

    @property
    def attempts(self) -> int:
        """How often this person was measured at this passage."""
        return max(self.measurement.attempt, len(self.record.alert.attempts) + 1)

    @property
    def second(self) -> SecondMeasurement | None:
        """The newest reading of a contact thermometer."""
        return self.record.second_measurements[-1] if self.record.second_measurements else None


@dataclass(frozen=True, slots=True)
class BoardView:
    """The live board."""

    waiting: tuple[Card, ...]
    late: tuple[Card, ...]
    unconfirmed: tuple[Card, ...]
    recent: tuple[Card, ...]
    gates: tuple[tuple[Gate, Liveness], ...]
    unknown: tuple[Gate, ...]

    @property
    def simulated(self) -> bool:
        """Whether anything on this board is pretended."""
        cards = (*self.waiting, *self.late, *self.unconfirmed, *self.recent)
        return any(gate.simulated for gate, _ in self.gates) or any(card.record.alert.simulated for card in cards)

    def count(self, liveness: Liveness) -> int:
        """Return how many gates are so."""
        return sum(one == liveness for _, one in self.gates)


@dataclass(frozen=True, slots=True)
class InstrumentView:
    """One instrument of a gate, with what deserves a look."""

    instrument: Instrument
    age_s: float
    """Since the gate last spoke of it."""
    certificate_ends: str
    """`none`, `expired`, `soon` or `later`."""

    @property
    def troubled(self) -> bool:
        """Whether a technician should look at it."""
        health = self.instrument.health
        return health.link is not LinkState.UP or bool(health.flags) or self.certificate_ends in {"expired", "soon"}


@dataclass(frozen=True, slots=True)
class GateView:
    """One gate and its instruments."""

    gate: Gate
    liveness: Liveness
    instruments: tuple[InstrumentView, ...]

    @property
    def flags(self) -> tuple[HealthFlag, ...]:
        """Everything that is wrong with any of its instruments."""
        return tuple(dict.fromkeys(flag for one in self.instruments for flag in one.instrument.health.flags))


@dataclass(frozen=True, slots=True)
class GatesView:
    """All gates, those that nobody has accepted, and where nothing is watched."""

    gates: tuple[GateView, ...]
    unknown: tuple[Gate, ...]
    coverage: tuple[Coverage, ...]


def board_view(connection: Connection, now: datetime) -> BoardView:
    """Read the live board."""
    known = {gate.id: gate for gate in gates.all_gates(connection)}
    waiting = [Card(record, _gate(known, record)) for record in records.waiting(connection)]
    return BoardView(
        waiting=tuple(card for card in waiting if not card.record.late),
        late=tuple(card for card in waiting if card.record.late),
        unconfirmed=tuple(Card(record, _gate(known, record)) for record in records.unconfirmed(connection)),
        recent=tuple(Card(record, _gate(known, record)) for record in records.recent(connection, now)),
        gates=tuple((gate, gate.liveness(now)) for gate in known.values() if gate.standing is Standing.ACCEPTED),
        unknown=tuple(gate for gate in known.values() if gate.standing is Standing.WAITING),
    )


def cards(connection: Connection, found: list[AlertRecord]) -> list[Card]:
    """Join alerts with their gates."""
    known = {gate.id: gate for gate in gates.all_gates(connection)}
    return [Card(record, _gate(known, record)) for record in found]


def gates_view(connection: Connection, now: datetime) -> GatesView:
    """Read all gates and instruments."""
    known = gates.all_gates(connection)
    instruments = registry.all_instruments(connection)
    views = tuple(
        GateView(
            gate,
            gate.liveness(now),
            tuple(_instrument(one, now) for one in instruments if one.gate == gate.id),
        )
        for gate in known
        if gate.standing is Standing.ACCEPTED
    )
    return GatesView(
        gates=views,
        unknown=tuple(gate for gate in known if gate.standing is Standing.WAITING),
        coverage=tuple(coverage((view.gate, view.liveness) for view in views)),
    )


def gate_view(connection: Connection, gate: str, now: datetime) -> GateView:
    """Read one gate and its instruments. Raises UnknownGate."""
    found = gates.find(connection, gate)
    instruments = registry.of_gate(connection, gate)
    return GateView(found, found.liveness(now), tuple(_instrument(one, now) for one in instruments))


def _instrument(instrument: Instrument, now: datetime) -> InstrumentView:
    until = instrument.health.certificate_until
    if until is None:
        ends = "none"
    elif until <= now:
        ends = "expired"
    else:
        ends = "soon" if until - now < CERTIFICATE_SOON else "later"
    return InstrumentView(instrument, (now - instrument.seen_at).total_seconds(), ends)


def _gate(known: dict[str, Gate], record: AlertRecord) -> Gate:
    """Return the gate of an alert; one that has vanished from the table still has its id."""
    return known.get(record.gate) or Gate(
        id=record.gate,
        name_zh=record.gate,
        name_en=record.gate,
        township="",
        kind=GateKind.COMMUNITY,
        simulated=record.alert.simulated,
        version="",
        standing=Standing.ACCEPTED,
        online=False,
        presence_at=None,
        last_seen_at=None,
        health_at=None,
        health=None,
    )
