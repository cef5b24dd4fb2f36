"""Whatever fails on the bench, the gate screens on: a run of another version, a fault of the bench's own."""

from pathlib import Path
from typing import Any

import pytest

from edge.config import GateConfig
from edge.store import Store
from edge.technician import checking, journal
from edge.technician.profile import PROFILES, Profile
from edge.technician.run import Run
from tests.edge.rig import HEALTHY_C, Forehead, Screens, running, thermometer, with_certificate
from tests.edge.technician.plans import next_event, started

pytestmark = pytest.mark.anyio


@pytest.fixture
def config(settings: dict[str, Any], tmp_path: Path) -> GateConfig:
    return GateConfig.model_validate(with_certificate(settings, tmp_path))


def leave_a_run(config: GateConfig, profile: str) -> None:
    """An unfinished calibration with one point, made to a profile that the next version does not know."""
    store = Store.open(config.store.path)
    PROFILES[profile] = Profile(profile, (34.0, 42.0), 0.4)
    try:
        begun = started().model_copy(update={"instrument": "gun", "profile": profile})
        run = Run([begun])
        store.write(lambda connection: journal.keep_event(connection, run, begun))
        point = next_event(run, 0.1, 1)
        store.write(lambda connection: journal.keep_event(connection, run, point))
    finally:
        del PROFILES[profile]
        store.close()


async def until_gone_wrong(screens: Screens, refused: str) -> str:
    """Return the bench's sentence once it has ended so."""
    await screens.wait_for("bench", refused=refused)
    return str((await screens.client.get("/technician/state?lang=en")).json()["sentence"])


async def screens_a_passer(screens: Screens, forehead: Forehead) -> None:
    forehead.value_c = HEALTHY_C
    await screens.wait_for("verdict", instrument="gun")


async def test_a_run_to_a_profile_that_is_not_known_is_said_and_can_only_be_given_up(
    config: GateConfig, tmp_path: Path
) -> None:
    leave_a_run(config, "yesterday")
    with thermometer(tmp_path / "gun") as (forehead, _):
        async with running(config) as screens:
            assert "profile yesterday, which this version does not know" in await screens.page("/technician", "en")
            await screens_a_passer(screens, forehead)
            answer = await screens.post("/technician/instruments/gun/calibration", reference_u_c=0.05)
            assert answer.status_code == 200
            assert "Give it up" in await until_gone_wrong(screens, "technician.refused.stranger")
            answer = await screens.post("/technician/instruments/gun/abandon")
            assert answer.status_code == 200
            await until_gone_wrong(screens, "technician.refused.abandoned")
            while "yesterday" in await screens.page("/technician", "en"):
                await screens.wait_for("bench")  # shown again when what is due has been read anew
    store = Store.open(config.store.path)
    with store.reading() as connection:
        assert journal.open_run(connection, "gun") is None
        kept = connection.exec_driver_sql("SELECT count(*) FROM calibration_events").scalar_one()
    store.close()
    assert kept == 3


async def test_a_fault_of_the_bench_is_said_and_people_are_screened_on(
    config: GateConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> None:
        raise ZeroDivisionError("a slip of the programmer")

    monkeypatch.setattr(checking, "make", breaks)
    with thermometer(tmp_path / "gun") as (forehead, _):
        async with running(config) as screens:
            answer = await screens.post("/technician/instruments/gun/check", plate_c=36)
            assert answer.status_code == 200
            assert "a slip of the programmer" in await until_gone_wrong(screens, "technician.refused.fault")
            await screens_a_passer(screens, forehead)
            assert (await screens.post("/technician/instruments/gun/check", plate_c=36)).status_code == 200


async def test_duties_that_cannot_be_read_stop_nobody(
    config: GateConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise KeyError("a table of another version")

    monkeypatch.setattr(journal, "checks_of", breaks)
    with thermometer(tmp_path / "gun") as (forehead, _):
        async with running(config) as screens:
            await screens_a_passer(screens, forehead)
            assert "gun" in await screens.page("/technician", "en")
