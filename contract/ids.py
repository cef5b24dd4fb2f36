"""Names of things: time-ordered unique ids (UUIDv7, RFC 9562 section 5.7) and the slugs of gates and instruments."""

import re
import secrets
import threading
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final
from uuid import UUID

from pydantic import StringConstraints

SLUG_PATTERN: Final = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
"""Gate and instrument ids: 1-40 lower-case letters, digits and hyphens; safe in topics, paths and certificates."""

Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]

_lock = threading.Lock()
_last = 0


def is_slug(text: str) -> bool:
    """Say whether `text` may name a gate or an instrument."""
    return re.fullmatch(SLUG_PATTERN, text) is not None


def thermometer_slug(thermometer: str) -> str:
    """Return the instrument's name for what is written on a contact thermometer.

    >>> thermometer_slug("T-07")
    'contact-t-07'
    >>> thermometer_slug("体温计3号")
    'contact-3-879b7b'
    """
    plain = re.sub(r"[^a-z0-9]+", "-", thermometer.lower()).strip("-")[:24].strip("-")
    whole = thermometer.isascii() and plain
    told = plain if whole else f"{plain}-{sha256(thermometer.encode()).hexdigest()[:6]}".strip("-")
    return f"contact-{told}"


def new_id(at: datetime) -> UUID:
    """Return a UUIDv7 for the moment `at`; ids made by one process in one millisecond keep their order.

    The 12 bits of rand_a hold the sub-millisecond fraction (RFC 9562 section 6.2, method 3); a clock that stands
    still or steps back by less than the last id's millisecond still yields increasing ids within the process.
    """
    global _last  # noqa: PLW0603  # one sequence a process is what makes the order hold across threads
    stamp = int(at.timestamp() * 1000 * 4096)
    with _lock:
        if stamp <= _last < stamp + 4096:
            stamp = _last + 1
        _last = stamp
    milliseconds, fraction = divmod(stamp, 4096)
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | fraction << 64
    return UUID(int=value | 0b10 << 62 | secrets.randbits(62))


def chance(id_: UUID) -> float:
    """Return what a UUIDv7 left to chance, as a number from 0 to below 1: a draw that can be repeated, not influenced.

    >>> chance(UUID("018f0000-0000-7000-a000-000000000000"))
    0.5
    """
    return (id_.int & (1 << 62) - 1) / (1 << 62)
