"""The duty officer at a real browser: an alert comes in, is taken on, decided and confirmed, in both languages."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from contract.messages import SecondMeasurement
from contract.vocabulary import Decision, Scale
from tests.central.conftest import PNG, an_alert
from tests.central.room import Gate, Room

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Open the board in a new profile; at the end no page may have complained of anything."""
    complaints: list[str] = []
    profiles: list[BrowserContext] = []

    def open_board(room: Room, name: str = "officer", language: str = "zh", size: dict[str, int] = DESK) -> Page:
        profile = browser.new_context(viewport=size)
        profiles.append(profile)
        page = profile.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(f"{room.url}/login?lang={language}")
        page.fill("input[name=name]", name)
        page.fill("input[name=password]", room.passwords[name])
        page.press("input[name=password]", "Enter")
        expect(page.locator("#link")).to_have_attribute("data-link", "live")
        return page

    yield open_board
    for profile in profiles:
        profile.close()
    assert [text for text in complaints if "ERR_CONNECTION" not in text and "Failed to load resource" not in text] == []


def second(gate: Gate, alert) -> SecondMeasurement:
    return SecondMeasurement(
        id=uuid4(),
        alert=alert.id,
        passage=alert.passage,
        at=gate.now(),
        value_c=38.2,
        scale=Scale.TYMPANIC,
        thermometer="ear-3",
        measured_by="小王",
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", {"held": "处理中", "refer": "转诊", "there": "关口已收到", "done": "已执行", "ear": "38.2 °C"}),
        ("en", {"held": "is on it", "refer": "Refer", "there": "gate has it", "done": "carried out", "ear": "38.2 °C"}),
    ],
)
def test_the_whole_way_by_keyboard(opened: Open, room: Room, gate: Gate, artefacts: Path, language, words) -> None:
    page = opened(room, language=language)
    alert = gate.raise_alert(an_alert(gate.now(), gate.name, crop=PNG))
    card = page.locator(f"#alert-{alert.id}")
    expect(card).to_be_visible()
    expect(card).to_contain_text("38.4")
    expect(card.locator("img")).to_have_js_property("complete", value=True)
    gate.say(second(gate, alert))
    expect(card).to_contain_text(words["ear"])
    card.click(position={"x": 300, "y": 60})
    page.keyboard.press("a")
    expect(card).to_contain_text(words["held"])
    expect(card).to_have_class(re.compile("card--acknowledged"))
    page.screenshot(path=artefacts / f"board-{language}.png")
    page.keyboard.press("3")
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text(words["refer"])
    page.screenshot(path=artefacts / f"board-decide-{language}.png")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    row = page.locator(f"#unconfirmed [data-key='{alert.id}']")
    expect(row).to_contain_text(words["there"])
    told = gate.decision(alert)
    assert told.decision is Decision.REFER
    gate.confirm(told)
    expect(page.locator(f"#recent [data-key='{alert.id}']")).to_contain_text(words["done"])
    expect(card).to_have_count(0)


def test_a_refusal_is_told_and_a_remark_is_asked_for(opened: Open, room: Room, gate: Gate, officer) -> None:
    page = opened(room, language="en")
    alert = gate.raise_alert(an_alert(gate.now(), gate.name))
    card = page.locator(f"#alert-{alert.id}")
    card.locator("[data-decide=release]").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("No contact thermometer reading yet")
    dialog.get_by_label("Other").check()
    dialog.get_by_role("button", name="Confirm").click()
    expect(page.locator(".toast--bad")).to_contain_text("say what the reason is")
    body = {"decision": "turn_back", "reason_code": "no_second"}
    key = {"idempotency-key": str(uuid4())}
    assert officer.post(f"/api/v1/alerts/{alert.id}/decisions", json=body, headers=key).status_code == 201
    dialog.get_by_label("Remark").fill("normal at the second look")
    dialog.get_by_role("button", name="Confirm").click()
    expect(page.locator(".toast--bad").last).to_contain_text("has decided “Turn back”")
    expect(page.locator(f"#unconfirmed [data-key='{alert.id}']")).to_be_visible()


def test_more_tabs_than_a_browser_has_connections_share_one_stream(opened: Open, room: Room, gate: Gate) -> None:
    page = opened(room)
    tabs = [page.context.new_page() for _ in range(6)]
    for tab in tabs:
        tab.goto(f"{room.url}/gates")
        expect(tab.locator("#link")).to_have_attribute("data-link", "live")
    alert = gate.raise_alert(an_alert(gate.now(), gate.name))
    expect(page.locator(f"#alert-{alert.id}")).to_be_visible()
    gate.health(screening=False)
    for tab in tabs:
        expect(tab.locator(".gate--paused")).to_be_visible()
    gate.health()


def test_a_browser_without_shared_workers_hears_all_the_same(opened: Open, room: Room, gate: Gate) -> None:
    page = opened(room, size=PHONE)
    page.add_init_script("delete window.SharedWorker")
    page.goto(room.url)
    assert page.evaluate("'SharedWorker' in window") is False
    expect(page.locator("#link")).to_have_attribute("data-link", "live")
    alert = gate.raise_alert(an_alert(gate.now(), gate.name))
    expect(page.locator(f"#alert-{alert.id}")).to_be_visible()


def test_the_gates_page_takes_in_new_values(opened: Open, room: Room, gate: Gate, artefacts: Path) -> None:
    page = opened(room, language="en")
    page.goto(f"{room.url}/gates")
    panel = page.locator(".gate", has=page.locator(f"a[href='/gates/{gate.name}']"))
    expect(panel).to_contain_text("Screening")
    gate.health(screening=False)
    expect(panel).to_contain_text("Not screening")
    page.screenshot(path=artefacts / "gates-en.png", full_page=True)
    gate.health()
    expect(panel).to_contain_text("34.10")


def test_nothing_is_wider_than_a_phone(opened: Open, room: Room, gate: Gate) -> None:
    alert = gate.raise_alert(an_alert(gate.now(), gate.name))
    page = opened(room, size=PHONE)
    for path in ("/", "/alerts", f"/alerts/{alert.id}", "/gates", "/docs"):
        page.goto(room.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


def test_an_expert_sees_the_board_but_no_button_to_decide(opened: Open, room: Room, gate: Gate) -> None:
    alert = gate.raise_alert(an_alert(gate.now(), gate.name))
    page = opened(room, "expert")
    card = page.locator(f"#alert-{alert.id}")
    expect(card).to_be_visible()
    expect(card.locator("[data-decide], form")).to_have_count(0)


def test_a_session_that_ends_elsewhere_is_not_a_quiet_board(opened: Open, room: Room, gate: Gate, officer) -> None:
    del officer
    page = opened(room, language="en")
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    with room.client() as client:
        client.cookies.update(cookies)
        csrf = client.get("/api/v1/session").json()["csrf"]
        assert client.delete("/api/v1/session", headers={"x-csrf-token": csrf}).status_code == 204
    gate.raise_alert(an_alert(gate.now(), gate.name))
    expect(page.locator("#ended")).to_be_visible()
    expect(page.locator("#ended")).to_contain_text("nobody watches")


def test_a_board_that_hears_nothing_says_so_and_comes_back(opened: Open, tmp_path: Path, artefacts: Path) -> None:
    room = Room(tmp_path).start()
    again = None
    try:
        page = opened(room)
        expect(page.locator("#stale")).to_be_hidden()
        room.stop(signal.SIGKILL)
        expect(page.locator("#stale")).to_be_visible()
        expect(page.locator("#link")).to_have_attribute("data-link", "stale")
        page.screenshot(path=artefacts / "board-stale-zh.png")
        again = Room(tmp_path, port=room.port, mqtt_port=room.mqtt_port).start()
        expect(page.locator("#stale")).to_be_hidden()
    finally:
        running = again or room
        if running.process.poll() is None:
            running.stop()
