"""A calibration against a plate that a person sets and reads: to its certificate, out of service, refused, given up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contract.vocabulary import InstrumentState
from edge.config import GateConfig
from edge.measure.radiometry import plate_apparent
from edge.store import Store
from edge.technician import journal
from tests.edge.rig import AIR_C, Forehead, Screens, running, thermometer, with_certificate
from tests.edge.technician.morning import hurry

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PLATE_EMISSIVITY = 0.97
ENDED = {"passed", "repeat", "out"}
HALF = 4
"""Points of a phase of the rehearsal."""


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
def config(settings: dict[str, Any], tmp_path: Path) -> GateConfig:
    settings["bench"] = {"pace": 60.0}
    return GateConfig.model_validate(with_certificate(settings, tmp_path))


@dataclass
class Technician:
    """Sets the plate, types what it shows, and adjusts; the thermometer errs by what the test says at each point."""

    screens: Screens
    forehead: Forehead
    error_c: Callable[[int], float]
    stop_at: int | None = None
    refused: list[str] = field(default_factory=list)
    plates: int = 0

    async def calibrate(self) -> dict[str, Any]:
        form = {"profile": "rehearsal", "reference_u_c": 0.05, "resolution_c": 0.02, "checked_by": "zhao"}
        answer = await self.screens.post("/technician/instruments/gun/calibration", **form)
        assert answer.status_code == 200, answer.text
        answered = None
        while True:
            state: dict[str, Any] = (await self.screens.client.get("/technician/state?lang=en")).json()
            stage = state["bench"]["stage"]
            if stage in ENDED:
                return state
            question = stage, len(state["bench"]["points"])
            if question == answered:
                await self.screens.wait_for("bench")
                continue
            answered = question
            if stage == "plate":
                await self._set_plate(state["bench"])
            elif stage == "adjust":
                await self._adjust()
            else:
                await self.screens.wait_for("bench")

    async def _set_plate(self, view: dict[str, Any]) -> None:
        at = len(view["points"])
        if at == self.stop_at:
            await self.screens.post("/technician/stop")
            return
        shown_c = round(view["wanted_c"] + 0.05, 2)
        self.forehead.value_c = plate_apparent(shown_c, PLATE_EMISSIVITY, AIR_C) + self.error_c(at)
        for typed in ("73", "41" if shown_c < 38 else "35", f"{shown_c:.2f}"):
            answer = await self.screens.post("/technician/plate", value=typed)
            if answer.status_code == 422:
                self.refused.append(answer.json()["sentence"])
        self.plates += 1

    async def _adjust(self) -> None:
        answer = await self.screens.post("/technician/adjust", changed=True)
        if answer.status_code == 422:
            self.refused.append(answer.json()["sentence"])
            await self.screens.post("/technician/stop")

    async def camera(self) -> dict[str, Any]:
        state = (await self.screens.client.get("/technician/state")).json()
        (duty,) = state["duties"]
        return dict(duty)


async def test_a_plate_typed_at_every_point_leads_to_a_certificate_in_force(config: GateConfig, tmp_path: Path) -> None:
    with thermometer(tmp_path / "gun") as (forehead, _):
        async with running(config) as screens:
            li = Technician(screens, forehead, lambda _: 0.5)
            before = (await li.camera())["certificate"]
            state = await li.calibrate()
            assert state["bench"]["stage"] == "passed", state["sentence"]
            assert li.plates == 2 * HALF
            assert len(li.refused) == 2 * li.plates  # both slips at every point
            duty = await li.camera()
            assert duty["certificate"] == state["bench"]["certificate"] != before


async def test_what_does_not_conform_as_left_is_out_and_makes_no_certificate(
    config: GateConfig, tmp_path: Path
) -> None:
    with thermometer(tmp_path / "gun") as (forehead, _):
        async with running(config) as screens:
            li = Technician(screens, forehead, lambda at: 0.5 if at < HALF else 1.1)
            before = (await li.camera())["certificate"]
            state = await li.calibrate()
            assert state["bench"]["stage"] == "out"
            assert "does not conform as left" in state["sentence"]
            duty = await li.camera()
            assert duty["state"] == InstrumentState.OUT
            assert duty["certificate"] == before
            assert state["bench"]["certificate"] is None
    store = Store.open(config.store.path)
    with store.reading() as connection:
        run = journal.latest_run(connection, "gun")
        made = connection.exec_driver_sql("SELECT count(*) FROM certificates").scalar_one()
    store.close()
    assert run is not None
    assert run.finished is not None
    assert run.finished.abandoned
    assert made == 0


async def test_points_on_no_line_are_for_the_expert_and_the_run_can_be_given_up(
    config: GateConfig, tmp_path: Path
) -> None:
    with thermometer(tmp_path / "gun") as (forehead, _):
        async with running(config) as screens:
            li = Technician(screens, forehead, lambda at: 0.5 if at < HALF / 2 else -0.5)
            state = await li.calibrate()
            assert state["bench"]["stage"] == "repeat"
            assert "请维持原修正并联系专家" in li.refused[-1]
            assert (await li.camera())["open_run"] == 0.5
            answer = await screens.post("/technician/instruments/gun/abandon")
            assert answer.status_code == 200
            await screens.wait_for("bench", refused="technician.refused.abandoned")
            assert (await li.camera())["certificate"] is not None
            assert (await li.camera())["open_run"] is None
            answer = await screens.post("/technician/instruments/gun/abandon")
            assert answer.status_code == 422

            again = Technician(screens, forehead, lambda _: 0.1, stop_at=1)
            await again.calibrate()
            assert (await again.camera())["open_run"] == 1 / (2 * HALF)
