import pytest

from contract.ids import new_id
from contract.vocabulary import VerdictKind
from drivers.tower_light import Light
from edge.health import EMPTY
from edge.kiosk.screen import LaneScreen, Screen
from edge.kiosk.view import LaneKind
from edge.lamps import REPEAT_EVERY, Lamps, light_of
from edge.passages import Ledger
from tests.conftest import FakeClock
from tests.edge.conftest import Decide


@pytest.fixture
def screen(clock: FakeClock) -> Screen:
    lanes = [LaneScreen(name, LaneKind.SPOT, "") for name in ("gun", "gun-2")]
    for lane in lanes:
        lane.screening = True
    return Screen(lanes, clock, lambda _event, _data: 0, EMPTY)


def test_the_light_repeats_what_the_screen_says(screen: Screen, clock: FakeClock, decide: Decide) -> None:
    ledger = Ledger(new_id, simulated=False)

    def light() -> Light:
        return light_of(screen.lanes.values())

    assert light() == Light.GREEN
    screen.lanes["gun-2"].screening = False
    assert light() == Light.AMBER
    screen.lanes["gun-2"].screening = True
    screen.passage(ledger.enter(decide(VerdictKind.PASS, 36.6), clock.now().at))
    assert light() == Light.GREEN
    screen.passage(ledger.enter(decide(VerdictKind.AMBER, 37.4), clock.now().at))
    assert light() == Light.AMBER
    alarm = ledger.enter(decide(VerdictKind.ALARM, 38.4), clock.now().at)
    screen.passage(alarm)
    assert light() == Light.RED | Light.BUZZER
    screen.passage(ledger.enter(decide(VerdictKind.PASS, 36.6), clock.now().at))
    assert light() == Light.RED | Light.BUZZER
    screen.taken("gun", alarm.decided.passage)
    assert light() == Light.GREEN


def test_a_light_is_told_at_changes_and_now_and_then(clock: FakeClock) -> None:
    sent: list[bytes] = []
    lamps = Lamps([(lambda light: str(light.value).encode(), sent.append)])
    lamps.show(Light.GREEN)
    lamps.show(Light.GREEN)
    assert sent == [b"1"]
    lamps.show(Light.RED)
    for _ in range(REPEAT_EVERY):
        lamps.show(Light.RED)
    assert sent == [b"1", b"4", b"4"]  # it may have lost its power meanwhile
    lamps.dark()
    assert sent[-1] == b"0"
