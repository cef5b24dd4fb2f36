import re

from contract.phrases import Phrases
from contract.vocabulary import Decision, Reason, VerdictKind
from edge.kiosk.pages import HERE
from edge.kiosk.view import Sign


def test_every_word_that_the_pages_use_is_in_both_catalogues() -> None:
    phrases = Phrases.load(HERE / "locale")
    needed = {
        *(f"kiosk.sign.{sign}" for sign in Sign),
        *(f"verdict.{kind}{part}" for kind in VerdictKind for part in ("", ".staff")),
        *(f"reason.{reason}{part}" for reason in Reason for part in ("", ".staff", ".visitor")),
        *(f"decision.{decision}{part}" for decision in Decision for part in ("", ".staff")),
    }
    for path in HERE.parent.rglob("*"):
        if path.suffix in {".py", ".html", ".js"}:
            needed.update(re.findall(r"""["'`](kiosk\.[a-z_.]*[a-z])["'`]""", path.read_text(encoding="utf-8")))
    assert phrases.gaps(needed) == []
    used = {key for key in needed if key.startswith("kiosk.")}
    composed = re.compile(r"kiosk\.(sound|failed|second|account|term)\.")
    unused = {key for key in phrases.keys("zh") if key.startswith("kiosk.")} - used
    assert {key for key in unused if not composed.match(key)} == set()
