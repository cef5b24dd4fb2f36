"""The retention clock: personal data and bulk go when their time is up, and the audit log says that they went."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select

from central.access import sessions
from central.access.audit import Action, record
from central.config import Access, Retention
from central.store.tables import crops, measurements, receipts, refusals
from central.store.writer import Transaction

MAX_REFUSALS: Final = 10_000


def clear(transaction: Transaction, policy: Retention, access: Access) -> dict[str, int]:
    """Remove what is past its time; return how many rows went, by what they were."""
    connection, at = transaction.connection, transaction.at
    newest = connection.execute(select(func.max(refusals.c.id))).scalar() or 0
    clauses = {
        "pictures": (crops, crops.c.expires_at <= at),
        "measurements": (measurements, measurements.c.received_at < at - timedelta(days=policy.measurements_d)),
        "receipts": (receipts, receipts.c.received_at < at - timedelta(days=policy.receipts_d)),
        "refusals": (refusals, refusals.c.id <= newest - MAX_REFUSALS),
    }
    gone = {
        name: count
        for name, (table, past) in clauses.items()
        if (count := connection.execute(delete(table).where(past)).rowcount)
    }
    if gone:
        detail = ", ".join(f"{name} {count}" for name, count in gone.items())
        record(transaction, Action.RETENTION, "retention", "expired", detail)
    sessions.purge(transaction, access)
    return gone
