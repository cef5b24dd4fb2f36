"""Accounts: who somebody is, what they may do, and the hash of their password.

Hashing is argon2id with the library's recommended cost (64 MB, about a tenth of a second of one core). That makes it
also the cheapest way to keep central busy, so at most two run at once and guessing is limited (`sessions.log_in`).
"""

import secrets
import string
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final
from uuid import UUID

from pwdlib import PasswordHash
from sqlalchemy import Connection, Row, select, update

from central.access.audit import Action, record
from central.access.roles import Permission, permissions
from central.store.tables import accounts, sessions
from central.store.writer import Transaction
from contract.ids import new_id
from contract.vocabulary import Role

MIN_PASSWORD: Final = 10
_ALPHABET: Final = "".join(sorted(set(string.ascii_lowercase + string.digits) - set("il1o0")))
"""Without letters that look like others: passwords are read from a screen and typed."""

_hasher = PasswordHash.recommended()
_cores = BoundedSemaphore(2)


class AccountRefused(Exception):
    """An account cannot be made or changed so; `code` is the key of the sentence that says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in."""

    id: UUID
    name: str
    full_name: str
    roles: frozenset[Role]
    must_change: bool
    demo: bool
    disabled: bool

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this account may do."""
        return frozenset() if self.disabled else permissions(self.roles)


def hash_password(password: str) -> str:
    """Return the argon2id hash; takes about 0.1 s and waits for one of two places."""
    with _cores:
        return _hasher.hash(password)


def verify_password(password: str, hashed: str) -> bool:
    """Say whether the password has this hash; as slow for a wrong one."""
    with _cores:
        return _hasher.verify(password, hashed)


def random_password() -> str:
    """Return a password of about 59 bits that can be read out and typed."""
    groups = ["".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3)]
    return "-".join(groups)


def as_account(row: Row[tuple[object, ...]]) -> Account:
    """Return a row of the table as what the rest of central knows."""
    return Account(
        row.id,
        row.name,
        row.full_name,
        frozenset(Role(role) for role in row.roles),
        must_change=row.must_change,
        demo=row.demo,
        disabled=row.disabled_at is not None,
    )


def all_accounts(connection: Connection) -> list[Account]:
    """Return every account, by name."""
    return [as_account(row) for row in connection.execute(select(accounts).order_by(accounts.c.name))]


def create(
    transaction: Transaction,
    name: str,
    full_name: str,
    roles: frozenset[Role],
    hashed: str,
    *,
    by: str,
    address: str = "",
    must_change: bool = False,
    demo: bool = False,
) -> UUID:
    """Make an account. Raises AccountRefused if the name is taken or unfit or no role was given."""
    if not name or len(name) > 40 or not name.isprintable() or name != name.strip():
        raise AccountRefused("account.bad_name")
    if not roles:
        raise AccountRefused("account.no_role")
    if transaction.connection.execute(select(accounts.c.id).where(accounts.c.name == name)).first():
        raise AccountRefused("account.name_taken")
    account = new_id(transaction.at)
    row = {
        "id": account,
        "name": name,
        "full_name": full_name[:80] or name,
        "roles": sorted(roles),
        "password_hash": hashed,
        "must_change": must_change,
        "demo": demo,
        "created_at": transaction.at,
    }
    transaction.connection.execute(accounts.insert().values(row))
    record(transaction, Action.ACCOUNT_CREATED, by, name, ", ".join(sorted(roles)), address)
    return account


def set_password(
    transaction: Transaction, account: UUID, hashed: str, *, by: str, address: str, must_change: bool
) -> None:
    """Replace a password and end every session of the account. Raises AccountRefused if there is none."""
    name = _change(transaction, account, password_hash=hashed, must_change=must_change)
    record(transaction, Action.PASSWORD_SET, by, name, address=address)


def disable(transaction: Transaction, account: UUID, *, by: str, address: str) -> None:
    """Shut an account out at once; its name stays in every journal. Raises AccountRefused if there is none."""
    name = _change(transaction, account, disabled_at=transaction.at)
    record(transaction, Action.ACCOUNT_DISABLED, by, name, address=address)


def _change(transaction: Transaction, account: UUID, **values: object) -> str:
    """Change an account, end its sessions and return its name."""
    changed = update(accounts).where(accounts.c.id == account).values(values).returning(accounts.c.name)
    name = transaction.connection.execute(changed).scalar_one_or_none()
    if name is None:
        raise AccountRefused("account.unknown")
    transaction.connection.execute(sessions.delete().where(sessions.c.account == account))
    return str(name)
