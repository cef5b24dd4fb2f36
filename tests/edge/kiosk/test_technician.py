"""The technician's page in Chromium: a slip is named, a check passes, a check takes the instrument out at once."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from contract.messages import CheckResult
from contract.topics import Kind
from contract.vocabulary import InstrumentState
from edge.measure.radiometry import plate_apparent
from tests.edge.kiosk.conftest import OpenPage, Scene
from tests.edge.rig import AIR_C
from tests.edge.technician.morning import hurry
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PLATE_READS_C = 35.58
"""A plate of 36 °C and emissivity 0.97 in air of 22 °C."""


PATIENCE_MS = 150_000
"""A bound on hanging: a slow machine needs its time."""


@pytest.fixture
def settings(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A hurried bench; the gate is made of these settings, so it ends before the hurry does."""
    hurry(monkeypatch)
    settings["bench"] = {"pace": 60.0}
    return settings


def test_a_calibration_on_the_page(scene: Scene, open_page: OpenPage) -> None:
    page = open_page(f"{scene.address}/technician?lang=en")
    page.get_by_test_id("by").fill("li")
    page.locator("[name=profile]").evaluate("field => field.add(new Option('rehearsal', 'rehearsal', true, true))")
    page.get_by_test_id("checked-by").fill("zhao")
    page.get_by_test_id("reference-u").fill("0.05")
    page.get_by_test_id("begin-calibration").click()
    rows = page.locator("[data-points] tbody tr")
    for point in range(8):
        if point == 4:
            page.get_by_test_id("adjust").click(timeout=PATIENCE_MS)
        expect(rows).to_have_count(point, timeout=PATIENCE_MS)
        expect(page.get_by_test_id("plate")).to_be_visible(timeout=PATIENCE_MS)
        asked = re.search(r"(\d+\.\d) °C", page.locator("[data-ask]").inner_text())
        assert asked is not None
        scene.forehead.value_c = plate_apparent(float(asked[1]), 0.97, AIR_C) + 0.5
        page.get_by_test_id("plate").fill(asked[1])
        page.get_by_test_id("send-plate").click()
    expect(page.get_by_test_id("stage")).to_contain_text("Passed", timeout=PATIENCE_MS)
    expect(page.locator("[data-phase=as_found] [data-zone=fail]")).to_have_count(4)
    expect(page.locator("[data-phase=as_left] [data-zone=pass]")).to_have_count(4)
    expect(page.get_by_test_id("paper")).to_be_visible()
    expect(page.get_by_test_id("duties")).not_to_contain_text("Unfinished")
    expect(page.get_by_test_id("duties")).to_contain_text("Make a check soon")


def test_a_check_on_the_page(scene: Scene, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(f"{scene.address}/technician?lang=en")
    page.get_by_test_id("by").fill("li")
    page.get_by_test_id("plate-known").fill("73")
    page.get_by_test_id("begin-check").click()
    expect(page.get_by_test_id("said")).to_contain_text("Did you mean 37?")

    scene.forehead.value_c = PLATE_READS_C
    page.get_by_test_id("plate-known").fill("36")
    page.get_by_test_id("begin-check").click()
    expect(page.get_by_test_id("stage")).to_contain_text("Passed", timeout=PATIENCE_MS)
    expect(page.locator("[data-points] tbody tr")).to_have_count(1)
    expect(page.locator("[data-plot] polyline")).to_have_count(2)
    expect(page.get_by_test_id("duties")).to_contain_text("(1 of 5)")
    _, body = scene.duty_room.heard[Kind.CHECK].get(timeout=PATIENCE_S)
    assert isinstance(body, CheckResult)
    assert body.passed

    scene.forehead.value_c = PLATE_READS_C + 1.0
    page.get_by_test_id("begin-check").click()
    expect(page.get_by_test_id("stage")).to_contain_text("OUT", timeout=PATIENCE_MS)
    expect(page.locator("[data-points] tbody tr")).to_have_count(4)
    expect(page.locator(f"[data-state={InstrumentState.OUT}]")).to_be_visible()
    expect(page.get_by_test_id("duties")).to_contain_text("use a contact thermometer")
    page.screenshot(path=tmp_path / "technician.png", full_page=True)
