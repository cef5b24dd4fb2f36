"""The pages over HTTP, without a browser: what they refuse, what they say, in which language."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from contract.ids import new_id
from contract.phrases import LANGUAGES
from edge.config import GateConfig
from tests.conftest import FakeClock
from tests.edge.conftest import settings_in
from tests.edge.kiosk.conftest import gate_thread
from tests.edge.rig import LIMITS


class Site:
    """The pages of a gate whose thermometer nobody has plugged in; one for all these tests, for none changes it."""

    def __init__(self, address: str) -> None:
        self.client = httpx.Client(base_url=address, limits=LIMITS)

    def post(self, path: str, key: UUID, **body: Any) -> httpx.Response:
        return self.client.post(path, json={"by": "王芳", **body}, headers={"idempotency-key": str(key)})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = settings_in(tmp_path_factory.mktemp("site"))
    settings["gate"]["name_en"] = "<script src=//evil></script>"
    settings["kiosk"]["staff"] = ['"><img src=x>']
    with gate_thread(GateConfig.model_validate(settings)) as address:
        site = Site(address)
        yield site
        site.client.close()


@pytest.fixture
def key(clock: FakeClock) -> UUID:
    return new_id(clock.now().at)


def test_every_answer_forbids_what_it_does_not_need(site: Site) -> None:
    for path in ("/", "/visitor", "/fragments/alerts", "/static/staff.js", "/healthz", "/nothing"):
        headers = site.client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_carry_no_inline_script_or_style(site: Site, language: str) -> None:
    for path in ("/", "/visitor", "/explain"):
        page = site.client.get(path, params={"lang": language}).text
        assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
        assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []
        assert "simulated" in page
        assert not re.search(r"\bkiosk\.[a-z_.]+<", page), "a phrase is missing"


def test_names_are_text_and_never_markup(site: Site) -> None:
    page = site.client.get("/", params={"lang": "en"}).text
    assert "&lt;script src=//evil&gt;" in page
    assert "<script src=//evil>" not in page
    assert "<img src=x>" not in page


def test_a_foreign_page_can_neither_read_nor_act(site: Site, key: UUID) -> None:
    assert site.client.get("/", headers={"host": "evil.example"}).status_code == 421
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = site.client.post(
            f"/passages/{key}/taken", json={"by": "x", "lane": "gun"}, headers={**headers, "idempotency-key": str(key)}
        )
        assert answer.status_code == 403


def test_an_act_needs_a_key_a_name_and_a_lane(site: Site, key: UUID) -> None:
    path = f"/passages/{key}/taken?lang=zh"
    assert site.client.post(path, json={"by": "x", "lane": "gun"}).status_code == 400
    nobody = site.post(path, key, by=" ", lane="gun")
    assert (nobody.status_code, nobody.json()["sentence"]) == (422, "请先登记值岗人姓名。")
    assert site.post(path, key, lane="other").status_code == 422
    assert site.post(path, key, lane="gun", nonsense=1).status_code == 422
    assert site.post(path, key, lane="gun").json()["ok"]


def test_a_wrong_contact_value_is_answered_with_a_sentence_in_the_pages_language(site: Site, key: UUID) -> None:
    path = f"/passages/{key}/second?lang=en"
    answer = site.post(path, key, value="73", scale="axillary", thermometer="T-07")
    assert answer.status_code == 422
    assert "two digits swapped? If the thermometer shows 37" in answer.json()["sentence"]


def test_a_decision_that_is_not_here_cannot_be_confirmed(site: Site, key: UUID) -> None:
    assert site.post(f"/decisions/{key}/confirm", key, alert=str(key)).status_code == 422
    assert site.post(f"/decisions/{key}/confirm", key).status_code == 422


def test_the_language_is_chosen_once(site: Site) -> None:
    with httpx.Client(base_url=site.client.base_url) as browser:
        assert "待处理报警" in browser.get("/").text
        assert "Alerts waiting" in browser.get("/?lang=en").text
        assert "Alerts waiting" in browser.get("/fragments/alerts").text
        assert 'lang="en"' in browser.get("/visitor").text


def test_what_is_not_there_is_not_found(site: Site, key: UUID) -> None:
    for path in (
        f"/passages/{key}",
        f"/explain/{key}",
        f"/explain/{key}/picture.png",
        f"/alerts/{key}/crop.png",
        "/fragments/secrets",
        "/docs",
    ):
        assert site.client.get(path).status_code == 404, path


def test_the_gate_tells_its_figures(site: Site) -> None:
    assert site.client.get("/healthz").json()["ok"] is True
    ready = site.client.get("/readyz")
    assert (ready.status_code, ready.json()["instrument gun"]) == (503, False)
    text = site.client.get("/metrics").text
    assert 'guankou_edge_passages_total{verdict="alarm"} 0.0' in text
    assert "guankou_edge_decision_to_screen_seconds_bucket" in text


def test_a_visitor_window_belongs_to_one_lane(site: Site) -> None:
    for query in ("", "?lane=gun", "?lane=other"):
        assert 'data-lane="gun"' in site.client.get(f"/visitor{query}").text
