"""What speaks for and against an instrument, day by day, and what follows from it (`science.md` 5.2).

Theory. No single stream can be trusted alone: passers change with the weather, a plate can be bumped, a twin can be the
one that drifts. So each stream has a chart of its own, and a verdict needs either the stream that compares with a
reference, or two that agree, or one that insists. Software may only move an instrument towards caution: WATCH asks for
a check today, SUSPECT sends it to an expert.

A day of few passers says little, so a day's sigma grows as 1.253 s / sqrt(n) (standard error of a median) above the
stream's floor, which holds what many passers cannot average away.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Final

import numpy as np

from central.instruments.cusum import Design, Flag, Side
from contract.vocabulary import InstrumentState


class Stream(StrEnum):
    """Where a daily value comes from."""

    REFERENCE_CHECK = "reference_check"
    POPULATION = "population"
    TWIN = "twin"
    FLEET = "fleet"
    SECOND_MEASUREMENT = "second_measurement"


DESIGNS: Final = {
    Stream.REFERENCE_CHECK: Design(sigma_c=0.08),
    Stream.POPULATION: Design(sigma_c=0.09),
    Stream.TWIN: Design(sigma_c=0.06),
    Stream.FLEET: Design(sigma_c=0.09),
    Stream.SECOND_MEASUREMENT: Design(sigma_c=0.10),
}
"""That of reference checks is estimated once a model has enough of them (`scatter`)."""

USUAL_C: Final = {
    Stream.REFERENCE_CHECK: 0.2,
    Stream.TWIN: 0.3,
    Stream.FLEET: 0.4,
    Stream.SECOND_MEASUREMENT: 0.4,
}
"""How far the levels of good instruments lie apart, standard deviation: plates, sites and places differ so much."""

SOURCES: Final = {
    Stream.REFERENCE_CHECK: "reference",
    Stream.POPULATION: "own passers",
    Stream.FLEET: "own passers",
    Stream.TWIN: "the same people twice",
    Stream.SECOND_MEASUREMENT: "contact thermometers",
}
"""What a stream draws on: two that draw on the same day's median do not confirm each other."""

JUMP_SIGMAS: Final = 4.0
JUMP_C: Final = 1.0
"""A day this far off asks for a check at once, without waiting for the chart to add up. Less would not do: of a year's
days some are five sigma off for reasons of their own, and a check for each would be six a year."""
MOVED_C: Final = 0.25
"""A median that moved by less has no shape to name."""
INSIST_DAYS: Final = 3
INSIST: Final = frozenset({Stream.POPULATION, Stream.FLEET, Stream.SECOND_MEASUREMENT})
"""Streams that are about this instrument alone; a twin that drifts flags both."""
LOW_C: Final = 35.0
MIN_PASSERS: Final = 5


@dataclass(frozen=True, slots=True)
class Day:
    """The passers of one instrument on one day; temperatures without the station's baseline."""

    n: int
    median_c: float
    spread_c: float
    """Robust standard deviation: 1.4826 x the median absolute deviation."""
    upper_c: float
    """90th percentile: faces at their best; an offset moves it, cold or covered faces hardly do."""
    low_share: float
    """Share below 35 °C."""

    @property
    def sigma_c(self) -> float:
        """Standard error of the median."""
        return 1.253 * self.spread_c / math.sqrt(self.n)


def summarise(values_c: Iterable[float]) -> Day | None:
    """Return the day of these passers, or None where there are too few to say anything."""
    values = np.array([value for value in values_c if math.isfinite(value)])
    if values.size < MIN_PASSERS:
        return None
    middle = float(np.median(values))
    # A floor, since five equal readings do not mean that the instrument has no noise.
    spread = max(0.3, 1.4826 * float(np.median(np.abs(values - middle))))
    return Day(values.size, middle, spread, float(np.percentile(values, 90)), float(np.mean(values < LOW_C)))


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a stream and its standard uncertainty."""

    value_c: float
    sigma_c: float
    gross: bool = False
    """Whether it is too far off for any place, whatever the usual level of this one."""

    @property
    def jump(self) -> bool:
        """Whether this value alone asks for a check today."""
        return self.gross or _far(self.value_c, self.sigma_c)


def against_fleet(day: Day, others: Sequence[Day], floor_c: float = DESIGNS[Stream.FLEET].sigma_c) -> Value | None:
    """Return a day less the median of the other instruments' days, or None with fewer than two others.

    Of two that differ nobody knows which is the odd one, so a gross difference needs three others.
    """
    if len(others) < 2:
        return None
    above_c = day.median_c - median(other.median_c for other in others)
    of_centre_c = 1.253 * math.sqrt(sum(floor_c**2 + other.sigma_c**2 for other in others)) / len(others)
    sigma_c = math.hypot(floor_c, day.sigma_c, of_centre_c)
    return Value(above_c, sigma_c, gross=len(others) > 2 and _far(above_c, sigma_c))


def _far(value_c: float, sigma_c: float) -> bool:
    return abs(value_c) > max(JUMP_C, JUMP_SIGMAS * sigma_c)


class Cause(StrEnum):
    """What may lie behind a change, as far as passers alone can tell."""

    OFFSET = "offset"
    """Everybody moved alike: the instrument, its calibration or its reference."""
    LOW_READINGS = "low_readings"
    """The best readings stayed, many fell: cold arrivals, covered or distant faces, a camera that looks past them."""
    NOISE = "noise"
    """The spread grew on both sides."""
    DISAGREE = "disagree"
    """Two twins differ and nothing else speaks: which of them is wrong only a check can say."""
    UNCLEAR = "unclear"


def likely_cause(day: Day, others: Sequence[Day]) -> Cause:
    """Return which cause a day's shape speaks for, held against the other instruments of that day.

    An offset moves median and upper percentile alike. Cold or covered faces pull the median down and leave the upper
    percentile, because some people are always measured well. A noisy instrument widens without moving the middle.
    """
    if len(others) < 2:
        return Cause.UNCLEAR
    moved_c = day.median_c - median(other.median_c for other in others)
    upper_c = day.upper_c - median(other.upper_c for other in others)
    wider = day.spread_c / median(other.spread_c for other in others)
    if moved_c < -MOVED_C and upper_c > moved_c / 2:
        return Cause.LOW_READINGS
    if abs(moved_c) > MOVED_C and abs(upper_c - moved_c) <= abs(moved_c) / 2:
        return Cause.OFFSET
    return Cause.NOISE if wider > 1.5 else Cause.UNCLEAR


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one stream says today."""

    stream: Stream
    flag: Flag | None
    jump: bool = False
    days_flagged: int = 0
    """Days for which the chart has been flagged without interruption."""
    confirmed: bool = False
    """For reference checks: the action limit was exceeded by the mean of three repeats."""


def fuse(evidence: Iterable[Evidence]) -> InstrumentState | None:
    """Return WATCH, SUSPECT or None, from what all streams of one instrument say today (`science.md` 5.2)."""
    by_stream = {item.stream: item for item in evidence}
    check = by_stream.get(Stream.REFERENCE_CHECK)
    if check and (check.flag or check.confirmed):
        return InstrumentState.SUSPECT
    sides: dict[Side, set[str]] = {Side.HIGH: set(), Side.LOW: set()}
    for item in by_stream.values():
        if item.flag:
            sides[item.flag.side].add(SOURCES[item.stream])
    if any(len(sources) >= 2 for sources in sides.values()):
        return InstrumentState.SUSPECT
    if any(item.flag and item.days_flagged > INSIST_DAYS and item.stream in INSIST for item in by_stream.values()):
        return InstrumentState.SUSPECT
    if any(item.flag or item.jump for item in by_stream.values()):
        return InstrumentState.WATCH
    return None
