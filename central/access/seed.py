"""The first accounts: two for a demo, or the first administrator by a one-time code. Never a default password.

A demo's passwords are random, made at its first start and kept readable beside its database, so that the second start
prints the same. That file is the mark of a demo: without `--demo` a database that holds demo accounts is refused.
"""

import json
import secrets
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from central.access.accounts import (
    AccountRefused,
    create,
    hash_password,
    random_password,
    set_password,
    verify_password,
)
from central.store.store import Store
from central.store.tables import accounts
from central.store.writer import Transaction
from contract.vocabulary import Role

DEMO_FILE: Final = "demo-accounts.json"
DEMO_ACCOUNTS: Final[dict[str, tuple[str, frozenset[Role]]]] = {
    "officer": ("值班员 Officer", frozenset({Role.DUTY_OFFICER})),
    "expert": ("专家 Expert", frozenset({Role.EXPERT, Role.SUPERVISOR})),
}
_BY: Final = "demo"


class DemoRefused(Exception):
    """This database and --demo do not go together; the text says what to do."""


@dataclass(slots=True)
class SetUp:
    """The one-time code with which the first administrator is made; it dies with the process or when used."""

    code: str = ""

    def check(self, code: str) -> None:
        """Raise AccountRefused unless this is the code."""
        if not self.code or not compare_digest(self.code.encode(), code.encode()):
            raise AccountRefused("setup.wrong_code")


def seed_demo(store: Store, var: Path) -> dict[str, str]:
    """Make the demo accounts, or find them; return their passwords by name. Raises DemoRefused."""
    if _count(store, demo=False):
        raise DemoRefused(f"{var} holds real accounts: start without --demo, or give another --var")
    file = var / DEMO_FILE
    passwords = _read(file)
    if passwords is None:
        passwords = {name: random_password() for name in DEMO_ACCOUNTS}
        _write(file, passwords)
    hashes = {name: hash_password(passwords[name]) for name in DEMO_ACCOUNTS} if _stale(store, passwords) else {}

    def work(transaction: Transaction) -> None:
        for name, hashed in hashes.items():
            full_name, roles = DEMO_ACCOUNTS[name]
            known = transaction.connection.execute(select(accounts.c.id).where(accounts.c.name == name)).scalar()
            if known is None:
                create(transaction, name, full_name, roles, hashed, by=_BY, demo=True)
            else:
                set_password(transaction, known, hashed, by=_BY, address="", must_change=False)

    store.write(work)
    return passwords


def refuse_demo_accounts(store: Store, var: Path) -> None:
    """Raise DemoRefused if the database holds demo accounts, whose passwords lie readable beside it."""
    if _count(store, demo=True):
        raise DemoRefused(f"{var} belongs to a demo: start with --demo, or give another --var")


def set_up(store: Store) -> SetUp:
    """Return a one-time code if nobody could log in yet, else an empty one."""
    return SetUp("" if _count(store, demo=False) else secrets.token_urlsafe(12))


def _count(store: Store, *, demo: bool) -> int:
    with store.read() as connection:
        counted = select(func.count()).select_from(accounts).where(accounts.c.demo == demo)
        return connection.execute(counted).scalar_one()


def _stale(store: Store, passwords: dict[str, str]) -> bool:
    """Say whether an account is missing or has another password than the file says."""
    with store.read() as connection:
        hashes = {row.name: row.password_hash for row in connection.execute(select(accounts))}
    return any(name not in hashes or not verify_password(passwords[name], hashes[name]) for name in DEMO_ACCOUNTS)


def _read(file: Path) -> dict[str, str] | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DemoRefused(f"cannot read {file}: {error}; remove it and start again for new passwords") from error
    if not isinstance(found, dict) or set(found) != set(DEMO_ACCOUNTS):
        raise DemoRefused(f"{file} is not as a demo left it; remove it and start again for new passwords")
    return {str(name): str(password) for name, password in found.items()}


def _write(file: Path, passwords: dict[str, str]) -> None:
    file.touch(mode=0o600)
    file.write_text(json.dumps(passwords, indent=2) + "\n", encoding="utf-8")
