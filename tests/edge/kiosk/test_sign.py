from datetime import UTC, datetime

import numpy as np
import pytest

from contract.vocabulary import Reason, VerdictKind
from edge.events import FaceSeen, Picture, ReferenceSeen, ReferenceState
from edge.kiosk.sign import SHOWN_S, WAIT_S, Shown, SignOfLane
from edge.kiosk.view import Sign
from tests.conftest import FakeClock

NOBODY = ReferenceSeen(ReferenceState.ABSENT, None, None, None)


def a_picture(
    *, screening: bool = True, refused: Reason | None = None, verdict: VerdictKind | None = None, people: int = 0
) -> Picture:
    faces = tuple(
        FaceSeen(number, (0, 0, 1, 1), 1.0, 34.0, None, refused, 3, verdict=verdict) for number in range(people)
    )
    at = datetime(2026, 1, 24, tzinfo=UTC)
    return Picture("gun", 1, at, 0, np.zeros((1, 1), np.float32), faces, NOBODY, screening, ())


@pytest.fixture
def lane() -> SignOfLane:
    return SignOfLane()


def test_the_pictures_decide_while_nothing_else_is_said(lane: SignOfLane, clock: FakeClock) -> None:
    now = clock.now()
    assert lane.shown == Shown(Sign.CLOSED)
    assert lane.picture(a_picture(), now).sign is Sign.STAND_HERE
    assert lane.picture(a_picture(people=1), now).sign is Sign.HOLD_STILL
    assert lane.picture(a_picture(people=1, verdict=VerdictKind.PASS), now).sign is Sign.STAND_HERE
    assert lane.picture(a_picture(people=1, screening=False), now).sign is Sign.CLOSED
    assert lane.closed(now).sign is Sign.CLOSED


def test_go_on_is_shown_for_a_moment(lane: SignOfLane, clock: FakeClock) -> None:
    assert lane.verdict(VerdictKind.PASS, (), clock.now()).sign is Sign.GO_ON
    assert lane.picture(a_picture(people=1), clock.advance(SHOWN_S[Sign.GO_ON] - 0.1)).sign is Sign.GO_ON
    assert lane.picture(a_picture(people=1), clock.advance(0.2)).sign is Sign.HOLD_STILL


def test_no_result_says_what_the_visitor_can_do(lane: SignOfLane, clock: FakeClock) -> None:
    shown = lane.verdict(VerdictKind.NO_RESULT, (Reason.GLASSES, Reason.MOVING), clock.now())
    assert shown == Shown(Sign.AGAIN, Reason.GLASSES)


def test_an_alarm_looks_like_an_amber_and_stays_until_staff_come(lane: SignOfLane, clock: FakeClock) -> None:
    amber = SignOfLane().verdict(VerdictKind.AMBER, (Reason.NEAR_THRESHOLD,), clock.now())
    alarm = lane.verdict(VerdictKind.ALARM, (Reason.ABOVE_THRESHOLD,), clock.now())
    assert alarm == amber == Shown(Sign.WAIT_FOR_STAFF)
    later = clock.advance(3600)
    assert lane.picture(a_picture(people=1), later).sign is Sign.WAIT_FOR_STAFF
    assert lane.verdict(VerdictKind.PASS, (), later).sign is Sign.WAIT_FOR_STAFF
    assert lane.closed(later).sign is Sign.WAIT_FOR_STAFF
    assert lane.taken().sign is Sign.STAND_HERE
    assert lane.picture(a_picture(people=1), later).sign is Sign.HOLD_STILL


def test_an_amber_sign_ends_by_itself(lane: SignOfLane, clock: FakeClock) -> None:
    lane.verdict(VerdictKind.AMBER, (), clock.now())
    assert lane.picture(a_picture(), clock.advance(WAIT_S - 1)).sign is Sign.WAIT_FOR_STAFF
    assert lane.picture(a_picture(), clock.advance(2)).sign is Sign.STAND_HERE


def test_whom_chance_picks_waits_like_anybody_whom_staff_measure(lane: SignOfLane, clock: FakeClock) -> None:
    assert lane.verdict(VerdictKind.PASS, (), clock.now(), audit=True).sign is Sign.WAIT_FOR_STAFF
    assert lane.picture(a_picture(), clock.advance(WAIT_S - 1)).sign is Sign.WAIT_FOR_STAFF
    assert lane.verdict(VerdictKind.PASS, (), clock.now()).sign is Sign.GO_ON


def test_a_wall_clock_that_jumps_neither_holds_nor_ends_a_sign(lane: SignOfLane, clock: FakeClock) -> None:
    lane.verdict(VerdictKind.PASS, (), clock.now())
    clock.set(datetime(1970, 1, 1, tzinfo=UTC))
    assert lane.picture(a_picture(), clock.advance(1)).sign is Sign.GO_ON
    assert lane.picture(a_picture(), clock.advance(2)).sign is Sign.STAND_HERE
