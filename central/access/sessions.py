"""Sessions: a random cookie, a row that can be revoked, an end after 30 minutes of quiet or a shift.

The table keeps only the cookie's digest, so whoever reads the database opens no session. Every login makes a new id.
Failed logins are counted in the audit log itself: the count survives a restart and is the same for every worker.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from sqlalchemy import Connection, delete, select, update

from central.access.accounts import Account, as_account, hash_password, verify_password
from central.access.audit import Action, failures, record
from central.config import Access
from central.store.store import Store
from central.store.tables import accounts, sessions
from central.store.writer import Transaction

TOUCH: Final = timedelta(seconds=30)
"""`last_seen_at` is written no more often than this."""
_PER_ADDRESS: Final = 4
"""How many times as many failures an address may have over all accounts."""


class LoginRefused(Exception):
    """Name or password is wrong; deliberately not which."""


class TooManyLogins(Exception):
    """Too many failures; `wait_s` says how long to wait at most."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"too many failed logins, wait {wait_s:.0f} s")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in, and from where."""

    cookie: str
    account: Account
    address: str
    created_at: datetime
    last_seen_at: datetime

    @property
    def digest(self) -> str:
        """Name of the session in tables and logs."""
        return digest(self.cookie)


def digest(cookie: str) -> str:
    """Return what the table knows a cookie by."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def log_in(store: Store, policy: Access, name: str, password: str, address: str) -> str:
    """Check a password and open a session; return its cookie. Raises LoginRefused, TooManyLogins.

    Blocks for the hash (0.1 s and more): call it in a worker thread.
    """
    account = check_password(store, policy, name, password, address)
    return store.write(lambda transaction: _open(transaction, account, address))


def check_password(store: Store, policy: Access, name: str, password: str, address: str) -> Account:
    """Return the account whose name and password these are. Raises LoginRefused, TooManyLogins; blocks."""
    store.write(lambda transaction: _may_try(transaction, policy, name, address))
    with store.read() as connection:
        row = connection.execute(
            select(accounts).where(accounts.c.name == name, accounts.c.disabled_at.is_(None))
        ).one_or_none()
    right = verify_password(password, row.password_hash if row is not None else _nobody())
    if row is None or not right:
        store.write(lambda transaction: record(transaction, Action.LOGIN_FAILED, "", name, address=address))
        raise LoginRefused
    store.write(lambda transaction: _may_try(transaction, policy, name, address))  # guesses made side by side count too
    return as_account(row)


def find(connection: Connection, policy: Access, cookie: str, at: datetime) -> Session | None:
    """Return the session of a cookie if it is still good at this moment."""
    row = connection.execute(select(sessions).where(sessions.c.digest == digest(cookie))).one_or_none()
    if row is None:
        return None
    idle, age = at - row.last_seen_at, at - row.created_at
    if idle > timedelta(minutes=policy.idle_min) or age > timedelta(hours=policy.absolute_h):
        return None
    account = as_account(connection.execute(select(accounts).where(accounts.c.id == row.account)).one())
    if account.disabled:
        return None
    return Session(cookie, account, row.address, row.created_at, row.last_seen_at)


def touch(store: Store, session: Session, at: datetime) -> None:
    """Note that somebody acted, unless that was noted just now."""
    if at - session.last_seen_at < TOUCH:
        return
    store.write(
        lambda transaction: transaction.connection.execute(
            update(sessions).where(sessions.c.digest == session.digest).values(last_seen_at=transaction.at)
        )
    )


def log_out(transaction: Transaction, session: Session) -> None:
    """End a session."""
    transaction.connection.execute(delete(sessions).where(sessions.c.digest == session.digest))
    record(transaction, Action.LOGOUT, session.account.name, session.account.name, address=session.address)


def purge(transaction: Transaction, policy: Access) -> int:
    """Remove sessions that have ended by themselves; return how many."""
    quiet = sessions.c.last_seen_at < transaction.at - timedelta(minutes=policy.idle_min)
    old = sessions.c.created_at < transaction.at - timedelta(hours=policy.absolute_h)
    return transaction.connection.execute(delete(sessions).where(quiet | old)).rowcount


def _may_try(transaction: Transaction, policy: Access, name: str, address: str) -> None:
    within = timedelta(minutes=policy.wait_min)
    if failures(transaction, within, address, name) >= policy.failures:
        raise TooManyLogins(within.total_seconds())
    if failures(transaction, within, address) >= policy.failures * _PER_ADDRESS:
        raise TooManyLogins(within.total_seconds())


def _open(transaction: Transaction, account: Account, address: str) -> str:
    cookie = secrets.token_urlsafe(32)
    row = {
        "digest": digest(cookie),
        "account": account.id,
        "created_at": transaction.at,
        "last_seen_at": transaction.at,
        "address": address[:60],
    }
    transaction.connection.execute(sessions.insert().values(row))
    record(transaction, Action.LOGIN, account.name, account.name, address=address)
    return cookie


@cache
def _nobody() -> str:
    """Return a hash that no password has, so that an unknown name takes as long as a wrong password."""
    return hash_password(secrets.token_urlsafe(32))
