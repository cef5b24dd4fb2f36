"""The audit log: one chained row for each thing that somebody will ask about later."""

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import func, select

from central.store.chain import append
from central.store.tables import audit
from central.store.writer import Transaction


class Action(StrEnum):
    """What is logged."""

    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    LOGOUT = "logout"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_DISABLED = "account_disabled"
    PASSWORD_SET = "password_set"  # noqa: S105  # not a password
    PICTURE_VIEWED = "picture_viewed"
    GATE_ACCEPTED = "gate_accepted"
    GATE_REFUSED = "gate_refused"
    DECISION = "decision"
    RETENTION = "retention"
    CASE = "case"
    REVIEW_VIEWED = "review_viewed"
    REVIEW_EXPORTED = "review_exported"


def record(
    transaction: Transaction, action: Action, who: str, subject: str, detail: str = "", address: str = ""
) -> int:
    """Add a row; it stands or falls with the change that it tells of."""
    return append(
        transaction.connection,
        audit,
        {
            "at": transaction.at,
            "action": action,
            "who": who[:80],
            "subject": subject[:120],
            "detail": detail,
            "address": address[:60],
        },
    )


def failures(transaction: Transaction, within: timedelta, address: str, name: str | None = None) -> int:
    """Return how many logins failed from an address lately, for one account name or for all."""
    lately = (audit.c.action == Action.LOGIN_FAILED) & (audit.c.at > transaction.at - within)
    matching = lately & (audit.c.address == address[:60])
    if name is not None:
        matching &= audit.c.subject == name[:120]
    return transaction.connection.execute(select(func.count()).select_from(audit).where(matching)).scalar_one()
