"""From messages and kept days to what central concludes of an instrument."""

from datetime import UTC, date, timedelta

from central.instruments.assessment import Known, assess
from central.instruments.charts import reference_checks
from central.instruments.days import Series
from central.instruments.streams import Cause, Stream
from contract.vocabulary import InstrumentState
from tests.evaluation.drift import LIFE, START, a_check, a_row

DAYS = 30


def of(found, stream: Stream):
    return next(one for one in found.streams if one.stream is stream)


def twins(slide_c: float, *, others: tuple[str, ...]) -> Known:
    rows = [a_row(d, Series.TWIN, slide_c if d >= 20 else 0.0, n=200, spread_c=0.3) for d in range(DAYS)]
    for name in ("array", *others):
        rows += [a_row(d, Series.PASSERS, 36.5, instrument=name) for d in range(DAYS)]
    return Known(rows, START.date() + timedelta(days=DAYS - 1))


def test_two_twins_that_differ_are_both_asked_about_and_neither_is_blamed() -> None:
    found = assess(LIFE, [], twins(0.3, others=("spot",)), UTC)
    assert (found.state, found.cause) == (InstrumentState.WATCH, Cause.DISAGREE)
    assert found.speaking == (of(found, Stream.TWIN),)
    assert len(found.speaking[0].points) == DAYS


def test_among_three_the_one_that_differs_is_the_one() -> None:
    found = assess(LIFE, [], twins(0.3, others=("spot", "other")), UTC)
    assert found.state is InstrumentState.WATCH
    assert found.cause is not Cause.DISAGREE


def test_few_pairs_say_nothing() -> None:
    rows = [a_row(d, Series.TWIN, 0.5, n=20) for d in range(DAYS)]
    found = assess(LIFE, [], Known(rows, date(2026, 3, 1)), UTC)
    assert of(found, Stream.TWIN).points == ()
    assert found.state is None


def test_the_plates_own_error_is_no_drift_though_the_gate_tells_it_while_it_learns() -> None:
    """The first checks after a calibration tell the bare error, 0.2 °C of a poor plate; later ones less r0."""
    made = [a_check(d, 36.2 + 0.01 * (-1) ** d, residual_c=0.2 if d < 5 else 0.0) for d in range(DAYS)]
    chart = reference_checks(LIFE, made, UTC)
    assert [point.chart.flag for point in chart.points] == [None] * DAYS


def test_another_certificate_begins_another_level() -> None:
    before = [a_check(d, 36.3, certificate=1) for d in range(20)]
    after = [a_check(d, 36.0, certificate=2) for d in range(20, DAYS)]
    chart = reference_checks(LIFE, before + after, UTC)
    assert len(chart.points) == 10
    assert all(abs(point.value.value_c) < 0.01 for point in chart.points)


def test_repeats_confirm_what_the_gate_did_not_accept_and_nothing_else() -> None:
    for passed in (True, False):
        made = [a_check(0, 36.4, residual_c=0.4, passed=passed) for _ in range(4)]
        assert reference_checks(LIFE, made, UTC).confirmed is not passed
