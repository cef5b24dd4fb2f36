"""The doors of the board: nobody gets in without a session, nothing changes without our own page's token."""

import re
from uuid import UUID, uuid4

import httpx
import pytest

from contract.messages import Alert
from tests.central.room import Gate, Room

PAGES = ("/", "/alerts", "/gates", "/gates/dock-1", "/fragments/board", "/fragments/gates", "/stream", "/password")
CALLS = ("/api/v1/alerts", "/api/v1/gates", "/api/v1/instruments", "/api/v1/session")


def log_in(client: httpx.Client, room: Room, **changes) -> httpx.Response:
    form = {"name": "officer", "password": room.passwords["officer"]} | changes
    return client.post("/login", data=form)


@pytest.mark.parametrize("path", [*PAGES, "/audit", "/accounts"])
def test_a_page_sends_strangers_to_the_login_and_back(stranger: httpx.Client, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=")


@pytest.mark.parametrize("path", CALLS)
def test_a_program_is_told_to_log_in_first(stranger: httpx.Client, path: str) -> None:
    answer = stranger.get(path, params={"lang": "en"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "error.not_logged_in"
    assert answer.json()["message"] == "Log in first."


def test_logging_in_gives_a_cookie_that_scripts_cannot_read(stranger: httpx.Client, room: Room) -> None:
    answer = log_in(stranger, room)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert stranger.get("/").status_code == 200


def test_each_login_makes_a_new_session(stranger: httpx.Client, room: Room) -> None:
    log_in(stranger, room)
    first = stranger.cookies["guankou"]
    log_in(stranger, room)
    assert stranger.cookies["guankou"] != first


@pytest.mark.parametrize(
    ("wish", "target"),
    [("/gates?lang=en", "/gates?lang=en"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil", "/")],
)
def test_the_login_leads_only_to_our_own_pages(stranger: httpx.Client, room: Room, wish: str, target: str) -> None:
    assert log_in(stranger, room, next=wish).headers["location"] == target


def test_a_wrong_password_says_so_in_the_readers_language(stranger: httpx.Client, room: Room) -> None:
    answer = log_in(stranger, room, password="wrong")
    assert answer.status_code == 401
    assert "账户或密码不对" in answer.text
    assert "guankou" not in stranger.cookies


def test_a_form_without_the_sessions_token_changes_nothing(officer: httpx.Client, alert: Alert) -> None:
    path = f"/alerts/{alert.id}/acknowledge"
    bare = {"x-csrf-token": ""}
    assert officer.post(path, headers=bare).status_code == 403
    assert officer.post(path, headers=bare, data={"csrf": "0" * 64}).status_code == 403
    assert officer.post(f"/api/v1{path}", headers=bare).status_code == 403
    assert officer.get(f"/api/v1/alerts/{alert.id}").json()["state"] == "raised"


def test_the_token_of_another_session_is_worth_nothing(room: Room, officer: httpx.Client, alert: Alert) -> None:
    with room.client() as other:
        foreign = {"x-csrf-token": other.headers["x-csrf-token"]}
    assert officer.post(f"/api/v1/alerts/{alert.id}/acknowledge", headers=foreign).status_code == 403


def test_a_request_from_a_foreign_page_is_refused_even_with_the_token(officer: httpx.Client, alert: Alert) -> None:
    path = f"/api/v1/alerts/{alert.id}/acknowledge"
    assert officer.post(path, headers={"origin": "https://evil.example"}).status_code == 403
    assert officer.post(path, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_foreign_host_name_is_not_served(stranger: httpx.Client) -> None:
    assert stranger.get("/login", headers={"host": "evil.example"}).status_code == 421


def test_logging_out_ends_the_session_everywhere(room: Room) -> None:
    with room.client() as client:
        cookie = dict(client.cookies)
        assert client.delete("/api/v1/session").status_code == 204
        client.cookies.update(cookie)
        assert client.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize(
    ("who", "method", "path"),
    [
        ("expert", "POST", "/api/v1/alerts/{alert}/acknowledge"),
        ("expert", "POST", "/api/v1/alerts/{alert}/decisions"),
        ("expert", "GET", "/alerts/{alert}/decide?decision=refer"),
        ("officer", "GET", "/audit"),
        ("officer", "GET", "/accounts"),
        ("expert", "GET", "/accounts"),
        ("officer", "POST", "/gates/dock-1/standing"),
    ],
)
def test_a_role_opens_only_its_own_doors(request, alert: Alert, who: str, method: str, path: str) -> None:
    body = {"decision": "release", "reason_code": "second_normal"}
    client: httpx.Client = request.getfixturevalue(who)
    headers = {"idempotency-key": str(uuid4()), "accept": "application/json"}
    answer = client.request(method, path.format(alert=alert.id), json=body, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "error.forbidden"


def test_a_look_at_a_picture_is_logged_once_a_session(officer, expert, alert: Alert) -> None:
    for _ in range(2):
        answer = officer.get(f"/alerts/{alert.id}/picture.png")
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["cache-control"] == "no-store"
    log = expert.get("/audit", params={"action": "picture_viewed"}).text
    assert len(re.findall(str(alert.id), log)) == 1
    assert officer.get(f"/alerts/{UUID(int=0)}/picture.png").status_code == 404


@pytest.mark.parametrize("path", ["/login", "/", "/alerts", "/gates", "/docs", "/nothing", "/static/board.css"])
def test_every_answer_carries_the_strict_policy(officer: httpx.Client, path: str) -> None:
    answer = officer.get(path)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_two_officers_of_a_room_do_not_share_a_wait(stranger: httpx.Client, room: Room, gate: Gate) -> None:
    del gate
    for _ in range(5):
        assert log_in(stranger, room, name="somebody").status_code == 401
    limited = log_in(stranger, room, name="somebody")
    assert limited.status_code == 429
    assert int(limited.headers["retry-after"]) > 0
    assert log_in(stranger, room).status_code == 303
