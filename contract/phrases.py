"""The words for the codes: catalogues read at start, one key a phrase, two languages.

Keys are `<list>.<code>`, where the list is the enum's name in snake case (`verdict` for `VerdictKind`):
`reason.too_cold`, `instrument_state.out`. Some codes have more than a name: `reason.too_cold.staff` tells staff
what to do, `reason.too_cold.visitor` is what the visitor reads. Sentences live in the `.po` files and nowhere else.
"""

import re
import string
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal, Self, get_args

from babel.messages.pofile import PoFileError, read_po

from contract.vocabulary import VerdictKind

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
DEFAULT_LANGUAGE: Final[Language] = "zh"

_OWN: Final = Path(__file__).parent / "locale"
_LISTS: Final[dict[type[StrEnum], str]] = {VerdictKind: "verdict"}


class PhrasesRefused(Exception):
    """A catalogue cannot be used; the text names the file and the fault."""


def choose_language(*wishes: str | None, default: Language = DEFAULT_LANGUAGE) -> Language:
    """Return the first wish that is a language of ours.

    >>> choose_language(None, "fr", "en")
    'en'
    """
    for wish in wishes:
        for language in LANGUAGES:
            if wish == language:
                return language
    return default


def key_of(code: StrEnum) -> str:
    """Return the key of a code's name.

    >>> key_of(VerdictKind.ALARM)
    'verdict.alarm'
    """
    name = _LISTS.get(type(code)) or re.sub(r"(?<!^)(?=[A-Z])", "_", type(code).__name__).lower()
    return f"{name}.{code.value}"


class Phrases:
    """The catalogues of one process, read once."""

    def __init__(self, texts: Mapping[Language, Mapping[str, str]]) -> None:
        self._texts = texts

    @classmethod
    def load(cls, *directories: Path) -> Self:
        """Read the vocabulary's catalogues and those in `directories` (each `<language>/LC_MESSAGES/*.po`).

        Raises PhrasesRefused if a directory has no catalogue for a language or two catalogues claim one key.
        """
        texts: dict[Language, dict[str, str]] = {language: {} for language in LANGUAGES}
        for directory in dict.fromkeys([_OWN, *(directory.resolve() for directory in directories)]):
            for language, known in texts.items():
                files = sorted((directory / language / "LC_MESSAGES").glob("*.po"))
                if not files:
                    raise PhrasesRefused(f"{directory} holds no catalogue {language}/LC_MESSAGES/*.po")
                for file in files:
                    new = _read(file, language)
                    if doubled := known.keys() & new.keys():
                        raise PhrasesRefused(f"{file}: {min(doubled)!r} is already in another catalogue")
                    known.update(new)
        return cls(texts)

    def word(self, code: StrEnum, language: Language = DEFAULT_LANGUAGE) -> str:
        """Return the name of a code, e.g. 发热报警 for VerdictKind.ALARM."""
        return self.text(key_of(code), language)

    def staff(self, code: StrEnum, language: Language = DEFAULT_LANGUAGE) -> str:
        """Return what staff are to do about a code (reasons, verdicts, decisions, health flags)."""
        return self.text(f"{key_of(code)}.staff", language)

    def visitor(self, code: StrEnum, language: Language = DEFAULT_LANGUAGE) -> str:
        """Return what the visitor reads about a code (reasons and verdicts)."""
        return self.text(f"{key_of(code)}.visitor", language)

    def text(self, key: str, language: Language = DEFAULT_LANGUAGE, **values: object) -> str:
        """Return the phrase of `key` with its `{names}` filled in.

        A key without a phrase gives the other language's, or else the key itself: a screen that shows a code is
        better than a screen that is blank. Tests keep `gaps()` empty, so neither happens in a released wheel.
        """
        for spoken in (language, *LANGUAGES):
            found = self._texts[spoken].get(key)
            if found is not None:
                return found.format(**values) if values else found
        return key

    def keys(self, language: Language) -> frozenset[str]:
        """Return every key that has a phrase in `language`."""
        return frozenset(self._texts[language])

    def names(self, key: str, language: Language) -> frozenset[str]:
        """Return the `{names}` that the phrase of `key` fills in."""
        return frozenset(_names(self._texts[language].get(key, "")))

    def gaps(self, needed: Iterable[str] = ()) -> list[str]:
        """Return what is wrong with the catalogues, one line a fault: missing keys, or `{names}` that differ."""
        wanted = frozenset(needed).union(*(self.keys(language) for language in LANGUAGES))
        faults = [
            f"{key}: no {language}" for key in sorted(wanted) for language in LANGUAGES if not self._has(key, language)
        ]
        for key in sorted(self.keys("zh") & self.keys("en")):
            zh, en = (_names(self._texts[language][key]) for language in LANGUAGES)
            if zh != en:
                faults.append(f"{key}: zh fills in {sorted(zh)}, en {sorted(en)}")
        return faults

    def _has(self, key: str, language: Language) -> bool:
        return key in self._texts[language]


def _read(file: Path, language: Language) -> dict[str, str]:
    try:
        with file.open("rb") as stream:
            catalogue = read_po(stream, locale=language, abort_invalid=True)
    except (OSError, PoFileError, UnicodeDecodeError) as error:
        raise PhrasesRefused(f"{file}: {error}") from error
    return {str(entry.id): str(entry.string) for entry in catalogue if entry.id and entry.string}


def _names(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}
