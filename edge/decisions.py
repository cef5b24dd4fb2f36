"""What central sends down, and what the gate does with it.

Order of duties again: a decision is on the screen before it is stored, and central gets its receipt only once it is
stored, so that a gate that dies in between is told again. Everything may come twice: ids decide, a repetition changes
nothing and is acknowledged again. What cannot be read or may not be obeyed is refused, counted and logged; where its id
could be read it is acknowledged too, or central would send it for ever.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection

from contract.calibration import Certificate
from contract.clock import Clock
from contract.messages import (
    Ack,
    Body,
    CertificateBody,
    DecisionBody,
    InstrumentStateBody,
    MessageRefused,
    RulesBody,
    decode,
)
from contract.topics import Direction, parse
from edge import records
from edge.config import Rules
from edge.kiosk.screen import Screen
from edge.metrics import Metrics
from edge.uplink import Uplink
from edge.writer import Deed, Writer

log = structlog.get_logger()


class OrderRefused(Exception):
    """An order may not be obeyed; the text says why."""


class Lanes(Protocol):
    """What orders are given to."""

    def turns_away(self, certificate: Certificate) -> str:
        """Return the sentence that refuses a certificate, empty if it is let in."""
        ...

    def certify(self, certificate: Certificate) -> None:
        """Take a new certificate into account."""
        ...

    def state(self, body: InstrumentStateBody) -> bool:
        """Put an instrument into the state that central orders; False if what is in force is newer or stricter."""
        ...

    def obey(self, rules: Rules) -> None:
        """Decide by these rules from now on."""
        ...


class Decisions:
    """Obeys what central sends. Used by the event loop."""

    def __init__(
        self,
        gate: str,
        own_rules: Rules,
        clock: Clock,
        *,
        screen: Screen,
        writer: Writer,
        uplink: Uplink,
        lanes: Lanes,
        metrics: Metrics,
    ) -> None:
        self._gate, self._own_rules, self._clock = gate, own_rules, clock
        self._screen, self._writer, self._uplink = screen, writer, uplink
        self._lanes, self._metrics = lanes, metrics
        self._known: set[UUID] = set()
        self.refused = 0
        """Messages that could not be read or obeyed."""

    def restore(self, known: Iterable[UUID]) -> None:
        """Take up which decisions and rules were stored before a restart: told again, they change nothing."""
        self._known.update(known)

    def receive(self, topic: str, payload: bytes) -> None:
        """Take a message of the bus."""
        where = parse(topic)
        if where is None or where.gate != self._gate or where.direction is not Direction.DOWN:
            self._refuse(topic, "not a message for this gate")
            return
        try:
            envelope, body = decode(payload, where)
        except MessageRefused as error:
            self._refuse(topic, str(error))
            return
        self._metrics.messages.labels(where.kind).inc()
        if isinstance(body, Ack):
            self._uplink.acknowledged(body.message_ids)
            return
        try:
            write = self._obey(envelope.message_id, body)
        except (OrderRefused, ValidationError) as error:
            self._refuse(topic, str(error))
            self._uplink.receipt([envelope.message_id])
            return
        log.info("order", kind=where.kind, message=str(envelope.message_id))
        self._writer.put(Deed(where.kind, write, done=partial(self._uplink.receipt, [envelope.message_id])))

    def _obey(self, message: UUID, body: Body) -> Callable[[Connection], None]:
        """Do at once what is ordered; return how it is kept. Raises OrderRefused or ValidationError."""
        at = self._clock.now().at
        match body:
            case DecisionBody():
                if self._is_news(body.id):  # a carried-out one must not come back when only its receipt was lost
                    self._screen.decision(body)
                return lambda connection: records.keep_decision(connection, body, at)
            case CertificateBody(certificate=certificate):
                if why := self._lanes.turns_away(certificate):
                    raise OrderRefused(why)
                self._lanes.certify(certificate)
                return lambda connection: records.keep_certificate(connection, certificate, at)
            case InstrumentStateBody():
                if not self._lanes.state(body):
                    log.info("order not obeyed", instrument=body.instrument, state=body.state)
                    return lambda _: None
                return lambda connection: records.keep_state(connection, message, body)
            case RulesBody():
                rules = merged(self._own_rules, body)
                if self._is_news(message):  # older rules told again must not replace newer ones
                    self._lanes.obey(rules)
                return lambda connection: records.keep_rules(connection, message, body, at)
            case _:
                raise OrderRefused(f"a gate does nothing with a {type(body).__name__}")

    def _is_news(self, key: UUID) -> bool:
        news = key not in self._known
        self._known.add(key)
        return news

    def _refuse(self, topic: str, why: str) -> None:
        self.refused += 1
        self._metrics.refused.inc()
        log.warning("refused", topic=topic, why=why)


def merged(own: Rules, body: RulesBody) -> Rules:
    """Return the gate's rules with central's policy in place of its own. Raises ValidationError if it is out of bounds.

    Central's policy wins in what it says; the rest (baseline, limits of a result) stays the gate's.
    """
    said = {name: value for name, value in body.model_dump().items() if name in Rules.model_fields}
    return Rules.model_validate({**own.model_dump(), **said})
