"""What the system says about an instrument: a code with values where it is kept, a sentence where it is read.

Kept as `why.code name=value; why.code | what a person wrote`: the journal, the log and the order to the gate hold one
text for all languages, and a page says it in the reader's. What a person typed, and what an older version kept, is
shown as it is.
"""

import re
from enum import StrEnum
from typing import Final

from contract.phrases import Language, Phrases

_PART: Final = re.compile(r"(why\.[a-z_]+)((?: [a-z0-9_]+=\S+)*)")
_GATE: Final = re.compile(r"(check|linearity|calibration|registered|at the gate: [a-z_]+)\b(.*)", re.DOTALL)
"""How a gate words what it did by itself (`reported`)."""
_INSIDE: Final = re.compile(r"\b(limit|slope)\b")
_LISTS: Final = {
    "stream": "stream",
    "cause": "cause",
    "flag": "health_flag",
    "state": "instrument_state",
    "zone": "zone",
    "outcome": "case_outcome",
}
"""Values that are codes themselves, and the list that names them."""


def coded(code: str, text: str = "", **values: object) -> str:
    """Return what is kept: a code of the catalogue (`why.<code>`), its values, and a person's own words.

    >>> coded("watched_for", hours=24), coded("assigned", "Li")
    ('why.watched_for hours=24', 'why.assigned | Li')
    """
    said = "".join(f" {name}={_plain(value)}" for name, value in values.items())
    return f"why.{code}{said} | {text}" if text else f"why.{code}{said}"


def worded(said: str, phrases: Phrases, language: Language) -> str:
    """Return what was kept as a sentence in one language; other text unchanged."""
    head, bar, rest = said.partition(" | ")
    parts = [_worded(part, phrases, language) for part in head.split("; ")]
    if None in parts:
        return _of_gate(said, phrases, language)
    sentence = phrases.text("why.and", language).join(part for part in parts if part)
    return phrases.text("why.said", language, what=sentence, said=worded(rest, phrases, language)) if bar else sentence


def _worded(part: str, phrases: Phrases, language: Language) -> str | None:
    found = _PART.fullmatch(part)
    if found is None or found[1] not in phrases.keys(language):
        return _of_gate(part, phrases, language) if _GATE.fullmatch(part) else None
    values = dict(value.split("=", 1) for value in found[2].split())
    known = {
        name: phrases.text(f"{_LISTS[name]}.{value}", language) if name in _LISTS else value
        for name, value in values.items()
    }
    if not set(phrases.names(found[1], language)) <= set(known):
        return None  # kept by another version, whose sentence had other values
    return phrases.text(found[1], language, **known)


def _of_gate(said: str, phrases: Phrases, language: Language) -> str:
    found = _GATE.fullmatch(said)
    if found is None:
        return said
    what, rest = found[1], found[2]
    if what.startswith("at the gate: "):
        state = phrases.text(f"instrument_state.{what.rpartition(' ')[2]}", language)
        rest = worded(rest.removeprefix(", "), phrases, language)
        return phrases.text("why.at_gate", language, state=state, said=rest)
    inside = _INSIDE.sub(lambda word: phrases.text(f"why.word_{word[1]}", language), rest)
    return phrases.text(f"why.gate_{what}", language) + inside


def _plain(value: object) -> str:
    return value.value if isinstance(value, StrEnum) else str(value)
