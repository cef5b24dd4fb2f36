"""A flag that means wrong readings is told to central once, and only when it lasts."""

from contract.messages import GateHealth, InstrumentHealth
from contract.vocabulary import HealthFlag, LinkState
from edge.doubts import LASTS_S, Doubts
from tests.conftest import FakeClock


def health(clock: FakeClock, *flags: HealthFlag) -> GateHealth:
    part = InstrumentHealth(instrument="camera", driver="lepton_y16", role="screen", link=LinkState.UP, flags=flags)
    return GateHealth(at=clock.now().at, screening=not flags, instruments=(part,))


def test_what_lasts_is_told_once_until_it_has_gone(clock: FakeClock) -> None:
    doubts = Doubts()
    assert doubts.note(health(clock, HealthFlag.STUCK), clock.now()) == []
    clock.advance(LASTS_S)
    (told,) = doubts.note(health(clock, HealthFlag.STUCK), clock.now())
    assert (told.instrument, told.flag, told.value, told.limit) == ("camera", HealthFlag.STUCK, LASTS_S, LASTS_S)
    clock.advance(LASTS_S)
    assert doubts.note(health(clock, HealthFlag.STUCK), clock.now()) == []
    doubts.note(health(clock), clock.now())
    doubts.note(health(clock, HealthFlag.STUCK), clock.now())
    clock.advance(LASTS_S)
    assert len(doubts.note(health(clock, HealthFlag.STUCK), clock.now())) == 1


def test_what_passes_and_what_asks_only_for_a_look_is_not_told(clock: FakeClock) -> None:
    doubts = Doubts()
    for flags in ((HealthFlag.STUCK,), (), (HealthFlag.STUCK, HealthFlag.SILENT), (HealthFlag.SILENT,)):
        assert doubts.note(health(clock, *flags), clock.now()) == []
        clock.advance(LASTS_S - 1)
    assert doubts.note(health(clock, HealthFlag.SILENT), clock.now()) == []
