"""Whom chance picks: the draw, and the request to staff until it is answered or too old."""

from typing import Any
from uuid import UUID

import pytest

from contract.ids import new_id
from contract.messages import SecondMeasurement
from contract.vocabulary import Scale, VerdictKind
from edge.health import EMPTY
from edge.kiosk.audits import SHOWN_S, Audits
from edge.kiosk.view import Sign
from tests.conftest import FakeClock
from tests.edge.conftest import Decide
from tests.edge.kiosk.test_screen import Board


@pytest.fixture
def board(clock: FakeClock, decide: Decide) -> Board:
    board = Board(clock, decide)
    board.screen.audits = Audits(1.0)
    return board


def asked(board: Board) -> list[UUID]:
    return [verdict.passage for verdict in board.screen.audits.view()]


def changes(board: Board) -> list[Any]:
    return [news["change"] for news in board.of("alerts")]


def answer(board: Board, passage: UUID) -> None:
    at = board.clock.now().at
    board.screen.second(
        SecondMeasurement(
            id=new_id(at),
            passage=passage,
            at=at,
            value_c=36.8,
            scale=Scale.ORAL,
            thermometer="T-07",
            measured_by="wang",
            audit=True,
        )
    )


def test_so_many_of_all_are_drawn_and_none_where_none_are_wanted(clock: FakeClock) -> None:
    ids = [new_id(clock.now().at) for _ in range(4000)]
    drawn = [sum(Audits(share).drawn(one) for one in ids) for share in (0.0, 0.25, 1.0)]
    assert drawn[0] == 0
    assert 850 < drawn[1] < 1150  # five standard deviations
    assert drawn[2] == len(ids)


def test_staff_are_asked_to_measure_somebody_who_may_pass(board: Board) -> None:
    passage = board.verdict(VerdictKind.PASS, 36.6).decided.passage
    assert asked(board) == [passage]
    assert board.of("verdict")[-1]["audit"]
    assert board.of("sign")[-1]["sign"] == Sign.WAIT_FOR_STAFF
    assert changes(board) == ["audit"]
    answer(board, passage)
    assert asked(board) == []
    assert changes(board) == ["audit", "audit"]


@pytest.mark.parametrize("kind", [VerdictKind.ALARM, VerdictKind.AMBER, VerdictKind.NO_RESULT])
def test_whoever_is_measured_anyway_is_not_asked_for_twice_but_counts_as_drawn(board: Board, kind: VerdictKind) -> None:
    entry = board.verdict(kind, None if kind is VerdictKind.NO_RESULT else 38.3)
    assert asked(board) == []
    assert not board.of("verdict")[-1]["audit"]
    assert board.screen.audits.drawn(entry.decided.passage)


def test_a_request_that_nobody_answers_goes_by_itself(board: Board) -> None:
    first = board.verdict(VerdictKind.PASS, 36.6).decided.passage
    board.clock.advance(SHOWN_S / 2)
    second = board.verdict(VerdictKind.PASS, 36.7).decided.passage
    board.clock.advance(SHOWN_S / 2)
    assert asked(board) == [first, second]
    board.screen.health(EMPTY)
    assert asked(board) == [second]
    assert changes(board) == ["audit"] * 3
    board.screen.health(EMPTY)
    assert changes(board) == ["audit"] * 3
