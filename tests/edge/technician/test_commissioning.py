"""A new instrument at a gate: calibrated by its technician it measures nobody until an expert has said so."""

from pathlib import Path
from typing import Any

import pytest

from central.broker import Broker
from contract.clock import SystemClock
from contract.messages import CertificateBody, InstrumentStateBody
from contract.topics import Kind
from contract.vocabulary import InstrumentState, Reason
from edge.config import GateConfig
from tests.edge.rig import DutyRoom, running, thermometer
from tests.edge.technician.morning import hurry
from tests.edge.technician.test_typed_plate import Technician

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_new_instrument_waits_for_an_expert_however_well_it_is_calibrated(
    settings: dict[str, Any], tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    settings["mqtt"], settings["bench"] = {"url": broker.url}, {"pace": 100.0}
    config = GateConfig.model_validate(settings)
    with thermometer(tmp_path / "gun") as (forehead, _), DutyRoom(broker.url) as room:
        async with running(config) as screens:
            await screens.wait_for("lane", lane="gun", reasons=[Reason.NO_CERTIFICATE])
            li = Technician(screens, forehead, lambda _: 0.3)
            assert (await li.camera())["state"] == InstrumentState.COMMISSIONING
            state = await li.calibrate()
            assert state["bench"]["stage"] == "passed", state["sentence"]
            _, said = await room.expect(Kind.INSTRUMENT_STATE, InstrumentStateBody)
            _, sent = await room.expect(Kind.CERTIFICATE, CertificateBody)
            assert said.state is InstrumentState.COMMISSIONING
        async with running(config) as screens:
            await screens.wait_for("lane", lane="gun", reasons=[Reason.INSTRUMENT_OUT])
            at = SystemClock().now().at
            room.send(sent)
            room.send(
                InstrumentStateBody(instrument="gun", state=InstrumentState.IN_SERVICE, ordered_by="expert", at=at)
            )
            await screens.wait_for("lane", lane="gun", screening=True)
