"""The technician's page in Chromium: a slip is named, a check passes, a check takes the instrument out at once."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from contract.messages import CheckResult
from contract.topics import Kind
from contract.vocabulary import InstrumentState
from tests.edge.kiosk.conftest import OpenPage, Scene
from tests.edge.rig import WAIT_S

pytestmark = pytest.mark.browser

PLATE_READS_C = 35.58
"""A plate of 36 °C and emissivity 0.97 in air of 22 °C."""


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    settings["bench"] = {"pace": 60.0}
    return settings


def test_a_check_on_the_page(scene: Scene, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(f"{scene.address}/technician?lang=en")
    page.get_by_test_id("by").fill("li")
    page.get_by_test_id("plate-known").fill("73")
    page.get_by_test_id("begin-check").click()
    expect(page.get_by_test_id("said")).to_contain_text("Did you mean 37?")

    scene.forehead.value_c = PLATE_READS_C
    page.get_by_test_id("plate-known").fill("36")
    page.get_by_test_id("begin-check").click()
    expect(page.get_by_test_id("stage")).to_contain_text("Passed")
    expect(page.locator("[data-points] tbody tr")).to_have_count(1)
    expect(page.locator("[data-plot] polyline")).to_have_count(2)
    expect(page.get_by_test_id("duties")).to_contain_text("(1 of 5)")
    _, body = scene.duty_room.heard[Kind.CHECK].get(timeout=WAIT_S)
    assert isinstance(body, CheckResult)
    assert body.passed

    scene.forehead.value_c = PLATE_READS_C + 1.0
    page.get_by_test_id("begin-check").click()
    expect(page.get_by_test_id("stage")).to_contain_text("OUT", timeout=30_000)
    expect(page.locator("[data-points] tbody tr")).to_have_count(4)
    expect(page.locator(f"[data-state={InstrumentState.OUT}]")).to_be_visible()
    expect(page.get_by_test_id("duties")).to_contain_text("use a contact thermometer")
    page.screenshot(path=tmp_path / "technician.png", full_page=True)
