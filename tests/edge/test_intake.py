import threading
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest

from contract.ids import new_id
from drivers.registry import spec
from drivers.samples import SpotReading, ThermalFrame
from edge.config import GateConfig
from edge.events import Air, LaneEvent, PassageDecided, Picture
from edge.intake import READINGS, Intake
from edge.lane import Lane
from tests.conftest import FakeClock
from tests.edge.conftest import a_certificate
from tests.patience import PATIENCE_S

AIR = Air(22.0, 0.5, 50.0)


class Told:
    """What an intake delivers; a test may hold the lane up."""

    def __init__(self) -> None:
        self.events: list[LaneEvent] = []
        self.go = threading.Event()
        self.go.set()
        self.busy = threading.Event()
        self._news = threading.Condition()

    def __call__(self, event: LaneEvent) -> None:
        self.busy.set()
        self.go.wait(PATIENCE_S)
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def until(self, count: int) -> list[LaneEvent]:
        with self._news:
            assert self._news.wait_for(lambda: len(self.events) >= count, PATIENCE_S), len(self.events)
        return self.events


@pytest.fixture
def told() -> Told:
    return Told()


def a_lane(config: GateConfig, clock: FakeClock) -> Lane:
    gun = config.instruments[0]
    return Lane(gun, spec(gun.driver), config, a_certificate(clock.now().at), new_id)


@pytest.fixture
def intake(config: GateConfig, clock: FakeClock, told: Told) -> Iterator[Intake]:
    intake = Intake("gun", a_lane(config, clock), lambda: AIR, told)
    yield intake
    told.go.set()
    intake.stop()


def reading(clock: FakeClock, seq: int, object_c: float = 22.0) -> SpotReading:
    now = clock.advance(0.1)
    return SpotReading("gun", seq, now.at, now.mono_ns, object_c)


def test_readings_come_out_in_order_as_pictures(intake: Intake, clock: FakeClock, told: Told) -> None:
    intake.start()
    for seq in range(5):
        intake.offer(reading(clock, seq))
    pictures = told.until(5)
    assert [picture.seq for picture in pictures if isinstance(picture, Picture)] == [0, 1, 2, 3, 4]
    assert intake.dropped == 0


def test_a_person_gets_one_verdict(intake: Intake, clock: FakeClock, told: Told) -> None:
    intake.start()
    for seq in range(40):
        intake.offer(reading(clock, seq, 36.4 if seq > 5 else 22.0))
        told.until(seq + 1)
    decided = [event for event in told.events if isinstance(event, PassageDecided)]
    assert [event.verdict.kind for event in decided] == ["alarm"]


def test_a_slow_lane_loses_the_oldest_readings_and_counts_them(intake: Intake, clock: FakeClock, told: Told) -> None:
    told.go.clear()
    intake.start()
    intake.offer(reading(clock, 0))
    assert told.busy.wait(PATIENCE_S)
    for seq in range(1, READINGS + 4):
        intake.offer(reading(clock, seq))
    assert intake.dropped == 3
    told.go.set()
    pictures = told.until(READINGS + 1)
    assert [picture.seq for picture in pictures if isinstance(picture, Picture)] == [0, *range(4, READINGS + 4)]


def test_of_frames_only_the_newest_waits(intake: Intake, clock: FakeClock, told: Told) -> None:
    for seq in range(3):
        now = clock.advance(0.1)
        intake.offer(ThermalFrame("gun", seq, now.at, now.mono_ns, np.zeros((2, 2), np.float32)))
    assert intake.dropped == 2


def test_orders_are_obeyed_between_samples_and_never_dropped(intake: Intake, clock: FakeClock, told: Told) -> None:
    obeyed = threading.Event()
    at = clock.now().at
    intake.order(lambda lane: lane.certify(a_certificate(at, valid_until=at - timedelta(days=1))))
    intake.order(lambda _lane: obeyed.set())
    intake.start()
    assert obeyed.wait(PATIENCE_S)
    intake.offer(reading(clock, 0))
    (picture,) = told.until(1)
    assert isinstance(picture, Picture)
    assert picture.reasons == ("certificate_expired",)


def test_a_fault_of_ours_does_not_end_the_thread_that_measures(intake: Intake, clock: FakeClock, told: Told) -> None:
    def breaks(_lane: Lane) -> None:
        raise ZeroDivisionError

    intake.order(breaks)
    intake.start()
    intake.offer(reading(clock, 0))
    told.until(1)
    assert intake.failures == 1


def test_a_recording_waits_for_the_lane_and_loses_nothing(config: GateConfig, clock: FakeClock, told: Told) -> None:
    intake = Intake("gun", a_lane(config, clock), lambda: AIR, told, patient=True)
    intake.start()
    for seq in range(3 * READINGS):
        intake.offer(reading(clock, seq))
    told.until(3 * READINGS)
    intake.stop()
    assert intake.dropped == 0
