"""What the gate does with an instrument by itself: central is told, no doubt undoes it, it outlives a restart."""

from pathlib import Path
from typing import Any

import pytest

from central.broker import Broker
from contract.clock import SystemClock
from contract.messages import Ack, CheckResult, InstrumentStateBody
from contract.topics import Kind
from contract.vocabulary import InstrumentState, Reason
from edge.config import GateConfig
from edge.technician.check import READINGS, REPEATS
from tests.edge.rig import DutyRoom, Screens, running, thermometer, with_certificate
from tests.edge.technician.morning import hurry

pytestmark = [pytest.mark.anyio]


@pytest.fixture
def config(settings: dict[str, Any], tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> GateConfig:
    hurry(monkeypatch)
    settings["mqtt"] = {"url": broker.url}
    settings["bench"] = {"pace": 60.0}
    return GateConfig.model_validate(with_certificate(settings, tmp_path))


def order(state: InstrumentState) -> InstrumentStateBody:
    at = SystemClock().now().at
    return InstrumentStateBody(instrument="gun", state=state, reason="case", ordered_by="expert", at=at)


async def state_of_gun(screens: Screens) -> str:
    (duty,) = (await screens.client.get("/technician/state")).json()["duties"]
    return str(duty["state"])


async def test_a_failed_check_is_told_and_holds_against_doubt_and_restart(config: GateConfig, tmp_path: Path) -> None:
    with thermometer(tmp_path / "gun") as (forehead, _), DutyRoom(config.mqtt.url) as room:
        forehead.value_c = 38.0
        async with running(config) as screens:
            await screens.post("/technician/instruments/gun/check", plate_c=36)
            _, said = await room.expect(Kind.INSTRUMENT_STATE, InstrumentStateBody)
            _, check = await room.expect(Kind.CHECK, CheckResult)
            assert (said.state, said.ordered_by) == (InstrumentState.OUT, "王芳")
            assert said.reason.startswith(f"check:{check.id} +2.")
            assert (check.passed, check.n) == (False, REPEATS * READINGS)
            assert check.mean_c - check.reference_c == pytest.approx(check.residual_c, abs=0.05)
            await screens.wait_for("lane", lane="gun", reasons=[Reason.INSTRUMENT_OUT])
            room.send(order(InstrumentState.WATCH))
            await room.expect(Kind.ACK, Ack)
            assert await state_of_gun(screens) == InstrumentState.OUT
        async with running(config) as screens:
            await screens.wait_for("lane", lane="gun", reasons=[Reason.INSTRUMENT_OUT])
            assert await state_of_gun(screens) == InstrumentState.OUT
            room.send(order(InstrumentState.IN_SERVICE))
            await screens.wait_for("lane", lane="gun", screening=True)
