import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from contract.ids import new_id
from contract.messages import Confirmation, DecisionBody, SecondMeasurement
from contract.vocabulary import Decision, Reason, Scale, VerdictKind
from edge.events import Picture, ReferenceSeen, ReferenceState
from edge.health import EMPTY
from edge.kiosk.cards import SHOWN
from edge.kiosk.screen import RECENT, LaneScreen, Screen
from edge.kiosk.view import LaneKind
from edge.passages import Entry, Ledger
from tests.conftest import FakeClock
from tests.edge.conftest import Decide


class Board:
    """A screen, its ledger, and the events that it published."""

    def __init__(self, clock: FakeClock, decide: Decide) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.clock, self.decide = clock, decide
        self.ledger = Ledger(new_id, simulated=False)
        self.screen = Screen([LaneScreen("gun", LaneKind.SPOT, "SN-1")], clock, self._publish, EMPTY)

    def _publish(self, event: str, data: str) -> int:
        self.events.append((event, json.loads(data)))
        return len(self.events)

    def verdict(self, *args: Any, **kwargs: Any) -> Entry:
        entry = self.ledger.enter(self.decide(*args, **kwargs), self.clock.now().at)
        self.screen.passage(entry)
        return entry

    def of(self, name: str) -> list[dict[str, Any]]:
        return [data for event, data in self.events if event == name]

    def decision(self, entry: Entry, decision: Decision = Decision.RELEASE, later_s: float = 0) -> DecisionBody:
        at = self.clock.now().at + timedelta(seconds=later_s)
        return DecisionBody(
            id=new_id(at),
            alert=entry.alert,
            passage=entry.decided.passage,
            decision=decision,
            decided_by="chen",
            decided_at=at,
        )

    def confirmation(self, decision: DecisionBody) -> Confirmation:
        at = self.clock.now().at
        return Confirmation(id=new_id(at), decision=decision.id, alert=decision.alert, at=at, confirmed_by="wang")


@pytest.fixture
def board(clock: FakeClock, decide: Decide) -> Board:
    return Board(clock, decide)


def a_picture(board: Board, *reasons: Reason) -> Picture:
    now = board.clock.now()
    return Picture(
        "gun",
        1,
        now.at,
        now.mono_ns,
        np.full((1, 1), 22, np.float32),
        (),
        ReferenceSeen(ReferenceState.ABSENT, None, None, None),
        not reasons,
        reasons,
    )


def test_a_verdict_is_published_with_codes_and_numbers_and_how_long_it_took(board: Board, clock: FakeClock) -> None:
    decided = board.decide(VerdictKind.AMBER, 37.41, Reason.NEAR_THRESHOLD)
    clock.advance(0.025)
    board.screen.passage(board.ledger.enter(decided, clock.now().at))
    (event,) = board.of("verdict")
    assert (event["kind"], event["reasons"], event["value_c"]) == ("amber", ["near_threshold"], 37.41)
    assert event["plus_minus_c"] == pytest.approx(0.8)
    assert event["took_us"] == 25_000
    assert board.of("sign") == [{"lane": "gun", "sign": "wait_for_staff", "hint": None}]
    assert board.of("alerts") == []


def test_no_result_shows_no_value_that_could_pass_for_one(board: Board) -> None:
    board.verdict(VerdictKind.NO_RESULT, 35.1, Reason.TOO_COLD)
    (event,) = board.of("verdict")
    assert (event["value_c"], event["plus_minus_c"]) == (None, None)
    assert board.of("sign") == [{"lane": "gun", "sign": "again", "hint": "too_cold"}]


def test_an_alarm_stays_on_the_panel_until_staff_have_taken_the_person_aside(board: Board) -> None:
    alarm = board.verdict()
    board.verdict(VerdictKind.PASS, 36.5)
    lane = board.screen.lanes["gun"]
    assert lane.latest is not None
    assert (lane.latest.kind, lane.latest.latched) == ("alarm", True)
    assert [view.kind for view in board.screen.recent()] == ["pass", "alarm"]
    board.screen.taken("gun", alarm.decided.passage)
    assert not lane.latest.latched
    (card,) = board.screen.cards.view()
    assert card.taken
    board.verdict(VerdictKind.PASS, 36.6)
    assert lane.latest.kind == "pass"


def test_what_changes_nothing_publishes_nothing(board: Board) -> None:
    board.screen.picture(a_picture(board))
    published = len(board.events)
    for _ in range(20):
        board.screen.picture(a_picture(board))
    assert len(board.events) == published
    assert board.of("lane") == [{"lane": "gun", "screening": True, "reasons": [], "instead": None}]


def test_a_stopped_lane_says_why_once(board: Board) -> None:
    board.screen.picture(a_picture(board))
    for _ in range(3):
        board.screen.stopped("gun", Reason.INSTRUMENT_SILENT)
    assert board.of("lane")[-1] == {
        "lane": "gun",
        "screening": False,
        "reasons": ["instrument_silent"],
        "instead": [],
    }
    assert len(board.of("lane")) == 2
    assert board.of("sign")[-1]["sign"] == "closed"


def test_an_alert_goes_from_raised_to_carried_out(board: Board) -> None:
    entry = board.verdict()
    decision = board.decision(entry, Decision.REFER)
    board.screen.decision(decision)
    (card,) = board.screen.cards.view()
    assert card.decision is not None
    assert card.decision.decision is Decision.REFER
    board.screen.confirmed(board.confirmation(decision))
    assert board.screen.cards.view() == ()
    assert [event["change"] for event in board.of("alerts")] == ["raised", "decided", "confirmed"]


def test_a_later_decision_replaces_an_earlier_one_however_they_arrive(board: Board) -> None:
    entry = board.verdict()
    first, second = board.decision(entry), board.decision(entry, Decision.REFER, later_s=30)
    board.screen.decision(second)
    board.screen.decision(first)
    (card,) = board.screen.cards.view()
    assert card.decision is not None
    assert card.decision.decision is Decision.REFER
    board.screen.confirmed(board.confirmation(first))
    assert len(board.screen.cards) == 1, "what was carried out was not the decision in force"


def test_a_decision_about_an_unknown_alert_still_gets_a_card(board: Board, clock: FakeClock) -> None:
    entry = board.verdict()
    stranger = board.decision(entry).model_copy(update={"alert": new_id(clock.now().at)})
    board.screen.decision(stranger)
    cards = board.screen.cards.view()
    assert [card.id for card in cards] == [stranger.alert, entry.alert], "those with something to do come first"
    assert cards[0].value_c is None


def test_a_contact_measurement_stands_on_its_card_once(board: Board, clock: FakeClock) -> None:
    entry = board.verdict()
    at = clock.now().at
    body = SecondMeasurement(
        id=new_id(at),
        passage=entry.decided.passage,
        at=at,
        value_c=36.9,
        scale=Scale.ORAL,
        thermometer="T-07",
        measured_by="wang",
    )
    for _ in range(2):
        board.screen.second(body)
    (card,) = board.screen.cards.view()
    assert [second.value_c for second in card.seconds] == [36.9]


def test_lists_have_bounds(board: Board, clock: FakeClock) -> None:
    for _ in range(SHOWN + 5):
        clock.advance(1)
        board.verdict()
    assert len(board.screen.recent()) == RECENT
    assert len(board.screen.cards.view()) == SHOWN
    assert len(board.screen.cards) == SHOWN + 5
