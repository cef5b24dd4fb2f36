"""The pages over HTTP, without a browser: what they refuse, what they say, in which language."""

import re
from typing import Any

import pytest

from contract.ids import new_id
from contract.phrases import LANGUAGES
from edge.config import GateConfig
from tests.conftest import FakeClock
from tests.edge.rig import running

pytestmark = pytest.mark.anyio


async def test_every_answer_forbids_what_it_does_not_need(config: GateConfig) -> None:
    async with running(config) as screens:
        for path in ("/", "/visitor", "/fragments/alerts", "/static/staff.js", "/healthz", "/nothing"):
            headers = (await screens.client.get(path)).headers
            assert headers["content-security-policy"].startswith("default-src 'self'")
            assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_carry_no_inline_script_or_style(config: GateConfig, language: str) -> None:
    async with running(config) as screens:
        for path in ("/", "/visitor"):
            page = await screens.page(path, language)
            assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
            assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []
            assert "simulated" in page
            assert not re.search(r"\bkiosk\.[a-z_.]+<", page), "a phrase is missing"


async def test_a_foreign_page_can_neither_read_nor_act(config: GateConfig, clock: FakeClock) -> None:
    async with running(config) as screens:
        rebound = await screens.client.get("/", headers={"host": "evil.example"})
        assert rebound.status_code == 421
        key = str(new_id(clock.now().at))
        path = f"/passages/{key}/taken"
        for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
            answer = await screens.client.post(
                path, json={"by": "x", "lane": "gun"}, headers={**headers, "idempotency-key": key}
            )
            assert answer.status_code == 403


async def test_an_act_needs_a_key_a_name_and_a_lane(config: GateConfig, clock: FakeClock) -> None:
    async with running(config) as screens:
        path = f"/passages/{new_id(clock.now().at)}/taken"
        assert (await screens.client.post(path, json={"by": "x", "lane": "gun"})).status_code == 400
        nobody = await screens.post(path, by=" ", lane="gun")
        assert (nobody.status_code, nobody.json()["sentence"]) == (422, "请先登记值岗人姓名。")
        assert (await screens.post(path, lane="other")).status_code == 422
        assert (await screens.post(path, lane="gun", nonsense=1)).status_code == 422
        assert (await screens.post(path, lane="gun")).json()["ok"]


async def test_a_wrong_contact_value_is_answered_with_a_sentence_in_the_pages_language(
    config: GateConfig, clock: FakeClock
) -> None:
    async with running(config) as screens:
        path = f"/passages/{new_id(clock.now().at)}/second?lang=en"
        answer = await screens.post(path, value="73", scale="axillary", thermometer="T-07")
        assert answer.status_code == 422
        assert "two digits swapped? If the thermometer shows 37" in answer.json()["sentence"]


async def test_a_decision_that_is_not_here_cannot_be_confirmed(config: GateConfig, clock: FakeClock) -> None:
    async with running(config) as screens:
        at = clock.now().at
        answer = await screens.post(f"/decisions/{new_id(at)}/confirm", alert=str(new_id(at)))
        assert answer.status_code == 422


async def test_the_language_is_chosen_once(config: GateConfig) -> None:
    async with running(config) as screens:
        assert "待处理报警" in (await screens.client.get("/")).text
        assert "Alerts waiting" in (await screens.client.get("/?lang=en")).text
        assert "Alerts waiting" in (await screens.client.get("/fragments/alerts")).text
        assert 'lang="en"' in (await screens.client.get("/visitor")).text


async def test_what_is_not_there_is_not_found(config: GateConfig, clock: FakeClock) -> None:
    async with running(config) as screens:
        unknown = new_id(clock.now().at)
        for path in (f"/passages/{unknown}", f"/alerts/{unknown}/crop.png", "/fragments/secrets", "/docs"):
            assert (await screens.client.get(path)).status_code == 404, path


async def test_the_gate_tells_its_figures(config: GateConfig) -> None:
    async with running(config) as screens:
        assert (await screens.client.get("/healthz")).json()["ok"] is True
        ready = await screens.client.get("/readyz")
        assert (ready.status_code, ready.json()["instrument gun"]) == (503, False)
        text = await screens.page("/metrics")
        assert 'guankou_edge_passages_total{verdict="alarm"} 0.0' in text
        assert "guankou_edge_decision_to_screen_seconds_bucket" in text


async def test_names_are_text_and_never_markup(settings: dict[str, Any]) -> None:
    settings["gate"]["name_en"] = "<script src=//evil></script>"
    settings["kiosk"]["staff"] = ['"><img src=x>']
    async with running(GateConfig.model_validate(settings)) as screens:
        page = await screens.page("/", "en")
        assert "<script src=//evil>" not in page
        assert "<img src=x>" not in page


async def test_a_visitor_window_belongs_to_one_lane(config: GateConfig) -> None:
    async with running(config) as screens:
        for query in ("", "&lane=gun", "&lane=other"):
            answer = await screens.client.get(f"/visitor?lang=zh{query}")
            assert 'data-lane="gun"' in answer.text
