"""What a blackbody says of itself is checked: silence, disobedience, lies."""

from datetime import UTC, datetime, timedelta

import anyio
import pytest

from contract.clock import Instant
from drivers.devices import fluke_4180
from drivers.link import LinkLost
from drivers.samples import ReferenceReading
from edge.technician.forms import plate_temperature
from edge.technician.stand import LIES, BenchRefused, Driven, Typed

AT = datetime(2026, 1, 24, 8, tzinfo=UTC)


class Blackbody:
    """A reference as the test says, and its clock."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.reading: ReferenceReading | None = None
        self.s = 0.0
        assert fluke_4180.SPEC.drives is not None
        self.stand = Driven(0.95, self, send=self.sent.append, drives=fluke_4180.SPEC.drives, read=lambda: self.reading)

    def now(self) -> Instant:
        return Instant(AT + timedelta(seconds=self.s), round(self.s * 1e9))

    def says(self, actual_c: float, setpoint_c: float = 39.0, *, stable: bool = True) -> None:
        self.s += 1.0
        self.reading = ReferenceReading("fluke", 0, AT, round(self.s * 1e9), setpoint_c, actual_c, stable)


@pytest.fixture
def blackbody() -> Blackbody:
    found = Blackbody()
    anyio.run(found.stand.bring, 39.0)
    return found


def doubt(blackbody: Blackbody) -> str:
    shown = blackbody.stand.shown()
    assert shown.ready is (shown.doubt is None)
    return "" if shown.doubt is None else shown.doubt.key.removeprefix("technician.refused.")


def test_it_is_told_its_set_point_and_switched_on(blackbody: Blackbody) -> None:
    assert blackbody.sent == [b"SOUR:SPO 39.00\r", b"OUTP:STAT 1\r"]


def test_a_stable_blackbody_at_its_set_point_is_ready(blackbody: Blackbody) -> None:
    assert doubt(blackbody) == "reference_silent"
    blackbody.says(38.2, stable=False)
    assert doubt(blackbody) == "never_stable"
    blackbody.says(38.98)
    assert doubt(blackbody) == "never_stable", "once is not yet twice in a row"
    assert doubt(blackbody) == "never_stable", "the same answer again"
    blackbody.says(38.99)
    assert doubt(blackbody) == ""
    blackbody.s += 20
    assert doubt(blackbody) == "reference_silent"


def test_one_that_keeps_another_set_point_is_not_ready_and_not_waited_for(blackbody: Blackbody) -> None:
    blackbody.says(36.0, setpoint_c=36.0)
    assert doubt(blackbody) == "not_obeyed"
    assert not blackbody.stand.shown().hopeless
    blackbody.s += 15
    blackbody.says(36.0, setpoint_c=36.0)
    assert doubt(blackbody) == "not_obeyed"
    assert blackbody.stand.shown().hopeless


def test_one_that_calls_itself_stable_far_from_its_set_point_lies(blackbody: Blackbody) -> None:
    blackbody.says(38.3)
    assert doubt(blackbody) == "lies"


def test_a_temperature_from_before_it_came_to_rest_is_not_used(blackbody: Blackbody) -> None:
    blackbody.says(38.58)  # asked while it still rose; that it is stable, a moment later
    assert not blackbody.stand.shown().ready
    blackbody.says(39.0)
    assert doubt(blackbody) == "moves"
    for expected in ("never_stable", ""):
        blackbody.says(39.0)
        assert doubt(blackbody) == expected


def test_one_that_calls_itself_stable_and_moves_lies(blackbody: Blackbody) -> None:
    blackbody.says(39.0)
    assert not blackbody.stand.shown().ready
    for actual_c in (39.06, 39.12):
        blackbody.says(actual_c)
        assert doubt(blackbody) == ""
    blackbody.says(39.18)
    assert doubt(blackbody) == "moves"


def test_an_unplugged_one_is_refused_with_its_cable_named() -> None:
    def gone(_: bytes) -> None:
        raise LinkLost("fluke is not connected")

    assert fluke_4180.SPEC.drives is not None
    stand = Driven(0.95, Blackbody(), send=gone, drives=fluke_4180.SPEC.drives, read=lambda: None)
    with pytest.raises(BenchRefused) as refused:
        anyio.run(stand.bring, 39.0)
    assert refused.value.key == "technician.refused.reference_silent"


def test_a_plate_without_a_line_shows_what_was_typed() -> None:
    asked = []

    async def ask(wanted_c: float) -> float:
        asked.append(wanted_c)
        return 36.9

    stand = Typed(0.97, ask, None)
    anyio.run(stand.bring, 37.0)
    assert asked == [37.0]
    assert stand.shown().surface_c == 36.9


@pytest.mark.parametrize(("typed", "meant"), [(73.0, "37"), (98.6, "37.0"), (200.0, None)])
def test_a_slip_of_the_finger_is_named(typed: float, meant: str | None) -> None:
    with pytest.raises(BenchRefused) as refused:
        plate_temperature(typed)
    assert refused.value.values.get("meant") == meant


def test_one_that_falls_silent_is_given_up_and_one_that_was_just_told_is_not(blackbody: Blackbody) -> None:
    assert not blackbody.stand.shown().hopeless
    blackbody.s += 10
    assert not blackbody.stand.shown().hopeless
    blackbody.s += 6
    assert blackbody.stand.shown().hopeless
    blackbody.says(38.2, stable=False)
    assert not blackbody.stand.shown().hopeless
    blackbody.s += 20
    assert blackbody.stand.shown().hopeless


def test_one_caught_lying_again_and_again_is_given_up_until_it_is_told_anew(blackbody: Blackbody) -> None:
    for caught in range(1, LIES + 1):
        blackbody.says(38.3)
        assert blackbody.stand.shown().hopeless is (caught == LIES)
        assert doubt(blackbody) == "lies"
    anyio.run(blackbody.stand.bring, 39.0)
    assert not blackbody.stand.shown().hopeless
