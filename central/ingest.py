"""Ingest: from the bus into the store in groups, then the receipt to the gate, then the news.

The bus's thread decodes and queues; the store's writer files whatever has come by the time of its commit. Only after
the commit is a message acknowledged. What cannot be used is counted and journalled; it is acknowledged only if it
carries an id, came on its own gate's topic, and is kept whole (`filing.refuse`), so that a gate of another version
neither loses it nor repeats it for ever.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from pydantic import ValidationError

from central import gates
from central.filing import UP, Filed, Filing, Received, refuse
from central.metrics import Metrics
from central.news import News
from central.store.store import Store
from central.store.writer import LIMIT, Transaction, WriterBusy
from contract.clock import Clock
from contract.delivery.letters import Letters
from contract.messages import MAX_PAYLOAD_BYTES, Ack, Envelope, MessageRefused, Presence, decode
from contract.topics import Direction, Kind, Topic, parse, presence_gate

MAX_WAITING: Final = 20_000
"""Decoded messages that may wait for their commit; more are dropped unacknowledged, and so sent again."""
MAX_REFUSED: Final = 100
"""Refused payloads that may wait to be journalled; more are only counted."""

log = structlog.get_logger(__name__)


class Ingest:
    """What the bus calls."""

    def __init__(
        self,
        store: Store,
        filing: Filing,
        letters: Letters,
        clock: Clock,
        metrics: Metrics,
        news: News,
        *,
        publish: Callable[[str, bytes], object],
        forget: Callable[[Sequence[UUID]], None],
        here: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare.

        `publish` sends a receipt; `forget` tells the sender what gates have acknowledged, already deleted; `here` tells
        it that a gate is there again, so that what waits for it is due.
        """
        self._store, self._filing, self._letters = store, filing, letters
        self._clock, self._metrics, self._news = clock, metrics, news
        self._publish, self._forget, self._here = publish, forget, here
        self._lock = threading.Lock()
        self._waiting: list[Received] = []
        self._scheduled = False
        self._refused: list[tuple[str, bytes, str, tuple[str, UUID] | None]] = []

    def receive(self, topic: str, payload: bytes) -> None:
        """Take one message from the bus; never blocks on the disk, never raises."""
        try:
            if (gate := presence_gate(topic)) is not None:
                self._hear_presence(gate, topic, payload)
                return
            message = parse(topic)
            if message is None or message.direction is not Direction.UP:
                self._refuse(topic, payload, "no topic on which gates may speak", None)
                return
            self._take(message, payload)
        except WriterBusy:
            self._metrics.overflow.inc()

    def read(self, payload: bytes, topic: str) -> Received | None:
        """Read a payload that was held for an unknown station; None, journalled, if this version cannot read it."""
        message = parse(topic)
        if message is None:
            return None
        try:
            return Received(message, payload, *decode(payload, message), self._clock.now())
        except MessageRefused as refusal:
            self._refuse(topic, payload, str(refusal), None)
            return None

    def settle(self, filed: Filed) -> None:
        """Acknowledge what was filed and tell the news; called once it is committed."""
        for gate, messages in filed.receipts.items():
            ids = [one.envelope.message_id for one in messages]
            for start in range(0, len(ids), LIMIT):
                self._publish(*self._letters.receipt(gate, ids[start : start + LIMIT]))
        for moved, received in filed.transitions:
            self._news.transition(moved, received)
        for gate, changed in filed.health.items():
            if changed:
                self._news.gate(gate, "health")
            self._news.health(gate, self._clock.now().at)
        for gate in filed.unknown:
            self._news.gate(gate, "unknown")
        for (kind, result), count in filed.counts.items():
            self._metrics.messages.labels(kind, result).inc(count)

    def _take(self, topic: Topic, payload: bytes) -> None:
        try:
            received = Received(topic, payload, *decode(payload, topic), self._clock.now())
        except MessageRefused as refusal:
            self._refuse(str(topic), payload, str(refusal), _readable(topic, payload))
            return
        if topic.kind is Kind.ACK and isinstance(received.body, Ack):
            self._acknowledged(topic.gate, received.body.message_ids)
        elif topic.kind in UP:
            self._queue(received)
        else:
            self._refuse(str(topic), payload, f"a {topic.kind} does not come from a gate", None)

    def _queue(self, received: Received) -> None:
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                raise WriterBusy("too many messages wait")
            self._waiting.append(received)
        self._schedule()

    def _schedule(self) -> None:
        """Have the writer file what waits, unless it has been asked already."""
        with self._lock:
            if self._scheduled or not self._waiting:
                return
            self._scheduled = True
        try:
            self._store.submit(self._file_waiting).add_done_callback(self._filed)
        except WriterBusy:
            with self._lock:
                self._metrics.overflow.inc(len(self._waiting))
                self._waiting.clear()
                self._scheduled = False

    def _file_waiting(self, transaction: Transaction) -> None:
        with self._lock:
            group, self._waiting = self._waiting[:LIMIT], self._waiting[LIMIT:]
            self._scheduled = False
        filed = self._filing.file(transaction, group)
        transaction.after_commit(lambda: self.settle(filed))

    def _filed(self, outcome: Future[None]) -> None:
        """Go on with what is left over; a group that failed is not acknowledged, so the gates send it again."""
        if (error := outcome.exception()) is not None:
            log.error("not_filed", error=str(error))
            with self._lock:
                self._metrics.overflow.inc(len(self._waiting))
                self._waiting.clear()
                self._scheduled = False
        self._schedule()

    def _hear_presence(self, gate: str, topic: str, payload: bytes) -> None:
        try:
            said = Presence.model_validate_json(payload)
        except ValidationError as error:
            self._refuse(topic, payload, f"presence: {error.error_count()} faults", None)
            return
        if said.gate != gate:
            self._refuse(topic, payload, f"a presence of {said.gate} came on the topic of {gate}", None)
            return

        def work(transaction: Transaction) -> None:
            standing = gates.meet(transaction, {gate}, accept=self._filing.accept_unknown)[gate]
            if standing is not gates.Standing.REFUSED and gates.hear_presence(transaction, said):
                transaction.after_commit(lambda: self._news.gate(gate, "online" if said.online else "offline"))
                if said.online:
                    transaction.after_commit(lambda: self._here(gate))

        self._store.submit(work)

    def _acknowledged(self, gate: str, ids: Sequence[UUID]) -> None:
        def work(transaction: Transaction) -> None:
            own = self._filing.decisions.dispatch.acknowledged(transaction, gate, ids)
            moved = self._filing.decisions.delivered(transaction, own)
            transaction.after_commit(lambda: self._forget(own))
            for one in moved:
                transaction.after_commit(partial(self._news.transition, one))

        self._store.submit(work)

    def _refuse(self, topic: str, payload: bytes, reason: str, acknowledge: tuple[str, UUID] | None) -> None:
        self._metrics.refused.inc()
        log.warning("refused", topic=topic[:120], size=len(payload), reason=reason)
        with self._lock:
            if len(self._refused) >= MAX_REFUSED:
                return
            self._refused.append((topic, payload, reason, acknowledge))
            first = len(self._refused) == 1
        if first:
            self._store.submit(self._journal_refused)

    def _journal_refused(self, transaction: Transaction) -> None:
        with self._lock:
            group, self._refused = self._refused, []
        for topic, payload, reason, acknowledge in group:
            refuse(transaction, topic, payload, reason, keep=acknowledge is not None)
            if acknowledge is not None:
                gate, message_id = acknowledge
                transaction.after_commit(partial(self._publish, *self._letters.receipt(gate, [message_id])))


def _readable(topic: Topic, payload: bytes) -> tuple[str, UUID] | None:
    """Return gate and message id of a payload whose envelope is sound although its body is not."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        return None
    try:
        envelope = Envelope.model_validate_json(payload)
    except ValidationError:
        return None
    return (envelope.gate, envelope.message_id) if envelope.gate == topic.gate else None
