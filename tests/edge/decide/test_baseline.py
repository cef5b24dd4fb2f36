"""The station's baseline against the published vector, and against those who would poison it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import Rules
from edge.decide.baseline import Baseline

START = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)
RULES = Rules()
MEAN_C = RULES.body_mean_c


def passers(baseline, residuals, start=START, every=timedelta(minutes=1), *, frozen=False):
    """Let people pass; return the offsets that applied to them."""
    offsets = []
    for index, r_c in enumerate(residuals):
        at = start + index * every
        offsets.append(baseline.at(at, frozen=frozen))
        baseline.take(at, MEAN_C + r_c)
    return offsets


def test_offsets_match_the_vector():
    found = [o.offset_c for o in passers(Baseline(RULES), [0.2 + 0.1 * ((i * 7) % 5 - 2) for i in range(40)])]
    assert found == pytest.approx([0.0] * 15 + [0.2] * 25, abs=1e-6)


def test_the_first_fifteen_are_measured_without_a_baseline():
    offsets = passers(Baseline(RULES), [0.3] * 17)
    assert [o.settled for o in offsets] == [False] * 15 + [True] * 2


def test_it_moves_at_most_three_tenths_an_hour_and_never_past_the_clamp():
    baseline = Baseline(RULES)
    before = passers(baseline, [0.0] * 60)[-1].offset_c
    later = passers(baseline, [3.0] * 600, start=START + timedelta(hours=1))
    assert before == 0.0
    assert later[60].offset_c == pytest.approx(0.3 * (60 + 1 - 30) / 60, abs=0.02)
    assert later[-1].offset_c == RULES.baseline_clamp_c
    assert later[-1].out_of_model


def test_a_febrile_bus_hardly_moves_it():
    baseline = Baseline(RULES)
    passers(baseline, [0.0] * 60, every=timedelta(seconds=18))
    bus = passers(baseline, [0.0, 1.5, 1.5, 1.5, 0.0] * 8, START + timedelta(minutes=18), timedelta(seconds=6))
    assert bus[-1].offset_c <= 0.12


def test_a_person_is_never_measured_against_oneself():
    baseline = Baseline(RULES)
    passers(baseline, [0.0] * 30)
    at = START + timedelta(minutes=31)
    first = baseline.at(at).offset_c
    baseline.take(at, MEAN_C + 5.0)
    assert first == 0.0


def test_frozen_it_stays_and_then_goes_on_at_its_pace():
    baseline = Baseline(RULES)
    passers(baseline, [0.0] * 60)
    during = passers(baseline, [1.0] * 60, START + timedelta(hours=1), frozen=True)
    assert {o.offset_c for o in during} == {0.0}
    after = baseline.at(START + timedelta(hours=2, minutes=1))
    assert 0 < after.offset_c <= 0.3 * 2 / 60 + 1e-9


def test_passers_older_than_two_hours_are_forgotten_and_the_offset_kept():
    baseline = Baseline(RULES)
    passers(baseline, [0.2] * 60)
    next_day = passers(baseline, [0.0] * 10, START + timedelta(hours=14))
    assert [o.offset_c for o in next_day] == pytest.approx([0.2] * 10)


def test_a_large_offset_for_three_hours_is_out_of_model():
    baseline = Baseline(RULES)
    offsets = passers(baseline, [0.45] * 400)
    assert not offsets[100].out_of_model
    assert offsets[15 + 181].out_of_model


def test_a_clock_set_back_does_not_break_it():
    baseline = Baseline(RULES)
    passers(baseline, [0.0] * 60)
    back = passers(baseline, [1.0] * 90, START - timedelta(days=1))
    assert all(o.offset_c == 0.0 for o in back)


def test_new_rules_apply_to_the_passers_already_known():
    baseline = Baseline(RULES)
    passers(baseline, [0.0] * 40 + [0.5] * 20)
    baseline.obey(Rules(baseline_n=20, baseline_rate_c_per_h=10.0))
    assert baseline.at(START + timedelta(hours=1)).offset_c > 0.1


@given(st.lists(st.floats(-6, 6), max_size=150), st.floats(0.05, 20))
def test_it_is_always_within_the_clamp_and_the_rate(residuals, minutes):
    offsets = passers(Baseline(RULES), residuals, every=timedelta(minutes=minutes))
    for earlier, later in pairwise(offsets[15:]):
        assert abs(later.offset_c - earlier.offset_c) <= 0.3 * minutes / 60 + 1e-9
    assert all(abs(o.offset_c) <= RULES.baseline_clamp_c for o in offsets)
