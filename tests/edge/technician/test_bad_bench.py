"""A bench that fails in the middle of the work: each is said at the page and at the command, and nothing is lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import anyio
import pytest
from sqlalchemy.exc import OperationalError

from contract.clock import SystemClock
from contract.vocabulary import InstrumentState
from edge import store as stores
from edge.config import GateConfig
from edge.store import Store
from edge.technician import journal, procedure, stand
from edge.technician.check import Outcome
from edge.technician.journal import CheckSet
from simulators.devices.fluke_4180 import Fluke4180
from simulators.plate import Plate
from simulators.ports import PtyPort
from tests.edge.rig import Screens, running
from tests.edge.technician.morning import EMISSIVITY, Air, Camera, FastClock, Scene, bench_settings, hurry
from tests.edge.technician.terminals import Terminal
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CALIBRATE: Final = ("calibrate", "camera", "--by", "li", "--profile", "rehearsal", "--reference-u", "0.05")
BEGIN: Final = {"profile": "rehearsal", "reference_u_c": 0.05}
ENDED: Final = {"passed", "repeat", "out"}


class Liar(Fluke4180):
    """Calls itself stable whatever it does."""

    def _stable(self, t_s: float) -> bool:
        return True

    def _drive(self, t_s: float) -> None:
        self._plate.order(t_s, self._setpoint_c - 2.0)


@dataclass
class Bench:
    """The ports of a blackbody and a camera."""

    fluke: PtyPort
    camera: PtyPort


@contextmanager
def plugged(folder: Path, kind: type[Fluke4180] = Fluke4180) -> Iterator[Bench]:
    plate, clock = Plate(36.0, emissivity=EMISSIVITY), FastClock()
    epoch = clock.now()
    with (
        PtyPort(kind(plate, Air()), folder / "fluke", clock, epoch=epoch) as fluke,
        PtyPort(Camera(Scene(plate, clock, epoch)), folder / "camera", SystemClock()) as camera,
    ):
        yield Bench(fluke, camera)


@pytest.fixture
def config(settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GateConfig:
    hurry(monkeypatch)
    monkeypatch.setattr(procedure, "NOTHING_S", 5.0)
    monkeypatch.setattr(stand, "SILENT_S", 5.0)
    found = bench_settings(settings, tmp_path)
    found["instruments"] = found["instruments"][:2]  # nobody plugs the thermometer in
    return GateConfig.model_validate(found)


async def ended(screens: Screens, language: str) -> dict[str, Any]:
    """Return the bench's state once its work has ended."""
    while True:
        found: dict[str, Any] = (await screens.client.get("/technician/state", params={"lang": language})).json()
        if found["bench"]["stage"] in ENDED:
            return found
        await screens.wait_for("bench")


async def begun(screens: Screens, points: int = 0) -> dict[str, Any]:
    """Begin a calibration, or go on with it; return the view once so many points are measured and the plate is seen."""
    answer = await screens.post("/technician/instruments/camera/calibration", **BEGIN)
    assert answer.status_code == 200, answer.text
    number = answer.json()["bench"]["number"]
    while True:
        view = await screens.wait_for("bench", number=number)
        if len(view["points"]) >= points and view["indicated_c"] is not None:
            return view


async def heard_again(screens: Screens) -> None:
    """Wait until the gate hears all its instruments."""
    with anyio.fail_after(PATIENCE_S):
        while not all(up for part, up in (await screens.client.get("/readyz")).json().items() if "instrument" in part):
            await screens.wait_for("heartbeat")


async def test_a_blackbody_that_calls_itself_stable_far_from_its_set_point_is_not_waited_for(
    config: GateConfig, tmp_path: Path, bench_toml: Path
) -> None:
    with plugged(tmp_path, Liar):
        async with running(config) as screens:
            terminal = Terminal(bench_toml, screens.client.base_url.port)
            assert await terminal.run(*CALIBRATE) == 3
            found = await ended(screens, "zh")
    assert "Do not use it until it has been looked at" in terminal.said
    assert "检修之前请勿使用" in found["sentence"]


async def test_a_cable_that_comes_out_in_the_middle_is_named_and_the_work_goes_on_later(
    config: GateConfig, tmp_path: Path, bench_toml: Path
) -> None:
    with plugged(tmp_path) as bench:
        async with running(config) as screens:
            measured = await begun(screens, points=1)
            bench.fluke.unplug()
            assert "Check its cable and power" in (await ended(screens, "en"))["sentence"]
            terminal = Terminal(bench_toml, screens.client.base_url.port)
            assert await terminal.run(*CALIBRATE) == 3
            assert "黑体没有应答" in (await ended(screens, "zh"))["sentence"]
            bench.fluke.replug()

            await heard_again(screens)
            await begun(screens)
            bench.camera.unplug()
            assert "Is it connected" in (await ended(screens, "en"))["sentence"]
            assert await terminal.run(*CALIBRATE) == 3
            assert "是否已连接" in (await ended(screens, "zh"))["sentence"]
            bench.camera.replug()
            await heard_again(screens)

            assert (await begun(screens, points=1))["points"] == measured["points"]
    assert "Check its cable and power" in terminal.said
    assert "Is it connected" in terminal.said


def fill(path: Path) -> int:
    """Fill the last page in which a check could be kept; return how many pages the database has."""
    store = Store.open(path)
    with store.writing() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OperationalError, match="full"):
        keep_for_ever(store)
    store.close()
    return pages


def keep_for_ever(store: Store) -> None:
    while True:
        store.write(lambda connection: journal.keep_set(connection, a_set("another")))


def a_set(instrument: str) -> CheckSet:
    return CheckSet(
        check=uuid4(),
        number=0,
        instrument=instrument,
        at=SystemClock().now().at,
        by="li",
        certificate=None,
        reference_c=36.0,
        mean_c=36.0,
        sd_c=0.02,
        n=10,
        error_c=0.0,
        residual_c=0.0,
        outcome=Outcome.PASSED,
    )


async def test_a_disk_without_room_ends_the_check_with_a_sentence_and_half_of_nothing(
    config: GateConfig, tmp_path: Path, bench_toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = fill(config.store.path)
    with plugged(tmp_path):
        with monkeypatch.context() as patch:
            patch.setattr(stores, "PRAGMAS", (*stores.PRAGMAS, f"PRAGMA max_page_count = {pages}"))
            async with running(config) as screens:
                terminal = Terminal(bench_toml, screens.client.base_url.port)
                assert await terminal.run("check", "camera", "--by", "li") == 3
                assert "磁盘无法写入" in (await ended(screens, "zh"))["sentence"]
        assert "The disk does not take it: database or disk is full" in terminal.said
        async with running(config) as screens:
            assert await Terminal(bench_toml, screens.client.base_url.port).run("check", "camera", "--by", "li") == 0
            (camera,) = (await screens.client.get("/technician/state")).json()["duties"]
            assert (camera["checks"], camera["state"]) == (1, InstrumentState.IN_SERVICE)
