"""How far the daily checks of one model scatter: the sigma of the drift chart on reference checks (`science.md` 2.5).

Theory. Aim, plate and room make a check scatter, and a model with a narrow view scatters less than one that must be
pointed by hand. The sigma is assumed until a model has 60 differences d of two checks of one instrument, then estimated
from them: sigma^2 = mean(d^2) / 2 (von Neumann 1941). A spread about the mean would grow with the very drift that the
chart is there to show, and neighbouring days have something in common; so d is taken three checks apart, where a
correlation of 0.3 has fallen to 0.03. A difference counts as no more than three sigma, as a value of the chart does;
what outliers still add (5 % of sigma, with one of five sigma in a hundred) is on the right side: a sigma 25 % too small
flags a good instrument six times as often (`science.md` 5.1). Bounded to 0.05-0.15 °C and told to 0.01 °C: sixty
differences know no more, and a chart should look the same tomorrow.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from statistics import fmean, median
from typing import Final, NamedTuple

from sqlalchemy import Connection, Select, select

from central.instruments.days import bounds
from central.instruments.life import Life
from central.instruments.streams import DESIGNS, Stream
from central.store.tables import gates, instrument_reports, instruments
from contract.topics import Kind

ENOUGH: Final = 60
APART: Final = 3
AT_MOST: Final = timedelta(days=7)
"""A drift during a longer gap would count as scatter."""
LATELY: Final = timedelta(days=90)
CLIP: Final = 3.0
FLOOR_C: Final = 0.05
CEILING_C: Final = 0.15


@dataclass(frozen=True, slots=True)
class Scatter:
    """Standard deviation of a day's check, °C, and how many pairs of days told it; none where it is assumed."""

    sigma_c: float
    n: int = 0


ASSUMED: Final = Scatter(DESIGNS[Stream.REFERENCE_CHECK].sigma_c)


class Model(NamedTuple):
    """What scatters alike; a simulated one is not the real one."""

    driver: str
    simulated: bool


Errors = dict[date, float]
"""Errors against the plate by day: one instrument under one certificate."""


def estimate(series: Iterable[Errors]) -> Scatter:
    """Return the scatter of a model from the errors of its instruments; assumed with fewer than 60 pairs of days."""
    steps_c = [step_c for errors_c in series for step_c in _steps(errors_c)]
    if len(steps_c) < ENOUGH:
        return ASSUMED
    most_c = CLIP * 1.4826 * median(steps_c)
    sigma_c = math.sqrt(fmean(min(step_c, most_c) ** 2 for step_c in steps_c) / 2)
    return Scatter(min(max(round(sigma_c, 2), FLOOR_C), CEILING_C), len(steps_c))


def _steps(errors_c: Errors) -> Iterator[float]:
    days = sorted(errors_c)
    for before, after in zip(days, days[APART:], strict=False):
        if after - before <= AT_MOST:
            yield abs(errors_c[after] - errors_c[before])


class Scatters:
    """The scatter of every model in the district, reckoned once a day from the 90 days before it."""

    def __init__(self) -> None:
        self._told: tuple[date, dict[Model, Scatter]] | None = None

    def of(self, connection: Connection, life: Life, day: date, zone: tzinfo) -> Scatter:
        """Return the scatter of an instrument's model on a day."""
        told = self._told
        if told is None or told[0] != day:
            self._told = told = (day, read(connection, bounds(day, zone)[0], zone))
        own = _models().where(instruments.c.gate == life.gate, instruments.c.instrument == life.instrument)
        model = connection.execute(own).first()
        return ASSUMED if model is None else told[1].get(Model(*model), ASSUMED)


def read(connection: Connection, until: datetime, zone: tzinfo) -> dict[Model, Scatter]:
    """Return the scatter of each model that was checked in the 90 days before `until`."""
    reports, body = instrument_reports.c, instrument_reports.c.body
    query = (
        _models()
        .add_columns(reports.gate, reports.instrument, body["certificate_id"].as_string(), reports.at)
        .add_columns(body["mean_c"].as_float() - body["reference_c"].as_float())
        .join(
            instrument_reports, (reports.gate == instruments.c.gate) & (reports.instrument == instruments.c.instrument)
        )
        .where(reports.kind == Kind.CHECK, reports.at >= until - LATELY, reports.at < until)
    )
    errors_c: dict[Model, dict[tuple[str, ...], dict[date, list[float]]]]
    errors_c = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for driver, simulated, gate, instrument, certificate, at, error_c in connection.execute(query):
        own = errors_c[Model(driver, simulated)][gate, instrument, certificate]
        own[at.astimezone(zone).date()].append(error_c)
    return {
        model: estimate({day: median(those) for day, those in own.items()} for own in series.values())
        for model, series in errors_c.items()
    }


def _models() -> Select[str, bool]:
    return select(instruments.c.driver, gates.c.simulated).join(gates, gates.c.id == instruments.c.gate)
