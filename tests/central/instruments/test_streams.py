"""What the streams say of an instrument, what the software concludes, and what it leaves to a person."""

import numpy as np
import pytest

from central.instruments.cusum import Chart, Flag, Side
from central.instruments.streams import (
    DESIGNS,
    Cause,
    Evidence,
    Stream,
    against_fleet,
    fuse,
    likely_cause,
    summarise,
)
from contract.vocabulary import InstrumentState
from tests.evaluation import field_readings

LOW, HIGH = Flag(Side.LOW, 3), Flag(Side.HIGH, 3)


def day(shift_c: float = 0.0, *, n: int = 400, sd: float = 0.5, cold: float = 0.0, seed: int = 0):
    rng = np.random.default_rng(seed)
    values = 36.2 + shift_c + rng.normal(0, sd, n)
    values[: int(cold * n)] -= rng.uniform(1.0, 4.0, int(cold * n))
    return summarise(values)


FLEET = [day(seed=s) for s in range(1, 5)]


def test_five_passers_make_a_day_and_four_do_not() -> None:
    assert summarise([36.0] * 4) is None
    assert summarise([36.0] * 5).sigma_c > 0.1


def test_a_day_of_few_passers_is_judged_more_mildly() -> None:
    few, many = against_fleet(day(n=10), FLEET), against_fleet(day(n=1000), FLEET)
    assert few.sigma_c > many.sigma_c >= DESIGNS[Stream.FLEET].sigma_c


@pytest.mark.parametrize(
    ("of_the_day", "expected"),
    [
        (day(-0.6), Cause.OFFSET),
        (day(0.6), Cause.OFFSET),
        (day(cold=0.6), Cause.LOW_READINGS),
        (day(sd=1.2), Cause.NOISE),
        (day(), Cause.UNCLEAR),
    ],
)
def test_the_shape_of_a_day_names_the_likely_cause(of_the_day, expected: Cause) -> None:
    assert likely_cause(of_the_day, FLEET) is expected


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ([], None),
        ([Evidence(Stream.REFERENCE_CHECK, LOW)], InstrumentState.SUSPECT),
        ([Evidence(Stream.REFERENCE_CHECK, None, confirmed=True)], InstrumentState.SUSPECT),
        ([Evidence(Stream.POPULATION, LOW, days_flagged=1)], InstrumentState.WATCH),
        ([Evidence(Stream.POPULATION, LOW, days_flagged=4)], InstrumentState.SUSPECT),
        ([Evidence(Stream.POPULATION, LOW), Evidence(Stream.TWIN, LOW)], InstrumentState.SUSPECT),
        ([Evidence(Stream.POPULATION, LOW), Evidence(Stream.TWIN, HIGH)], InstrumentState.WATCH),
        ([Evidence(Stream.POPULATION, LOW), Evidence(Stream.FLEET, LOW)], InstrumentState.WATCH),
        ([Evidence(Stream.FLEET, None, jump=True)], InstrumentState.WATCH),
        ([Evidence(Stream.FLEET, None)], None),
    ],
)
def test_how_the_streams_are_fused(evidence, expected: InstrumentState | None) -> None:
    assert fuse(evidence) is expected


def test_an_instrument_that_slides_against_its_fleet_is_found() -> None:
    chart = Chart(DESIGNS[Stream.FLEET])
    for number in range(1, 30):
        value = against_fleet(day(-0.05 * number, seed=100 + number), FLEET)
        chart = chart.update(value.value_c, value.sigma_c)
        if chart.flag:
            break
    assert chart.flag is not None
    assert chart.flag.side is Side.LOW
    assert number <= 10


def test_the_fielded_device_that_slid_is_flagged_by_its_third_day(shared_data) -> None:
    result = field_readings.evaluate(shared_data / "field_readings")
    number, _, cause = result["first_flag"]["fs-1220"]
    assert number <= 3
    assert cause == Cause.LOW_READINGS
