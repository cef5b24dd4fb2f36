"""Central's mail to the gates: into the outbox in the transaction that makes the news, out when the gate has it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from central.store.tables import outbox as outbox_rows
from central.store.writer import Transaction
from contract.delivery.letters import Letters
from contract.delivery.outbox import Outbox
from contract.messages import Body
from contract.topics import parse


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The one way out; `wake` tells the sender that something waits."""

    letters: Letters
    outbox: Outbox
    wake: Callable[[], None]

    def send(self, transaction: Transaction, gate: str, body: Body) -> UUID:
        """Put a message for a gate into the outbox; return its id. It leaves once the transaction is committed."""
        letter = self.letters.letter(gate, body)
        self.outbox.add(transaction.connection, letter)
        transaction.after_commit(self.wake)
        return letter.message_id

    def withdraw(self, transaction: Transaction, message_id: UUID) -> None:
        """Take back a message that something newer replaces, if it is still here."""
        self.outbox.accept(transaction.connection, [message_id])

    def acknowledged(self, transaction: Transaction, gate: str, ids: Sequence[UUID]) -> list[UUID]:
        """Forget messages that a gate has committed; return those. Only its own: a gate cannot answer for another."""
        rows = transaction.connection.execute(
            select(outbox_rows.c.message_id, outbox_rows.c.topic).where(outbox_rows.c.message_id.in_(ids))
        ).all()
        own = [row.message_id for row in rows if (topic := parse(row.topic)) and topic.gate == gate]
        self.outbox.accept(transaction.connection, own)
        return own
