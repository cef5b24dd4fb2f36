"""What each kind of message does to the database, in one transaction per group, once per message id.

A message that is well formed but cannot be filed (a confirmation of an alert that is not here) is kept whole among the
refusals: the gate may forget it, because central does not.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, cast

from sqlalchemy import select

from central import gates
from central.alerts.decisions import Decisions
from central.alerts.lifecycle import AlertEvent
from central.alerts.register import Party, Register, Transition, UnknownAlert
from central.gates import Standing
from central.instruments import reported, thermometers
from central.instruments.refusal import UnknownInstrument
from central.instruments.surveillance import Surveillance
from central.store.dialect import insert_new
from central.store.tables import alerts, held, instrument_reports, measurements, receipts, refusals, second_measurements
from central.store.writer import Transaction
from contract.clock import Instant
from contract.messages import (
    Alert,
    Body,
    CertificateBody,
    CheckResult,
    Confirmation,
    DriftReport,
    Envelope,
    GateHealth,
    InstrumentStateBody,
    MeasurementBody,
    SecondMeasurement,
)
from contract.topics import Kind, Topic
from contract.vocabulary import InstrumentState

MAX_HELD: Final = 10_000
"""Messages held for one unknown station; further ones are left with the station, which sends them again."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message that came in and was found to be one of ours."""

    topic: Topic
    payload: bytes
    envelope: Envelope
    body: Body
    at: Instant


@dataclass(slots=True)
class Filed:
    """What a group of messages changed."""

    receipts: dict[str, list[Received]] = field(default_factory=dict)
    """By gate: what it may forget."""
    transitions: list[tuple[Transition, Instant]] = field(default_factory=list)
    health: dict[str, bool] = field(default_factory=dict)
    """Gates that told their health; True if their ability to screen changed."""
    second_measurements: list[SecondMeasurement] = field(default_factory=list)
    passages: list[dict[str, Any]] = field(default_factory=list)
    """Rows of passages without an alert; the bulk, so they go into the database together."""
    unknown: set[str] = field(default_factory=set)
    """Stations that wait to be accepted."""
    counts: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    """By kind and what became of it: filed, repeated, held, refused."""


@dataclass(frozen=True, slots=True)
class Filing:
    """The clerk: every method works in the caller's transaction."""

    register: Register
    decisions: Decisions
    accept_unknown: bool
    surveillance: Surveillance | None = None
    """Who acts on what gates report of their instruments; None: reports are only kept."""

    def file(self, transaction: Transaction, received: Iterable[Received]) -> Filed:
        """File a group of messages; those already here are acknowledged again and change nothing."""
        filed = Filed()
        group = sorted(received, key=lambda one: one.topic.kind is not Kind.ALERT)
        standing = gates.meet(transaction, {one.topic.gate for one in group}, accept=self.accept_unknown)
        accepted = [one for one in group if standing[one.topic.gate] is Standing.ACCEPTED]
        self._hold(transaction, [one for one in group if standing[one.topic.gate] is Standing.WAITING], filed)
        for one in group:
            if standing[one.topic.gate] is Standing.REFUSED:
                filed.counts[one.topic.kind, "refused"] += 1
        # what took an instrument out stands before the charts' opinion of it, what brings it back after its evidence
        for turn in range(3):
            now = [one for one in accepted if _turn(one) == turn and not _premature(transaction, one)]
            self._file_accepted(transaction, now, filed)
        return filed

    def file_held(self, transaction: Transaction, gate: str, decode: Callable[[bytes, str], Received | None]) -> Filed:
        """File what was held for a station that has just been accepted."""
        filed = Filed()
        rows = transaction.connection.execute(
            select(held).where(held.c.gate == gate).order_by(held.c.received_at, held.c.message_id)
        ).all()
        waiting = [one for row in rows if (one := decode(row.payload, row.topic)) is not None]
        transaction.connection.execute(held.delete().where(held.c.gate == gate))
        waiting.sort(key=lambda one: one.topic.kind is Kind.INSTRUMENT_STATE)  # health has named the instruments
        self._file_accepted(transaction, waiting, filed)
        return filed

    def _file_accepted(self, transaction: Transaction, accepted: list[Received], filed: Filed) -> None:
        lasting = [one for one in accepted if one.topic.kind is not Kind.HEALTH]
        new = insert_new(transaction.connection, receipts, [_receipt(transaction, one) for one in _once(lasting)])
        for one in accepted:
            filed.receipts.setdefault(one.topic.gate, []).append(one)
            kind = one.topic.kind
            if kind is not Kind.HEALTH:
                if one.envelope.message_id not in new:
                    filed.counts[kind, "repeated"] += 1
                    continue
                new.discard(one.envelope.message_id)
            try:
                _CLERKS[kind](self, transaction, one, filed)
                filed.counts[kind, "filed"] += 1
            except (UnknownAlert, UnknownInstrument) as refusal:
                refuse(transaction, str(one.topic), one.payload, str(refusal), keep=True)
                filed.counts[kind, "refused"] += 1
        insert_new(transaction.connection, measurements, filed.passages)
        gates.seen(transaction, set(filed.receipts))

    def _hold(self, transaction: Transaction, waiting: list[Received], filed: Filed) -> None:
        for gate in {one.topic.gate for one in waiting}:
            filed.unknown.add(gate)
            count = transaction.connection.execute(select(held.c.message_id).where(held.c.gate == gate)).all()
            room = MAX_HELD - len(count)
            kept = [one for one in waiting if one.topic.gate == gate][: max(room, 0)]
            rows = [
                {
                    "message_id": one.envelope.message_id,
                    "gate": gate,
                    "topic": str(one.topic),
                    "payload": one.payload,
                    "received_at": transaction.at,
                }
                for one in _once(kept)
            ]
            insert_new(transaction.connection, held, rows)
            filed.receipts[gate] = kept
            for one in kept:
                filed.counts[one.topic.kind, "held"] += 1

    def _alert(self, transaction: Transaction, one: Received, filed: Filed) -> None:
        alert = cast("Alert", one.body)
        if alert.measurement.gate != one.topic.gate:
            raise UnknownAlert(f"an alert of {alert.measurement.gate} came from {one.topic.gate}")
        entered = self.register.enter(transaction, alert)
        if entered is not None:
            filed.transitions.append((entered, one.at))

    def _measurement(self, transaction: Transaction, one: Received, filed: Filed) -> None:
        body = cast("MeasurementBody", one.body)
        row = {
            "id": body.measurement.id,
            "gate": one.topic.gate,
            "instrument": body.measurement.instrument,
            "passage": body.measurement.passage,
            "at": body.measurement.at,
            "received_at": transaction.at,
            "verdict": body.verdict.kind,
            "adjusted_c": body.measurement.adjusted_c,
            "u_c": body.measurement.u_c,
            "simulated": body.simulated,
            "body": body.model_dump(mode="json"),
        }
        filed.passages.append(row)

    def _second_measurement(self, transaction: Transaction, one: Received, filed: Filed) -> None:
        said = cast("SecondMeasurement", one.body)
        same_gate = alerts.c.gate == one.topic.gate
        which = alerts.c.id == said.alert if said.alert else alerts.c.passage == said.passage
        alert = transaction.connection.execute(select(alerts.c.id).where(same_gate, which)).scalar()
        row = {
            "id": said.id,
            "gate": one.topic.gate,
            "alert": alert or said.alert,
            "passage": said.passage,
            "at": said.at,
            "received_at": transaction.at,
            "body": said.model_dump(mode="json"),
        }
        if not insert_new(transaction.connection, second_measurements, [row]):
            return
        thermometers.meet(transaction, one.topic.gate, said)
        if alert is None:
            return
        party = Party(f"{one.topic.gate}: {said.measured_by}")
        reason = f"{said.value_c:.1f} °C {said.scale}"
        moved = self.register.move(transaction, alert, AlertEvent.SECOND_MEASUREMENT, party, reason)
        filed.transitions.append((moved, one.at))

    def _confirmation(self, transaction: Transaction, one: Received, filed: Filed) -> None:
        moved = self.decisions.confirmed(transaction, one.topic.gate, cast("Confirmation", one.body))
        if moved is not None:
            filed.transitions.append((moved, one.at))

    def _health(self, transaction: Transaction, one: Received, filed: Filed) -> None:
        said = cast("GateHealth", one.body)
        changed = gates.hear_health(transaction, one.topic.gate, said)
        reported.register(transaction, one.topic.gate, said.instruments)
        filed.health[one.topic.gate] = filed.health.get(one.topic.gate, False) or changed

    def _report(self, transaction: Transaction, one: Received, _filed: Filed) -> None:
        said = cast("CheckResult | DriftReport", one.body)
        row = {
            "id": said.id,
            "gate": one.topic.gate,
            "instrument": said.instrument,
            "kind": one.topic.kind,
            "at": said.at,
            "received_at": transaction.at,
            "body": said.model_dump(mode="json"),
        }
        if not insert_new(transaction.connection, instrument_reports, [row]) or self.surveillance is None:
            return
        if isinstance(said, CheckResult):
            self.surveillance.hear_check(transaction, one.topic.gate, said)
        else:
            self.surveillance.hear_drift(transaction, one.topic.gate, said)

    def _state(self, transaction: Transaction, one: Received, _filed: Filed) -> None:
        if self.surveillance is not None:
            said, recalibration = cast("InstrumentStateBody", one.body), self.surveillance.recalibration
            reported.follow(transaction, recalibration, one.topic.gate, said)

    def _certificate(self, transaction: Transaction, one: Received, _filed: Filed) -> None:
        if self.surveillance is not None:
            self.surveillance.hear_certificate(
                transaction, one.topic.gate, cast("CertificateBody", one.body).certificate
            )


_CLERKS: Final[dict[Kind, Callable[[Filing, Transaction, Received, Filed], None]]] = {
    Kind.ALERT: Filing._alert,  # noqa: SLF001  # the class's own table
    Kind.MEASUREMENT: Filing._measurement,  # noqa: SLF001
    Kind.SECOND_MEASUREMENT: Filing._second_measurement,  # noqa: SLF001
    Kind.CONFIRMATION: Filing._confirmation,  # noqa: SLF001
    Kind.HEALTH: Filing._health,  # noqa: SLF001
    Kind.CHECK: Filing._report,  # noqa: SLF001
    Kind.DRIFT: Filing._report,  # noqa: SLF001
    Kind.CERTIFICATE: Filing._certificate,  # noqa: SLF001
    Kind.INSTRUMENT_STATE: Filing._state,  # noqa: SLF001
}
UP: Final = frozenset(_CLERKS)
"""What gates may send up, beside acknowledgements."""


def refuse(transaction: Transaction, topic: str, payload: bytes, reason: str, *, keep: bool) -> None:
    """Journal a payload that cannot be used; `keep` it whole if the gate is told that it may forget it."""
    row: dict[str, Any] = {
        "at": transaction.at,
        "topic": topic[:200],
        "size": len(payload),
        "sha256": hashlib.sha256(payload).hexdigest(),
        "reason": reason[:300],
        "payload": payload if keep else None,
    }
    transaction.connection.execute(refusals.insert().values(row))


def _turn(one: Received) -> int:
    if not isinstance(one.body, InstrumentStateBody):
        return 1
    return 2 if one.body.state is InstrumentState.IN_SERVICE else 0


def _premature(transaction: Transaction, one: Received) -> bool:
    if not isinstance(one.body, InstrumentStateBody):
        return False
    return reported.premature(transaction.connection, one.topic.gate, one.body)


def _receipt(transaction: Transaction, one: Received) -> dict[str, Any]:
    return {
        "message_id": one.envelope.message_id,
        "gate": one.topic.gate,
        "kind": one.topic.kind,
        "epoch": one.envelope.epoch,
        "seq": one.envelope.seq,
        "sent_at": one.envelope.sent_at,
        "received_at": transaction.at,
    }


def _once(received: Iterable[Received]) -> list[Received]:
    """Return each message once: one group may hold a message and its repetition."""
    return list({one.envelope.message_id: one for one in received}.values())
