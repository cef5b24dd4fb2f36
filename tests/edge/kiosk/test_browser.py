"""The windows as people see them: real Chromium, real gate, real line, real broker."""

import re
import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from contract.clock import SystemClock
from contract.ids import new_id
from contract.messages import Alert, Body, Confirmation, DecisionBody, SecondMeasurement
from contract.topics import Kind
from contract.vocabulary import Decision
from edge.config import GateConfig
from simulators.catalogue import Unit, model
from simulators.ports import PtyPort
from simulators.scene import Place
from simulators.scenes import SCENES, Stage
from tests.edge.kiosk.conftest import OpenPage, Scene, gate_process, gate_thread
from tests.edge.rig import AIR_C, FEVERISH_C, HEALTHY_C, Forehead
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def heard(scene: Scene, kind: Kind) -> Body:
    return scene.duty_room.heard[kind].get(timeout=PATIENCE_S)[1]


def decide(scene: Scene, alert: Body, decision: Decision, instruction: str = "") -> DecisionBody:
    assert isinstance(alert, Alert)
    at = SystemClock().now().at
    body = DecisionBody(
        id=new_id(at),
        alert=alert.id,
        passage=alert.passage,
        decision=decision,
        decided_by="陈值班",
        decided_at=at,
        instruction=instruction,
    )
    scene.duty_room.send(body)
    return body


def ready(page: Page) -> None:
    """Wait until the page is alive and the lane screens."""
    expect(page.locator("body")).to_have_class(re.compile(r"\balive\b"))
    expect(page.locator(".lane")).to_have_attribute("data-screening", "true")


def test_staff_stop_a_fever_and_carry_a_decision_out_in_chinese(
    scene: Scene, open_page: OpenPage, artefacts: Path
) -> None:
    page = open_page(scene.address)
    ready(page)
    verdict = page.get_by_test_id("verdict")
    scene.forehead.value_c = FEVERISH_C
    expect(verdict).to_have_attribute("data-verdict", "alarm")
    scene.forehead.value_c = AIR_C
    expect(verdict.locator(".verdict__word")).to_have_text("发热报警")
    expect(verdict.locator("use")).to_have_attribute("href", "/static/shapes.svg#alarm")
    assert float(verdict.locator(".verdict__value b").inner_text()) > 38
    expect(page.get_by_test_id("simulated")).to_be_visible()
    card = page.get_by_test_id("card")
    expect(card).to_have_count(1)
    expect(card.get_by_test_id("elapsed")).to_contain_text("已等 0:")
    page.screenshot(path=artefacts / "gate-staff-alarm-zh.png")

    page.keyboard.press("Space")  # the first act of a shift asks who it is
    page.get_by_role("button", name="李强").click()
    page.locator("#name [value=save]").click()
    expect(verdict).to_have_attribute("data-verdict", "idle")
    expect(card.get_by_test_id("not-taken")).to_have_count(0)
    assert page.evaluate("document.querySelector('[data-do=sound]').dataset.state") == "on"

    decide(scene, heard(scene, Kind.ALERT), Decision.REFER, "县医院发热门诊 <b>东侧</b>")
    expect(card.get_by_test_id("decision")).to_contain_text("转诊")
    expect(card.get_by_test_id("instruction")).to_have_text("县医院发热门诊 <b>东侧</b>")
    page.screenshot(path=artefacts / "gate-staff-decision-zh.png")
    page.keyboard.press("d")
    expect(card).to_have_count(0)
    confirmation = heard(scene, Kind.CONFIRMATION)
    assert isinstance(confirmation, Confirmation)
    assert (confirmation.confirmed_by, confirmation.carried_out) == ("李强", True)


def test_a_second_measurement_is_refused_and_taken_in_english(
    scene: Scene, open_page: OpenPage, artefacts: Path
) -> None:
    page = open_page(f"{scene.address}/?lang=en")
    ready(page)
    scene.forehead.value_c = FEVERISH_C
    card = page.get_by_test_id("card")
    expect(card).to_have_count(1)
    scene.forehead.value_c = AIR_C
    card.get_by_test_id("second-button").click()
    form = page.locator("#second")
    form.get_by_test_id("scale-axillary").click()
    for key in "73":
        form.locator(f'[data-key="{key}"]').click()
    form.get_by_test_id("save-second").click()
    page.get_by_role("button", name="王芳").click()
    page.locator("#name [value=save]").click()
    expect(form.get_by_test_id("form-error")).to_contain_text("two digits swapped? If the thermometer shows 37")
    page.screenshot(path=artefacts / "gate-staff-second-en.png")
    form.get_by_test_id("value").fill("38.4")
    form.get_by_test_id("save-second").click()
    expect(card.get_by_test_id("second")).to_contain_text("Armpit 38.4 °C · T-07")
    body = heard(scene, Kind.SECOND_MEASUREMENT)
    assert isinstance(body, SecondMeasurement)
    assert (body.value_c, body.measured_by) == (38.4, "王芳")

    card.get_by_role("button", name="Details").click()
    attempt = page.locator("#details").get_by_test_id("attempt")
    expect(attempt.get_by_test_id("skin")).to_have_text(re.compile(r"^\d\d\.\d\d$"))
    expect(page.locator("#details")).to_contain_text("Adjusted (decides)")
    page.screenshot(path=artefacts / "gate-staff-details-en.png")


def test_an_expert_finds_a_passage_and_all_its_figures(scene: Scene, open_page: OpenPage, artefacts: Path) -> None:
    page = open_page(f"{scene.address}/?lang=en")
    ready(page)
    scene.forehead.value_c = FEVERISH_C
    alert = heard(scene, Kind.ALERT)
    assert isinstance(alert, Alert)
    measured = alert.measurement
    card = page.get_by_test_id("card")
    card.get_by_role("button", name="Details").click()
    href = f"/explain/{measured.passage}"
    expect(page.locator("#details [data-explain]")).to_have_attribute("href", href)
    page.goto(f"{scene.address}/explain")
    page.get_by_test_id("passage").get_by_role("link", name=str(measured.passage)).click()
    for language in ("en", "zh"):
        page.goto(f"{scene.address}{href}?lang={language}")
        said = page.get_by_test_id("account").inner_text()
        shown = [float(found) for found in re.findall(r"T_adj += (\d+\.\d{8})", said)]
        assert measured.adjusted_c is not None
        assert shown == [pytest.approx(measured.adjusted_c, abs=1e-7)]
        expect(page.locator("main")).to_contain_text("national practice: above 37.3 degC is fever")
        assert "kiosk." not in page.content()
        page.screenshot(path=artefacts / f"gate-explain-{language}.png", full_page=True)
    certificate = page.locator(".fine a").get_attribute("href")
    assert page.request.get(f"{scene.address}{certificate}").headers["content-type"] == "application/pdf"


def test_a_decision_that_cannot_be_carried_out_says_why(scene: Scene, open_page: OpenPage) -> None:
    page = open_page(f"{scene.address}/?lang=en")
    ready(page)
    page.evaluate("localStorage.setItem('name', 'Wang')")
    scene.forehead.value_c = FEVERISH_C
    alert = heard(scene, Kind.ALERT)
    decide(scene, alert, Decision.TURN_BACK)
    card = page.get_by_test_id("card")
    expect(card.get_by_test_id("decision")).to_contain_text("Turn back")
    card.get_by_test_id("failed").click()
    page.get_by_role("button", name="The person has left").click()
    page.get_by_test_id("save-failed").click()
    expect(card).to_have_count(0)
    body = heard(scene, Kind.CONFIRMATION)
    assert isinstance(body, Confirmation)
    assert (body.carried_out, body.remark, body.confirmed_by) == (False, "The person has left", "Wang")


def test_visitors_see_one_big_sign_and_never_a_temperature(scene: Scene, open_page: OpenPage, artefacts: Path) -> None:
    page = open_page(f"{scene.address}/visitor", 1080, 1920)
    sign = page.get_by_test_id("sign")
    expect(sign).to_have_attribute("data-sign", "stand_here")
    expect(sign.locator(".sign__word")).to_contain_text("请站在标记处")
    expect(sign.locator(".sign__other")).to_contain_text("Stand at the mark")
    scene.forehead.value_c = HEALTHY_C
    expect(sign).to_have_attribute("data-sign", "go_on")
    scene.forehead.value_c = AIR_C
    expect(sign).to_have_attribute("data-sign", "stand_here")
    scene.forehead.value_c = FEVERISH_C
    expect(sign).to_have_attribute("data-sign", "wait_for_staff")
    assert not re.search(r"\d", sign.inner_text())
    for width, height in ((1080, 1920), (1920, 1080), (800, 480)):
        page.set_viewport_size({"width": width, "height": height})
        for part in (".sign__word", ".sign__other", ".sign__shape"):
            box = sign.locator(part).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["y"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height
        page.screenshot(path=artefacts / f"gate-visitor-{width}x{height}.png")


@pytest.mark.parametrize(
    ("language", "words"), [("zh", ("抽查", "随机抽到")), ("en", ("Spot check", "Picked by chance"))]
)
def test_chance_asks_for_a_contact_reading_of_somebody_who_may_pass(
    settings: dict[str, Any], language: str, words: tuple[str, str], request: pytest.FixtureRequest, artefacts: Path
) -> None:
    settings["kiosk"]["audit_share"] = 1
    scene: Scene = request.getfixturevalue("scene")
    page = request.getfixturevalue("open_page")(f"{scene.address}/?lang={language}")
    ready(page)
    scene.forehead.value_c = HEALTHY_C
    verdict, card = page.get_by_test_id("verdict"), page.get_by_test_id("audit")
    expect(verdict).to_have_attribute("data-verdict", "pass")
    expect(verdict.locator(".verdict__staff")).to_contain_text(words[0])
    expect(card).to_contain_text(words[1])
    expect(page.get_by_test_id("waiting")).to_have_text("0")
    page.screenshot(path=artefacts / f"gate-staff-audit-{language}.png")
    scene.forehead.value_c = AIR_C
    page.keyboard.press("m")
    form = page.locator("#second")
    form.get_by_test_id("scale-oral").click()
    form.get_by_test_id("value").fill("36.7")
    form.get_by_test_id("save-second").click()
    page.get_by_role("button", name="王芳").click()
    page.locator("#name [value=save]").click()
    expect(form).to_be_hidden()
    expect(card).to_have_count(0)
    said = heard(scene, Kind.SECOND_MEASUREMENT)
    assert isinstance(said, SecondMeasurement)
    assert (said.alert, said.value_c, said.audit) == (None, 36.7, True)


def test_a_frozen_gate_turns_its_windows_to_out_of_service_and_back(
    alone: tuple[Path, Forehead], open_page: OpenPage, artefacts: Path
) -> None:
    with gate_process(alone[0]) as process:
        staff = open_page(process.address)
        visitor = open_page(f"{process.address}/visitor")
        ready(staff)
        process.program.send_signal(signal.SIGSTOP)
        try:
            for page in (staff, visitor):
                expect(page.get_by_test_id("out-of-service")).to_be_visible()
            expect(staff.get_by_test_id("out-of-service")).to_contain_text("停止使用")
            staff.screenshot(path=artefacts / "gate-staff-out-of-service-zh.png")
        finally:
            process.program.send_signal(signal.SIGCONT)
        for page in (staff, visitor):
            expect(page.get_by_test_id("out-of-service")).to_be_hidden()
        ready(staff)


def test_a_gate_that_starts_again_shows_the_alert_that_waited(
    alone: tuple[Path, Forehead], open_page: OpenPage
) -> None:
    path, forehead = alone
    with gate_process(path) as process:
        page = open_page(process.address)
        ready(page)
        forehead.value_c = FEVERISH_C
        card = page.get_by_test_id("card")
        expect(card).to_have_count(1)
        forehead.value_c = AIR_C
        boot = page.locator("body").get_attribute("data-boot")
        port = process.address.rsplit(":", 1)[1]
    path.write_text(path.read_text().replace("port = 0", f"port = {port}"))
    with gate_process(path):
        expect(page.locator("body")).not_to_have_attribute("data-boot", boot or "")
        expect(card).to_have_count(1)
        ready(page)


def test_the_live_picture_moves_and_goes_dark_when_the_cable_is_pulled(
    settings: dict[str, Any], tmp_path: Path, open_page: OpenPage, artefacts: Path
) -> None:
    settings["instruments"] = [
        {"id": "array", "driver": "gy_mcu90640", "link": str(tmp_path / "array"), "distance_m": 0.35, "warm_up_s": 0}
    ]
    array = model("gy_mcu90640")
    simulated = array.build(SCENES["people"](Stage(seed=3, place=Place(mark_m=0.35), first_s=0.5)), Unit(seed=3))
    config = GateConfig.model_validate(settings)
    with PtyPort(simulated, tmp_path / "array", SystemClock()) as port, gate_thread(config) as address:
        page = open_page(f"{address}/?lang=en")
        lane = page.get_by_test_id("lane-array")
        expect(lane).not_to_have_class(re.compile("lane--stale"))
        heat = lane.locator(".picture__heat")
        assert heat.evaluate("canvas => [canvas.width, canvas.height]") == [32, 24]
        colours = (
            "canvas => new Set(new Uint32Array(canvas.getContext('2d').getImageData(0, 0, 32, 24).data.buffer)).size"
        )
        assert heat.evaluate(colours) > 10
        before = heat.evaluate("canvas => canvas.toDataURL()")
        page.wait_for_function("before => document.querySelector('.picture__heat').toDataURL() !== before", arg=before)
        expect(page.get_by_test_id("stopped")).to_contain_text("No calibration certificate")
        page.screenshot(path=artefacts / "gate-staff-array-en.png")
        port.unplug()
        expect(lane).to_have_class(re.compile("lane--stale"))
        expect(lane.locator(".picture__empty")).to_be_visible()
        assert heat.evaluate(colours) == 1, "nothing of the last picture may stay"
        expect(page.get_by_test_id("stopped")).to_contain_text("Instrument is silent")
