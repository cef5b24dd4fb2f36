"""A case from the drift flag to the return to service over HTTP and the real broker; refusals on the way."""

import csv
import html
import re
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from central.access.audit import Action
from central.board.application import LOCALE
from central.instruments.cases import CaseOutcome, CaseSource, CaseStage
from central.instruments.streams import Cause, Stream
from contract.calibration import CalibrationPoint, Certificate, Conditions, Correction
from contract.conformity import Zone
from contract.messages import (
    CertificateBody,
    CheckResult,
    GateHealth,
    InstrumentHealth,
    InstrumentStateBody,
    MeasurementBody,
)
from contract.phrases import Phrases
from contract.vocabulary import HealthFlag, InstrumentState, LinkState, VerdictKind
from tests.central.conftest import a_measurement, a_verdict
from tests.central.room import Gate, Room
from tests.patience import PATIENCE_S


@pytest.fixture
def bench(room: Room):
    """A gate of its own, so that other tests' orders do not get in the way."""
    gate = Gate(room.broker, f"bench-{uuid4().hex[:6]}")
    part = InstrumentHealth(instrument="array", driver="gy_mcu90640", serial="A-1", role="screen", link=LinkState.UP)
    gate.say(GateHealth(at=gate.now(), screening=True, instruments=(part,), ambient_c=21.5, simulated=True))
    yield gate
    gate.stop()


def check(gate: Gate, residual_c: float, n: int = 10) -> None:
    passed = abs(residual_c) <= 0.25
    values = {"reference_c": 36, "mean_c": 36 + residual_c, "residual_c": residual_c, "n": n, "made_by": "小李"}
    gate.say(CheckResult(id=uuid4(), instrument="array", at=gate.now(), passed=passed, **values))


def a_certificate(gate: Gate, **changes) -> Certificate:
    at = gate.now()
    points = tuple(CalibrationPoint(reference_c=t, indicated_c=t + 0.05, n=10, sd_c=0.03) for t in (34, 37, 39, 42))
    values = {
        "id": uuid4(),
        "instrument": "array",
        "serial": "A-1",
        "valid_from": at - timedelta(hours=1),
        "valid_until": at + timedelta(days=180),
        "correction": Correction(a_c=-0.4, b=0.0, u_a_c=0.06, u_b=0.01),
        "range_low_c": 30,
        "range_high_c": 43,
        "conditions": Conditions(ambient_c=23),
        "as_left": points,
        "procedure": "points-4",
        "reference_standard": "Fluke 4180",
        "made_by": "小李",
        "expanded_c": 0.15,
        "mpe_c": 0.5,
    }
    return Certificate(**(values | changes)).sealed()


def order(gate: Gate) -> InstrumentStateBody:
    while True:
        body = gate.told.get(timeout=PATIENCE_S)
        if isinstance(body, InstrumentStateBody):
            return body


def post(client: httpx.Client, path: str, **form: object) -> httpx.Response:
    return client.post(path, data=form, params={"lang": "en"})


def open_case(client: httpx.Client, gate: Gate) -> str:
    page = client.get(f"/instruments/{gate.name}/array?lang=en")
    assert page.status_code == 200, page.text
    return re.search(r"/cases/([0-9a-f-]{36})", page.text)[1]


def test_a_case_from_the_flag_to_the_return_to_service(bench: Gate, expert: httpx.Client) -> None:
    check(bench, 0.02)
    missed = uuid4()
    said = a_measurement(bench.now(), bench.name, passage=missed, adjusted_c=37.4, body_c=37.4, u_c=0.3, baseline_c=0.0)
    bench.say(MeasurementBody(measurement=said, verdict=a_verdict(VerdictKind.PASS), simulated=True))
    for _ in range(4):
        check(bench, -0.4)
    assert order(bench).state is InstrumentState.WATCH
    assert order(bench).state is InstrumentState.SUSPECT
    case = open_case(expert, bench)
    assert "Reference checks" in expert.get(f"/cases/{case}?lang=en").text
    assert post(expert, f"/cases/{case}/take").status_code == 303
    assert order(bench).state in {InstrumentState.OUT, InstrumentState.RECAL}
    slip = post(expert, f"/cases/{case}/as-found", reference_0="73", reading_0="36.5", expanded="0.15", mpe="0.5")
    assert slip.status_code == 422
    assert "two digits" in slip.text
    right = {"reference_0": "34", "reading_0": "33,6", "reference_1": "37", "reading_1": "36.5"}
    assert post(expert, f"/cases/{case}/as-found", expanded="0.15", mpe="0.5", **right).status_code == 303
    assert post(expert, f"/cases/{case}/adjust", remark="trimmed").status_code == 303
    good = a_certificate(bench)
    altered = good.model_copy(update={"valid_until": good.valid_until + timedelta(days=1)})
    for bad, words in (
        (altered.model_dump_json(), "it was altered"),
        (a_certificate(bench, valid_until=bench.now()).model_dump_json(), "has expired"),
        (a_certificate(bench, serial="A-2").model_dump_json(), "another instrument"),
        ("{", "cannot be read"),
    ):
        refused = post(expert, f"/cases/{case}/verify", certificate=bad)
        assert (refused.status_code, words in refused.text) == (422, True), refused.text
    bench.say(CertificateBody(certificate=good))
    assert post(expert, f"/cases/{case}/verify", from_gate=str(good.id)).status_code == 303
    assert post(expert, f"/cases/{case}/close").status_code == 303
    while (last := order(bench)).state is not InstrumentState.IN_SERVICE:
        assert last.state in {InstrumentState.RECAL, InstrumentState.VERIFY}
    page = expert.get(f"/cases/{case}?lang=en").text
    assert "Recalibrated" in page
    assert "no other expert" in page
    assert expert.get(f"/certificates/{good.id}.pdf").content.startswith(b"%PDF")
    for path in (f"/cases/{case}", f"/instruments/{bench.name}/array", "/cases", "/instruments"):
        for language in ("en", "zh"):
            assert raw_codes(expert.get(f"{path}?lang={language}").text, language) == set(), path
    expert.get("/cases?lang=en")
    review = re.search(r"/reviews/([0-9a-f-]{36})", page)[1]
    check_review(expert, review, missed)


def raw_codes(page: str, language: str) -> set[str]:
    """Return what a page shows of codes that are for machines: of every list, and of what the system writes."""
    shown = re.sub(r"<(script|style|select|title)\b.*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    words = set(re.findall(r"[a-z][a-z_.]+", shown))
    lists = (CaseStage, CaseSource, CaseOutcome, Stream, Cause, Zone, InstrumentState, HealthFlag)
    codes = {code.value for listed in lists for code in listed}
    if language == "en":  # there some words are the same
        codes = {code for code in codes if "_" in code}
    own_names = {"expert"}
    return {word for word in words - own_names if word in codes or word.startswith("why.")}


def check_review(expert: httpx.Client, review: str, missed: UUID) -> None:
    assert str(missed) in expert.get(f"/reviews/{review}?lang=en").text
    answer = expert.get(f"/reviews/{review}/lists.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [(row["passage"], row["list"]) for row in rows] == [(str(missed), "possibly_missed")]
    assert "Who looked and exported (3)" in expert.get(f"/reviews/{review}?lang=en").text
    log = expert.get("/audit?lang=en").text
    assert "Review viewed" in log
    assert "Review exported" in log


def test_pages_are_there_in_both_languages(bench: Gate, officer: httpx.Client) -> None:
    for language, words in (("zh", ("仪器", "送校工单")), ("en", ("Instruments", "Recalibration cases"))):
        for path, word in zip(("/instruments", "/cases"), words, strict=True):
            assert word in officer.get(f"{path}?lang={language}").text
        page = officer.get(f"/instruments/{bench.name}/array?lang={language}")
        assert page.status_code == 200
    officer.get("/instruments?lang=zh")


SCATTER = {
    "zh": ("0.08 °C：设定值，积满 60 对", "°C：由全区近 90 天的 67 对检查估计"),
    "en": ("0.08 °C (1σ): assumed", "(1σ): estimated from 67 pairs"),
}


def test_an_instruments_page_says_whether_its_scatter_is_assumed_or_estimated(bench: Gate, officer, tmp_path) -> None:
    for language, (assumed, _) in SCATTER.items():
        assert assumed in officer.get(f"/instruments/{bench.name}/array?lang={language}").text
    # a duty room of its own: the scatter is reckoned once a day
    room = Room(tmp_path).start()
    gate = Gate(room.broker)
    try:
        gate.health()
        for day in range(70, 0, -1):
            values = {"reference_c": 36, "mean_c": 36 + 0.1 * (day % 4), "residual_c": 0.0, "n": 10, "made_by": "小李"}
            at = gate.now() - timedelta(days=day)
            gate.say(CheckResult(id=uuid4(), instrument="array", at=at, passed=True, **values))
        with room.client() as client:
            for language, (_, estimated) in SCATTER.items():
                assert estimated in client.get(f"/instruments/{gate.name}/array?lang={language}").text
    finally:
        gate.stop()
        room.stop()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_flag_of_health_is_a_word_on_the_instruments_pages(bench: Gate, officer: httpx.Client, language) -> None:
    flags = tuple(HealthFlag)
    part = InstrumentHealth(instrument="array", driver="senxor", role="screen", link=LinkState.UP, flags=flags)
    bench.say(GateHealth(at=bench.now(), screening=False, instruments=(part,), simulated=True))
    phrases = Phrases.load(LOCALE)
    for path in ("/instruments", f"/instruments/{bench.name}/array"):
        page = officer.get(f"{path}?lang={language}").text
        shown = re.findall(r'tag--bad">([^<]+)<', page)
        assert {phrases.word(flag, language) for flag in flags} <= {html.unescape(text) for text in shown}
        assert raw_codes(page, language) == set()
    officer.get("/instruments?lang=zh")


def test_a_gate_whose_clock_is_off_is_told_on_its_instruments_pages(room: Room, officer: httpx.Client) -> None:
    gate = Gate(room.broker, f"late-{uuid4().hex[:6]}")
    part = InstrumentHealth(instrument="array", driver="gy_mcu90640", role="screen", link=LinkState.UP)
    try:
        for ahead_s, told in ((0.0, False), (90.0, True)):
            at = gate.now() + timedelta(seconds=ahead_s)
            gate.say(GateHealth(at=at, screening=True, instruments=(part,), simulated=True))
            page = officer.get(f"/instruments/{gate.name}/array?lang=en").text
            assert bool(re.search(r"clock is off by \+[6-9]\d s", page)) is told
    finally:
        gate.stop()


def test_each_role_has_its_own_steps(bench: Gate, officer: httpx.Client, stranger: httpx.Client) -> None:
    path = f"/instruments/{bench.name}/array"
    assert post(officer, f"{path}/state", state="out", reason="looks wrong").status_code == 422
    assert post(officer, f"{path}/cases", reason="").status_code == 422
    asked = post(officer, f"{path}/cases", reason="two people with 34 °C")
    assert asked.status_code == 303
    assert order(bench).state is InstrumentState.SUSPECT
    assert post(officer, f"{asked.headers['location']}/take").status_code == 403
    assert post(stranger, f"{path}/state", state="out", reason="x").status_code == 401
    token = officer.headers.pop("x-csrf-token")
    try:
        assert post(officer, f"{path}/state", state="suspect", reason="x").status_code == 403
    finally:
        officer.headers["x-csrf-token"] = token


def test_what_is_not_there_is_said_in_a_sentence(officer: httpx.Client, expert: httpx.Client) -> None:
    for client, path in (
        (officer, "/instruments/nowhere/array"),
        (officer, f"/cases/{uuid4()}"),
        (expert, f"/reviews/{uuid4()}"),
        (officer, f"/certificates/{uuid4()}.pdf"),
    ):
        answer = client.get(f"{path}?lang=en")
        assert answer.status_code == 404
        assert "There is no" in answer.text


def test_the_second_catalogue_is_whole() -> None:
    phrases = Phrases.load(LOCALE)
    assert phrases.gaps([f"action.{action}" for action in Action]) == []
