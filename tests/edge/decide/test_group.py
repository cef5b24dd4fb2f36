from datetime import UTC, datetime, timedelta

import pytest

from contract.vocabulary import Reason
from edge.config import Rules
from edge.decide.group import Group

START = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)


def group(bodies_c, every=timedelta(seconds=20)):
    found = Group(Rules())
    for index, body_c in enumerate(bodies_c):
        found.take(START + index * every, body_c)
    return found, START + (len(bodies_c) - 1) * every


@pytest.mark.parametrize(
    ("body_c", "baseline_c", "expected"),
    [
        (36.1, 0.0, Reason.GROUP_COLD),
        (36.3, 0.0, None),
        (37.5, 0.0, Reason.GROUP_WARM),
        (37.5, 0.3, None),
        (36.4, 0.3, Reason.GROUP_COLD),
    ],
)
def test_the_median_of_fifteen_against_the_baseline(body_c, baseline_c, expected):
    found, at = group([body_c] * 15)
    assert found.reason(at, baseline_c) is expected


def test_fourteen_are_no_group():
    found, at = group([35.0] * 14)
    assert found.reason(at, 0.0) is None


def test_fifteen_in_a_quarter_of_an_hour_are_no_group():
    found, at = group([35.0] * 15, every=timedelta(minutes=1))
    assert found.reason(at, 0.0) is None


def test_a_group_is_over_when_time_has_passed():
    found, at = group([35.0] * 15)
    assert found.reason(at + timedelta(minutes=10), 0.0) is None


def test_one_fever_among_the_well_is_no_group():
    found, at = group([36.8] * 14 + [40.0])
    assert found.reason(at, 0.0) is None
