"""The whole way, as its users walk it: a febrile person at each of three gates, a decision, the staff's receipt.

Real processes throughout: simulated instruments on pseudo-terminals, three gates, the embedded broker, central, and a
browser window for each person. Screenshots in both languages are kept in build/artefacts.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.demonstration import GATES, Demonstration
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DECISIONS = dict(zip(GATES, ("refer", "turn_back", "release"), strict=True))
PATIENCE_MS = 90_000


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("district")


@pytest.fixture(scope="module")
def demo(var: Path) -> Iterator[Demonstration]:
    with Demonstration(var) as running:
        yield running


def window(browser: Browser, width: int = 1280, height: int = 800) -> BrowserContext:
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(PATIENCE_MS)
    return context


def log_in(page: Page, demo: Demonstration, account: str = "officer") -> None:
    page.goto(demo.addresses["central"])
    page.locator("input[name=name]").fill(account)
    page.locator("input[name=password]").fill(demo.passwords[account])
    page.locator("form.entry__form button").click()
    page.wait_for_url(demo.addresses["central"] + "/")


def go_on_duty(kiosk: Page, name: str) -> None:
    kiosk.locator("[data-do=name]").click()
    kiosk.locator("#name input[name=by]").fill(name)
    kiosk.locator("#name button[value=save]").click()


@pytest.mark.parametrize("gate", GATES)
def test_a_febrile_person_is_stopped_decided_on_and_confirmed(
    gate: str, browser: Browser, demo: Demonstration, artefacts: Path
) -> None:
    staff, officer = window(browser), window(browser)
    try:
        kiosk, board = staff.new_page(), officer.new_page()
        kiosk.goto(demo.addresses[gate])
        expect(kiosk.get_by_test_id("simulated")).to_be_visible()
        go_on_duty(kiosk, "小王")
        card = kiosk.get_by_test_id("card").first
        expect(card).to_be_visible(timeout=PATIENCE_MS)
        alert = card.get_attribute("data-alert")
        kiosk.screenshot(path=artefacts / f"{gate}-alert-zh.png")

        log_in(board, demo)
        waiting = board.locator(f"#alert-{alert}")
        expect(waiting).to_be_visible(timeout=PATIENCE_MS)
        board.screenshot(path=artefacts / f"{gate}-board-zh.png")
        decision = DECISIONS[gate]
        waiting.locator(f"[data-decide={decision}]").click()
        form = board.locator("form.decide")
        form.locator("input[name=reason_code]").first.check(force=True)
        form.locator(".decide__foot button").click()

        shown = kiosk.locator(f"[data-alert='{alert}'] [data-testid=decision]")
        expect(shown).to_have_attribute("data-decision", decision, timeout=PATIENCE_MS)
        kiosk.screenshot(path=artefacts / f"{gate}-decision-zh.png")
        kiosk.locator(f"[data-alert='{alert}'] [data-testid=confirm]").click()
        expect(kiosk.locator(f"[data-alert='{alert}']")).to_have_count(0, timeout=PATIENCE_MS)
        expect(board.locator(f".row--confirmed[data-key='{alert}']")).to_be_visible(timeout=PATIENCE_MS)
    finally:
        staff.close()
        officer.close()


def test_every_page_opens_in_both_languages(browser: Browser, demo: Demonstration, artefacts: Path) -> None:
    context = window(browser)
    errors: list[str] = []
    try:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        log_in(page, demo)
        for language in ("en", "zh"):
            for path in ("/", "/gates", f"/gates/{GATES[0]}", "/alerts", "/docs"):
                answer = page.goto(f"{demo.addresses['central']}{path}?lang={language}")
                assert answer is not None
                assert answer.ok, f"{path} in {language}: {answer.status}"
                name = path.strip("/").replace("/", "-") or "board"
                page.screenshot(path=artefacts / f"central-{name}-{language}.png")
            for gate in GATES:
                for path in ("/", "/visitor"):
                    answer = page.goto(f"{demo.addresses[gate]}{path}?lang={language}")
                    assert answer is not None
                    assert answer.ok, f"{gate}{path} in {language}: {answer.status}"
                    expect(page.locator("body")).not_to_have_class("connecting")
                    page.screenshot(path=artefacts / f"{gate}-{path.strip('/') or 'staff'}-{language}.png")
    finally:
        context.close()
    assert errors == []


def test_ctrl_c_stops_everything_cleanly_and_the_next_run_finds_the_alerts(
    browser: Browser, demo: Demonstration, var: Path
) -> None:
    code, said = demo.stop()
    assert code == 0, said
    assert "killed" not in said
    with Demonstration(var) as again:
        context = window(browser)
        try:
            page = context.new_page()
            log_in(page, again)
            page.goto(f"{again.addresses['central']}/alerts")
            expect(page.locator("body")).to_contain_text("武隆站")
            expect(page.locator("body")).to_contain_text("村口")
        finally:
            context.close()
        assert again.passwords == demo.passwords
        code, said = again.stop()
        assert code == 0, said


def test_a_taken_port_is_one_clear_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import socket
    import subprocess
    import sys

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        program = Path(sys.executable).with_name("guankou-sim")
        done = subprocess.run(
            [program, "district", "--var", tmp_path, "--central-port", str(port)],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
    said = (done.stdout + done.stderr).strip()
    assert done.returncode == 2
    assert f"port {port}" in said
    assert "--central-port" in said
    assert len(said.splitlines()) == 1
