"""What happens when nobody acts: due timers move their alerts towards more attention.

Timers are rows. The transaction in which somebody acts deletes them, so a page can never follow an acknowledgement;
a restart of central finds them where they were.
"""

from sqlalchemy import delete, select

from central.alerts.lifecycle import AlertEvent
from central.alerts.register import TIMER, Register, Transition
from central.store.tables import timers
from central.store.writer import Transaction

BATCH = 200


def fire_due(transaction: Transaction, register: Register) -> list[Transition]:
    """Fire the timers that are due at the transaction's moment; return what moved."""
    due = transaction.connection.execute(
        select(timers)
        .where(timers.c.due_at <= transaction.at)
        .order_by(timers.c.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    moved = []
    for row in due:
        this_timer = (timers.c.alert == row.alert) & (timers.c.kind == row.kind)
        if transaction.connection.execute(delete(timers).where(this_timer)).rowcount:
            moved.append(register.move(transaction, row.alert, AlertEvent(row.kind), TIMER))
    return moved
