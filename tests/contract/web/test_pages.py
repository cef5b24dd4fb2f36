from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI, Request, Response
from httpx import ASGITransport, AsyncClient
from jinja2 import UndefinedError

from contract.phrases import Phrases
from contract.vocabulary import Reason, VerdictKind
from contract.web.pages import Pages

pytestmark = pytest.mark.anyio


@pytest.fixture
def pages(tmp_path):
    (tmp_path / "sign.html").write_text(
        '<p lang="{{ html_language }}">{{ word(verdict) }}|{{ staff(reason) }}|{{ visitor(reason) }}|{{ name }}</p>'
    )
    (tmp_path / "times.html").write_text("{{ at|clock }} {{ at|moment }}")
    (tmp_path / "hole.html").write_text("{{ missing }}")
    return Pages(tmp_path, Phrases.load(), zone=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def client(pages):
    app = FastAPI()

    @app.get("/")
    async def sign(request: Request) -> Response:
        return pages.page(request, "sign.html", verdict=VerdictKind.ALARM, reason=Reason.GLASSES, name="<b>O'Neil</b>")

    return AsyncClient(transport=ASGITransport(app), base_url="http://gate")


async def test_chinese_is_the_default_and_everything_is_escaped(client):
    answer = await client.get("/")
    assert answer.text == (
        '<p lang="zh-CN">发热报警|眼镜挡住了眼角。请来人摘下眼镜再测。|请摘下眼镜|&lt;b&gt;O&#39;Neil&lt;/b&gt;</p>'
    )
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_a_chosen_language_is_remembered(client):
    assert "Fever alarm" in (await client.get("/?lang=en")).text
    assert "Fever alarm" in (await client.get("/")).text
    assert "发热报警" in (await client.get("/?lang=zh")).text
    assert "发热报警" in (await client.get("/")).text


async def test_a_language_that_we_do_not_speak_changes_nothing(client):
    answer = await client.get("/?lang=fr")
    assert "发热报警" in answer.text
    assert "set-cookie" not in answer.headers


def test_times_are_shown_in_the_zone_of_the_place(pages):
    at = datetime(2026, 1, 24, 20, 5, 9, tzinfo=UTC)
    assert pages.fragment("times.html", "zh", at=at) == "04:05:09 2026-01-25 04:05:09"


def test_a_time_without_a_zone_is_a_bug(pages):
    with pytest.raises(ValueError, match="no zone"):
        pages.fragment("times.html", "zh", at=datetime(2026, 1, 24))


def test_a_hole_in_a_template_is_a_bug_and_not_a_blank(pages):
    with pytest.raises(UndefinedError):
        pages.fragment("hole.html", "en")
