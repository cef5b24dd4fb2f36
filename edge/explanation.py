"""`guankou-edge explain`: how the verdict on a passage came about, or which passages there were last.

The gate's database is only read, also while the gate runs.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError

from contract.phrases import LANGUAGES, Language, Phrases
from edge.account import account
from edge.config import Store as StoreSection
from edge.config import load
from edge.evidence import Listed, gather, latest
from edge.store import StoreRefused, reason

LOCALE: Final = Path(__file__).parent / "kiosk" / "locale"
SHOWN: Final = 20


class PassageUnknown(Exception):
    """The gate has no such passage (any more); the text says so."""


def add_command(commands: Any) -> None:
    """Add `explain` to the program's commands."""
    explain = commands.add_parser(
        "explain",
        help="show how the verdict on a passage came about, to redo it by hand; without a passage, list the latest",
    )
    explain.add_argument(
        "passage", type=UUID, nargs="?", metavar="PASSAGE", help="its id, from this list or the gate's page /explain"
    )
    explain.add_argument("--config", type=Path, metavar="GATE.toml", help="the gate's file, for where its store is")
    explain.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the words")
    explain.add_argument("--picture", type=Path, metavar="PNG", help="write the stored picture here, if it was kept")
    explain.set_defaults(act=_explain)


@contextmanager
def reading(path: Path) -> Iterator[Connection]:
    """Give a connection that can only read the store. Raises StoreRefused."""
    if not path.is_file():
        raise StoreRefused(f"there is no database {path}: name the gate's file with --config")
    engine = create_engine(f"sqlite:///file:{path.resolve().as_uri().removeprefix('file://')}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreRefused(f"the database {path} cannot be read: {reason(error)}") from error
    finally:
        engine.dispose()


def _explain(chosen: argparse.Namespace) -> int:
    config = load(chosen.config) if chosen.config else None
    path = config.store.path if config else StoreSection().path
    phrases = Phrases.load(LOCALE)
    with reading(path) as connection:
        if chosen.passage is None:
            sys.stdout.write(_listed(latest(connection, SHOWN), phrases, chosen.lang))
            return 0
        evidence = gather(connection, chosen.passage, config)
    if not evidence.attempts:
        raise PassageUnknown(f"{path} has no passage {chosen.passage}: another gate's, or older than is kept")
    picture = _picture(evidence.picture_png, chosen.picture)
    sys.stdout.write(f"{account(evidence, phrases, chosen.lang)}\n\npicture {picture}\n")
    return 0


def _listed(passages: tuple[Listed, ...], phrases: Phrases, language: Language) -> str:
    if not passages:
        return f"{phrases.text('kiosk.explain.none', language)}\n"
    return "".join(
        f"{one.passage}  {one.at.astimezone():%Y-%m-%d %H:%M:%S}  {one.instrument:12} {one.attempts}"
        f"  {phrases.word(one.verdict, language)}\n"
        for one in passages
    )


def _picture(png: bytes | None, path: Path | None) -> str:
    if png is None:
        return "not kept"
    if path is None:
        return f"kept, {len(png)} bytes: write it to a file with --picture PNG"
    path.write_bytes(png)
    return f"written to {path}"
