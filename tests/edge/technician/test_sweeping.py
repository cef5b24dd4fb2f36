"""The linearity sweep against a simulated Fluke 4180, through the gate: journalled, sent, and nothing here lifts it."""

from pathlib import Path
from typing import Any

import pytest

from central.broker import Broker
from contract.messages import DriftReport
from contract.topics import Kind
from contract.vocabulary import HealthFlag, InstrumentState, Reason
from edge.config import GateConfig
from edge.store import Store
from edge.technician import journal, linearity
from edge.technician.stand import NEAR_C
from simulators.sensor_faults import DEFAULT_SIZE, SensorFaultKind
from tests.edge.rig import DutyRoom, running
from tests.edge.technician.morning import bench, bench_settings, hurry
from tests.edge.technician.terminals import Terminal

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


async def test_a_normalising_instrument_is_out_until_an_expert_looks(
    settings: dict[str, Any], tmp_path: Path, bench_toml: Path, broker: Broker
) -> None:
    settings["mqtt"] = {"url": broker.url}
    config = GateConfig.model_validate(bench_settings(settings, tmp_path))
    slope = DEFAULT_SIZE[SensorFaultKind.NORMALISING]
    with bench(tmp_path) as (scene, _, _), DutyRoom(broker.url) as room:
        async with running(config) as screens:
            terminal = Terminal(bench_toml, screens.client.base_url.port)
            assert await terminal.run("linearity", "camera", "--by", "li") == 0
            assert "linearity of camera: PASSED" in terminal.said

            scene.gain = slope - 1
            assert await terminal.run("linearity", "camera", "--by", "li") == 4
            _, drift = await room.expect(Kind.DRIFT, DriftReport)
            assert (drift.instrument, drift.flag, drift.limit) == (
                "camera",
                HealthFlag.NORMALISING,
                linearity.MIN_SLOPE,
            )
            assert drift.value == pytest.approx(slope, abs=0.03)
            assert "It would show fever as normal" in terminal.said
            await screens.wait_for("lane", lane="camera", reasons=[Reason.INSTRUMENT_OUT])

            # a calibration would take the pull for a gain and correct it away: it must not bring the instrument back
            calibrate = ["calibrate", "camera", "--by", "li", "--reference-u", "0.05", "--resolution", "0.01"]
            assert await terminal.run(*calibrate, "--profile", "rehearsal", "--checked-by", "zhao") in {0, 4}
            state = (await screens.client.get("/technician/state")).json()
            camera = next(duty for duty in state["duties"] if duty["instrument"] == "camera")
            assert camera["state"] == InstrumentState.OUT
    store = Store.open(config.store.path)
    with store.reading() as connection:
        kept = journal.latest_sweep(connection, "camera")
    store.close()
    # the plate of this hurried world moves on by tenths of a degree between two questions of a slow machine
    assert [one.point.reference_c for one in kept] == pytest.approx(linearity.POINTS_C, abs=NEAR_C)
    assert kept[-1].slope == pytest.approx(slope, abs=0.03)
