"""The messages that one boot of one end makes: numbered, dated, ready for the outbox."""

from collections.abc import Sequence
from itertools import count
from typing import Final
from uuid import UUID

from contract.clock import Clock
from contract.delivery.outbox import OutboxMessage, Priority
from contract.ids import new_id
from contract.messages import MAX_PAYLOAD_BYTES, Ack, Body, encode, topic_for
from contract.topics import Direction, Kind

URGENT: Final = frozenset(
    {
        Kind.ALERT,
        Kind.SECOND_MEASUREMENT,
        Kind.CONFIRMATION,
        Kind.DECISION,
        Kind.CERTIFICATE,  # with the state that rests on it, and before it
        Kind.INSTRUMENT_STATE,
    }
)
PERISHABLE: Final = frozenset({Kind.MEASUREMENT, Kind.HEALTH})


class Letters:
    """Makes messages in one direction; `epoch` is the boot id within which they are numbered. Thread-safe."""

    def __init__(self, direction: Direction, clock: Clock, epoch: UUID | None = None) -> None:
        self._direction = direction
        self._clock = clock
        self.epoch = epoch or new_id(clock.now().at)
        self._numbers = count()

    def letter(self, gate: str, body: Body) -> OutboxMessage:
        """Return `body` as a message to or from `gate`, for the outbox.

        Raises ValueError if it is larger than the other end would read.
        """
        now = self._clock.now().at
        topic = topic_for(gate, self._direction, body)
        message_id = new_id(now)
        payload = encode(
            body,
            kind=topic.kind,
            message_id=message_id,
            gate=gate,
            epoch=self.epoch,
            seq=next(self._numbers),
            sent_at=now,
        )
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise ValueError(f"a {topic.kind} message of {len(payload)} bytes is over {MAX_PAYLOAD_BYTES}")
        priority = Priority.ALERT if topic.kind in URGENT else Priority.RECORD
        perishable = topic.kind in PERISHABLE
        return OutboxMessage(
            message_id=message_id,
            topic=str(topic),
            payload=payload,
            priority=Priority.MEASUREMENT if perishable else priority,
            created_at=now,
            perishable=perishable,
        )

    def receipt(self, gate: str, ids: Sequence[UUID]) -> tuple[str, bytes]:
        """Return topic and payload that say "these are committed here"; published at QoS 0, never in an outbox."""
        letter = self.letter(gate, Ack(message_ids=tuple(ids)))
        return letter.topic, letter.payload
