"""The review lists name the right people."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from central.instruments.review import FoundError, Passed, ReviewList, review

GAIN_CANTHUS, U_CANTHUS = 1.108, 0.38


def passed(number: int, adjusted_c: float, *, alarmed: bool) -> Passed:
    return Passed(UUID(int=number), adjusted_c, U_CANTHUS, GAIN_CANTHUS, 37.3, alarmed)


def test_the_reference_vector() -> None:
    rows = [passed(1, 37.1, alarmed=False), passed(2, 36.8, alarmed=False), passed(3, 37.4, alarmed=False)]
    lists = review([*rows, passed(4, 37.8, alarmed=True)], FoundError(-0.30, 0.08))
    assert [(r.passage.int, r.list, round(r.corrected_c, 3), round(r.p, 3)) for r in lists] == [
        (3, ReviewList.POSSIBLY_MISSED, 37.732, 0.866),
        (1, ReviewList.EXTENDED, 37.432, 0.633),
    ]


def test_an_instrument_that_read_high_gives_list_b() -> None:
    lists = review([passed(1, 37.6, alarmed=True), passed(2, 38.9, alarmed=True)], FoundError(0.4, 0.08))
    assert [(r.passage.int, r.list) for r in lists] == [(1, ReviewList.POSSIBLY_FALSE)]


def test_what_the_baseline_absorbed_is_not_corrected_twice() -> None:
    rows = [passed(1, 37.35, alarmed=False)]
    assert [r.list for r in review(rows, FoundError(-0.30, 0.08))] == [ReviewList.POSSIBLY_MISSED]
    assert [r.list for r in review(rows, FoundError(-0.30, 0.08, absorbed_c=-0.30 * GAIN_CANTHUS))] == [
        ReviewList.EXTENDED
    ]


@given(st.floats(36, 39), st.floats(-0.6, -0.05))
def test_a_larger_miss_never_shortens_list_a(adjusted_c: float, error_c: float) -> None:
    rows = [passed(1, adjusted_c, alarmed=False)]
    assert len(review(rows, FoundError(error_c, 0.0))) <= len(review(rows, FoundError(error_c - 0.1, 0.0)))


def test_the_extended_list_goes_down_to_even_odds_and_holds_nobody_twice() -> None:
    rows = [passed(n, 36.9 + n / 50, alarmed=False) for n in range(40)]
    lists = review(rows, FoundError(-0.2, 0.08))
    assert len({r.passage for r in lists}) == len(lists)
    assert all(r.p >= 0.7 for r in lists if r.list is ReviewList.POSSIBLY_MISSED)
    assert all(0.5 <= r.p < 0.7 for r in lists if r.list is ReviewList.EXTENDED)
    assert len(lists) == sum(36.9 + n / 50 + GAIN_CANTHUS * 0.2 >= 37.3 for n in range(40))


def test_a_gates_own_alarm_probability_counts() -> None:
    strict = replace(passed(1, 37.1, alarmed=False), p_alarm=0.55)
    assert [r.list for r in review([strict], FoundError(-0.30, 0.08))] == [ReviewList.POSSIBLY_MISSED]
