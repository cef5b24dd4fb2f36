"""An instrument under WATCH: a clean check of three sets ends it and is sent up as evidence, another does not."""

from pathlib import Path
from typing import Any

import pytest

from central.broker import Broker
from contract.clock import SystemClock
from contract.messages import Ack, CheckResult, InstrumentStateBody
from contract.topics import Kind
from contract.vocabulary import InstrumentState
from edge.config import GateConfig
from tests.edge.rig import DutyRoom, Screens, running, thermometer, with_certificate

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PLATE_READS_C = 35.58
"""A plate of 36 °C and emissivity 0.97 in air of 22 °C."""


async def checked(screens: Screens, **form: object) -> dict[str, Any]:
    """Make a check to its end; return what the bench shows."""
    begun = (await screens.post("/technician/instruments/gun/check", **form)).json()
    number = begun["bench"]["number"]
    while True:
        state = (await screens.client.get("/technician/state?lang=en")).json()
        assert state["bench"]["number"] == number
        if state["bench"]["stage"] in {"passed", "repeat", "out"} and state["bench"]["overall"] == 1:
            return state
        await screens.wait_for("bench")


async def test_three_clean_sets_end_a_watch_and_are_centrals_evidence(
    settings: dict[str, Any], tmp_path: Path, broker: Broker
) -> None:
    settings["mqtt"] = {"url": broker.url}
    settings["bench"] = {"pace": 100.0}
    config = GateConfig.model_validate(with_certificate(settings, tmp_path))
    with thermometer(tmp_path / "gun") as (forehead, _), DutyRoom(broker.url) as room:
        async with running(config) as screens:
            order = InstrumentStateBody(
                instrument="gun",
                state=InstrumentState.WATCH,
                reason="cusum",
                ordered_by="system",
                at=SystemClock().now().at,
            )
            room.send(order)
            await room.expect(Kind.ACK, Ack)
            forehead.value_c = PLATE_READS_C + 0.20
            state = await checked(screens, plate_c=36)
            assert state["bench"]["stage"] == "passed"
            assert len(state["bench"]["points"]) == 3
            assert state["bench"]["state"] == InstrumentState.WATCH
            _, result = await room.expect(Kind.CHECK, CheckResult)
            assert (result.passed, result.n) == (True, 10)

            forehead.value_c = PLATE_READS_C + 0.05
            state = await checked(screens, plate_c=36)
            assert state["bench"]["state"] == InstrumentState.IN_SERVICE
            _, result = await room.expect(Kind.CHECK, CheckResult)
            assert (result.passed, result.n) == (True, 30)
            assert abs(result.residual_c) <= 0.15
