"""Bytes written as text: pairs of hex digits with any white space, punctuation between them and comments.

A comment runs from `#` or `;` to the end of its line. `5A5A-0206`, `0x5A, 0x5A` and `5a:5a` are all read.
"""

import re
from typing import Final

_COMMENT: Final = re.compile(r"[#;].*")
_GAP: Final = re.compile(r"0x|[\s,:\-|\[\]{}()]+", re.IGNORECASE)
_STRAY: Final = re.compile(r"[^0-9A-Fa-f]")


class NotHex(ValueError):
    """The text holds something that is no hex digit; the message says where."""


def parse(text: str) -> tuple[bytes, bool]:
    """Return the bytes of the text, and whether it ends in half a byte (which is left out). Raises NotHex."""
    digits: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        part = _GAP.sub("", _COMMENT.sub("", line))
        if stray := _STRAY.search(part):
            raise NotHex(f"line {number}: {stray.group()!r} is no hex digit")
        digits.append(part)
    joined = "".join(digits)
    whole = len(joined) & ~1
    return bytes.fromhex(joined[:whole]), whole != len(joined)


def spell(data: bytes) -> str:
    """Return bytes as `5A 5A 02 06`."""
    return data.hex(" ").upper()
