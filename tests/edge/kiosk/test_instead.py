"""What staff read when an instrument may not decide: what to use instead, and before that how long a check may wait."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from central.broker import Broker
from contract.clock import SystemClock
from contract.messages import DriftReport
from contract.topics import Kind
from contract.vocabulary import HealthFlag, Reason
from edge import tables
from edge.config import GateConfig
from edge.events import Picture, ReferenceSeen, ReferenceState
from edge.health import EMPTY
from edge.kiosk.screen import LaneScreen, Screen
from edge.kiosk.view import LaneKind
from edge.store import Store
from tests.conftest import FakeClock
from tests.edge.rig import DutyRoom, running, thermometer, with_certificate


class TwoLanes:
    """A screen with two lanes, and what each was last told of the other."""

    def __init__(self, clock: FakeClock) -> None:
        lanes = [LaneScreen("camera", LaneKind.PICTURE, "SN-C"), LaneScreen("gun", LaneKind.SPOT, "")]
        self.instead: dict[str, Any] = {}
        self._clock = clock
        self._screen = Screen(lanes, clock, self._publish, EMPTY)

    def _publish(self, event: str, data: str) -> int:
        body = json.loads(data)
        if event == "lane":
            self.instead[body["lane"]] = body["instead"]
        return 0

    def sees(self, lane: str, *reasons: Reason) -> None:
        now = self._clock.now()
        nothing = ReferenceSeen(ReferenceState.ABSENT, None, None, None)
        picture_c = np.full((1, 1), 22, np.float32)
        self._screen.picture(Picture(lane, 1, now.at, now.mono_ns, picture_c, (), nothing, not reasons, reasons))


def test_a_stopped_lane_names_the_one_that_may_decide(clock: FakeClock) -> None:
    lanes = TwoLanes(clock)
    lanes.sees("camera")
    lanes.sees("gun")
    assert lanes.instead == {"camera": None, "gun": None}
    lanes.sees("gun", Reason.INSTRUMENT_OUT)
    assert lanes.instead["gun"] == ["camera (SN-C)"]
    lanes.sees("camera", Reason.SHUTTER)  # over in a moment: people may be sent there
    assert lanes.instead == {"camera": None, "gun": ["camera (SN-C)"]}
    lanes.sees("camera", Reason.NO_CERTIFICATE)
    assert lanes.instead == {"camera": [], "gun": []}
    lanes.sees("gun")
    assert lanes.instead == {"camera": ["gun"], "gun": None}


def watched_since(config: GateConfig, hours: float) -> None:
    store = Store.open(config.store.path)
    since = SystemClock().now().at - timedelta(hours=hours)
    store.write(
        lambda connection: connection.execute(tables.check_watches.insert().values(instrument="gun", since=since))
    )
    store.close()


@pytest.mark.anyio
async def test_the_screen_says_how_long_a_check_may_still_wait_and_how_to_make_it(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    config = GateConfig.model_validate(with_certificate(settings, tmp_path))
    watched_since(config, 24.5)
    with thermometer(tmp_path / "gun"):
        async with running(config) as screens:
            await screens.until_strip_says("gun: the daily check is due", "in 11 h 29 min", "/technician", "edge check")
            assert "将停止判定" in await screens.page("/fragments/strip")


@pytest.mark.anyio
async def test_a_check_that_was_missed_is_told_to_central_once(
    settings: dict[str, Any], tmp_path: Path, broker: Broker
) -> None:
    settings["mqtt"] = {"url": broker.url}
    config = GateConfig.model_validate(with_certificate(settings, tmp_path))
    watched_since(config, 37)
    told = []
    with thermometer(tmp_path / "gun"), DutyRoom(broker.url) as room:
        for _ in range(2):
            async with running(config) as screens:
                stopped = await screens.wait_for("lane", lane="gun", reasons=[Reason.CHECK_OVERDUE])
                assert stopped["instead"] == []
                _, missed = await room.expect(Kind.DRIFT, DriftReport)
                told.append(missed)
    assert told[0].flag is HealthFlag.CHECK_OVERDUE
    assert (told[0].value, told[0].limit) == (37.0, 36.0)
    assert told[0].id == told[1].id  # told again after a restart it is the same report: central files it once
