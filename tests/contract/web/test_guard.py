import pytest
from fastapi import FastAPI
from fastapi.responses import FileResponse
from httpx import ASGITransport, AsyncClient

from contract.web.guard import CONTENT_SECURITY_POLICY, Csrf, Guard

pytestmark = pytest.mark.anyio


@pytest.fixture
def client(tmp_path):
    (tmp_path / "a.css").write_text("p{}")
    app = FastAPI()

    @app.api_route("/thing", methods=["GET", "POST", "PUT", "DELETE"])
    async def thing() -> str:
        return "done"

    @app.get("/own")
    async def own() -> FileResponse:
        return FileResponse(tmp_path / "a.css", headers={"content-security-policy": "default-src 'none'"})

    app.add_middleware(Guard, hosts={"127.0.0.1", "localhost", "::1"})
    return AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1:8100")


async def test_every_answer_carries_the_headers(client):
    foreign = {"origin": "http://x"}
    for answer in (
        await client.get("/thing"),
        await client.get("/nowhere"),
        await client.post("/thing", headers=foreign),
    ):
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in answer.headers


def test_the_policy_allows_no_inline_script_or_foreign_source():
    assert "default-src 'self'" in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "*" not in CONTENT_SECURITY_POLICY


async def test_an_answer_may_set_its_own_and_files_may_be_kept(client):
    answer = await client.get("/own")
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert "cache-control" not in answer.headers


async def test_a_host_that_is_not_ours_is_turned_away(client):
    assert (await client.get("/thing", headers={"host": "attacker.example:8100"})).status_code == 421
    assert (await client.get("/thing", headers={"host": "[::1"})).status_code == 421
    assert (await client.get("/thing", headers={"host": ""})).status_code == 421
    assert (await client.get("/thing", headers={"host": "LOCALHOST:8100"})).status_code == 200
    assert (await client.get("/thing", headers={"host": "[::1]:8100"})).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://127.0.0.1:8100"}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({}, 200),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "https://attacker.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "http://[::1"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8100"}, 403),
    ],
)
async def test_a_change_must_come_from_our_own_page(client, method, headers, status):
    assert (await client.request(method, "/thing", headers=headers)).status_code == status


async def test_reading_from_elsewhere_is_allowed(client):
    assert (await client.get("/thing", headers={"sec-fetch-site": "cross-site"})).status_code == 200


async def test_https_is_remembered():
    app = FastAPI()
    app.add_middleware(Guard)
    answer = await AsyncClient(transport=ASGITransport(app), base_url="https://board.example").get("/")
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_form_token_belongs_to_one_session_and_one_key():
    csrf = Csrf(b"key")
    token = csrf.token("session-1")
    assert csrf.accepts("session-1", token)
    for session, given in (("session-2", token), ("session-1", ""), ("session-1", token[:-1]), ("session-1", "码")):
        assert not csrf.accepts(session, given)
    assert not Csrf(b"other").accepts("session-1", token)
