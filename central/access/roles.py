"""What each role may do. A permission is asked for by name at each door; an account may have several roles."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from contract.vocabulary import Role


class Permission(StrEnum):
    """A door."""

    VIEW = "view"
    """The board, gates and instruments."""
    PICTURE = "picture"
    """A face's picture; every first look is logged."""
    DECIDE = "decide"
    """Acknowledge, hand back, decide, revise."""
    SETTLE_GATES = "settle_gates"
    """Accept or refuse a station that nobody knows."""
    TEND = "tend"
    """Move an instrument as the lifecycle's table allows the role; ask for an expert."""
    ASSIGN = "assign"
    """Say which expert takes a case."""
    RECALIBRATE = "recalibrate"
    """Take a case and work on it."""
    REVIEW = "review"
    """Whom a wrong instrument may have misjudged; every look is logged."""
    AUDIT = "audit"
    ACCOUNTS = "accounts"


GRANTS: Final[dict[Role, frozenset[Permission]]] = {
    Role.GATE_STAFF: frozenset({Permission.VIEW}),
    Role.TECHNICIAN: frozenset({Permission.VIEW, Permission.TEND}),
    Role.DUTY_OFFICER: frozenset(
        {
            Permission.VIEW,
            Permission.PICTURE,
            Permission.DECIDE,
            Permission.TEND,
            Permission.ASSIGN,
            Permission.REVIEW,
        }
    ),
    Role.EXPERT: frozenset(
        {Permission.VIEW, Permission.TEND, Permission.ASSIGN, Permission.RECALIBRATE, Permission.REVIEW}
    ),
    Role.SUPERVISOR: frozenset(
        {
            Permission.VIEW,
            Permission.PICTURE,
            Permission.SETTLE_GATES,
            Permission.TEND,
            Permission.ASSIGN,
            Permission.REVIEW,
            Permission.AUDIT,
        }
    ),
    Role.ADMINISTRATOR: frozenset({Permission.VIEW, Permission.ACCOUNTS, Permission.AUDIT}),
}


def permissions(roles: Iterable[Role]) -> frozenset[Permission]:
    """Return everything that these roles together may do."""
    return frozenset().union(*(GRANTS[role] for role in roles))
