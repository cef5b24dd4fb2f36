"""Pages say what they should, in both languages, with nothing inline and no word missing."""

import re
from pathlib import Path

import httpx
import pytest
from babel.messages.pofile import read_po

from central.access.audit import Action
from central.alerts.decisions import REASONS
from central.alerts.lifecycle import AlertEvent
from central.board.application import LOCALE, STATIC, TEMPLATES
from central.gates import Liveness
from central.instruments.cases import CaseOutcome, CaseSource, CaseStage
from central.instruments.review import ReviewList
from central.instruments.streams import Cause, Stream
from central.notify import WORTH_TELLING
from contract.conformity import Zone
from contract.messages import Alert
from contract.phrases import Phrases, key_of
from tests.central.room import Gate

ROOT = Path(__file__).parents[3] / "central"
KEY = re.compile(
    r"""["']((?:site|nav|live|sound|board|card|row|keys|decide|why|alerts|alert|temperature|term|gates|gate"""
    r"""|instrument|instruments|cases|certificate|life|review|audit|accounts|account|password|login|setup|error|notice|docs)\.[a-z_]+)["']"""
)


def keys_in_use() -> set[str]:
    files = [*TEMPLATES.glob("*.html"), *(file for file in ROOT.rglob("*.py") if "store" not in file.parts)]
    written = {key for file in files for key in KEY.findall(file.read_text(encoding="utf-8"))}
    codes = [
        *AlertEvent,
        *Action,
        *Liveness,
        *Stream,
        *Cause,
        *CaseStage,
        *CaseSource,
        *CaseOutcome,
        *ReviewList,
        *Zone,
    ]
    made = {key_of(code) for code in codes}
    made |= {f"why.{code}" for reasons in REASONS.values() for code in reasons}
    made |= {f"notice.{event}" for event in WORTH_TELLING}
    made |= {f"temperature.{name}" for name in ("indicated", "skin", "body", "adjusted")}
    return {key for key in written | made if not key.endswith(".html")}


def test_every_word_is_there_in_both_languages_and_none_is_idle() -> None:
    phrases = Phrases.load(LOCALE)
    needed = keys_in_use()
    assert phrases.gaps(needed) == []
    with (LOCALE / "zh" / "LC_MESSAGES" / "board.po").open("rb") as catalogue:
        ours = {str(entry.id) for entry in read_po(catalogue) if entry.id}
    made_on_the_fly = ("term.", "instrument_role.", "error.forbidden", "error.csrf")
    assert {key for key in ours - needed if not key.startswith(made_on_the_fly)} == set()


def test_no_page_has_a_script_or_style_of_its_own() -> None:
    for file in TEMPLATES.glob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), file.name
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), file.name
        assert not re.search(r"(?:src|href)=[\"']https?:", text), file.name


def test_everything_a_page_asks_for_is_served_from_here() -> None:
    wanted = {
        path
        for file in [*TEMPLATES.glob("*.html"), *STATIC.glob("*.js")]
        for path in re.findall(r"/static/([\w.]+)", file.read_text(encoding="utf-8"))
    }
    assert wanted <= {file.name for file in STATIC.iterdir()}


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("officer", "/"),
        ("officer", "/alerts"),
        ("officer", "/alerts?state=raised&gate=dock-1"),
        ("officer", "/alerts/{alert}"),
        ("officer", "/alerts/{alert}/decide?decision=release"),
        ("officer", "/alerts/{alert}/decide?decision=refer&fragment=true"),
        ("officer", "/gates"),
        ("officer", "/gates/dock-1"),
        ("officer", "/password"),
        ("officer", "/docs"),
        ("expert", "/audit"),
        ("expert", "/audit?action=login"),
        ("expert", "/"),
    ],
)
def test_every_page_renders(request, alert: Alert, gate: Gate, who: str, path: str) -> None:
    del gate
    client: httpx.Client = request.getfixturevalue(who)
    path, _, query = path.format(alert=alert.id).partition("?")
    for language, tag in (("zh", "zh-CN"), ("en", "en")):
        answer = client.get(path, params={"lang": language} | dict(httpx.QueryParams(query)))
        assert answer.status_code == 200
        if "fragment" not in query:
            assert f'<html lang="{tag}">' in answer.text
        visible = re.sub(r"<code>.*?</code>|<pre.*?</pre>|\"[^\"]*\"", "", answer.text, flags=re.DOTALL)
        assert re.findall(r">\s*((?:card|board|alert|gates|decide|instrument|audit|docs)\.[a-z_]+)\s*<", visible) == []


def test_an_alert_shows_all_four_temperatures_every_term_and_the_rule(officer: httpx.Client, alert: Alert) -> None:
    page = officer.get(f"/alerts/{alert.id}", params={"lang": "en"}).text
    for value in ("35.90", "36.90", "38.50", "38.40", "cn-37.3/1", "37.3", "Oral equivalent"):
        assert value in page
    for term in alert.measurement.terms:
        assert f"<code>{term.name}</code>" in page
        assert f"{term.u_c:.3f}" in page
    assert "SIMULATED" in page


def test_what_a_gate_sends_cannot_become_markup(officer: httpx.Client, gate: Gate, alert: Alert) -> None:
    evil = "<script>alert(1)</script>"
    changed = alert.model_copy(
        update={
            "id": type(alert.id)(int=alert.id.int ^ 1),
            "crop_png": None,
            "measurement": alert.measurement.model_copy(update={"config_version": evil}),
        }
    )
    gate.raise_alert(changed)
    page = officer.get(f"/alerts/{changed.id}").text
    assert evil not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("path", ["/alerts/nonsense", f"/alerts/{'0' * 32}", "/gates/nowhere", "/nothing"])
def test_a_page_that_is_not_there_says_so_kindly(officer: httpx.Client, path: str) -> None:
    answer = officer.get(path, params={"lang": "en"})
    assert answer.status_code in {404, 422}
    assert "Back to the board" in answer.text


def test_the_reference_lists_every_operation_and_serves_itself(stranger: httpx.Client) -> None:
    document = stranger.get("/openapi.json").json()
    page = stranger.get("/docs", params={"lang": "en"}).text
    assert set(document["paths"]) == {
        "/api/v1/session",
        "/api/v1/alerts",
        "/api/v1/alerts/{alert}",
        "/api/v1/alerts/{alert}/picture",
        "/api/v1/alerts/{alert}/acknowledge",
        "/api/v1/alerts/{alert}/hand-back",
        "/api/v1/alerts/{alert}/decisions",
        "/api/v1/gates",
        "/api/v1/gates/{gate}",
        "/api/v1/instruments",
        "/api/v1/instruments/{gate}/{instrument}",
        "/api/v1/instruments/{gate}/{instrument}/state",
        "/api/v1/instruments/{gate}/{instrument}/cases",
        "/api/v1/gates/{gate}/certificates",
        "/api/v1/certificates/{certificate}",
        "/api/v1/reviews/{review}",
        "/api/v1/cases",
        "/api/v1/cases/{case}",
        *(
            f"/api/v1/cases/{{case}}/{step}"
            for step in ("assign", "take", "as-found", "adjust", "verify", "fail", "close")
        ),
    }
    for path in document["paths"]:
        assert path in page
    for schema in document["components"]["schemas"]:
        assert f'id="{schema}"' in page
    assert "http://cdn" not in page
