import math
from datetime import UTC, datetime, timedelta

import pytest

from contract.vocabulary import Reason
from edge.measure.offset import OffsetHistory

START = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)


def history(offsets, every=timedelta(minutes=10)):
    known = OffsetHistory()
    for index, offset_c in enumerate(offsets):
        known.judge(START + index * every, offset_c)
    return known, START + len(offsets) * every


@pytest.mark.parametrize("offset_c", [2.1, -2.1, math.nan, math.inf])
def test_an_offset_too_large_is_never_believed(offset_c):
    known, at = history([])
    assert known.judge(at, offset_c) is Reason.REFERENCE_IMPLAUSIBLE


def test_a_jump_of_more_than_one_degree_from_the_usual_is_not_believed():
    known, at = history([0.8, 0.9, 0.7] * 5)
    assert known.judge(at, 1.7) is None
    assert known.judge(at, 1.9) is Reason.REFERENCE_IMPLAUSIBLE
    assert known.judge(at, -0.3) is Reason.REFERENCE_IMPLAUSIBLE


def test_with_few_offsets_known_a_change_cannot_be_judged():
    known, at = history([0.8] * 5)
    assert known.judge(at, 1.9) is None


def test_what_was_usual_is_forgotten_after_two_weeks_or_on_request():
    known, at = history([0.8] * 20)
    assert known.judge(at + timedelta(days=15), -0.9) is None
    known, at = history([0.8] * 20)
    known.forget()
    assert known.judge(at, -0.9) is None


def test_numbers_that_are_none_do_not_poison_what_is_usual():
    known, at = history([0.8] * 10 + [math.nan] * 50 + [0.8] * 10)
    assert known.judge(at, 0.9) is None


def test_a_busy_minute_does_not_crowd_out_the_two_weeks():
    known, at = history([0.8] * 30)
    for second in range(59):
        known.judge(at + timedelta(seconds=second), 1.7)
    assert known.judge(at + timedelta(seconds=59), 0.0) is None
    assert known.judge(at + timedelta(seconds=59), 1.9) is Reason.REFERENCE_IMPLAUSIBLE
