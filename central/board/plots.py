"""Drift charts as coordinates for an inline SVG; the template draws, this module only reckons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from central.instruments.charts import StreamChart
from central.instruments.days import DayRow
from central.instruments.streams import DESIGNS

WIDTH: Final = 560
HEIGHT: Final = 150
WEATHER_HEIGHT: Final = 80
FOOT: Final = 14
CEILING: Final = 2.0
"""Sums are drawn up to so many times their limit: how far beyond it they are says nothing more."""
SIDE: Final = 34
SHOWN: Final = 90
"""Values drawn; the sums before them are in the first point."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One stream: the two sums about the middle line, dots for the values in units of their sigma."""

    stream: StreamChart
    high: str
    low: str
    dots: tuple[tuple[float, float, str], ...]
    limits: tuple[float, float]
    clips: tuple[float, float]
    """Where a value is clipped, on the scale of the dots,"""
    clip_c: float
    """and what that is in °C on the newest day."""
    middle: float
    h: float
    first: str
    last: str
    flag_x: float | None
    """Where the change point lies, if it flags."""


def plot(stream: StreamChart) -> Plot:
    """Return the coordinates of a stream's chart."""
    design = DESIGNS[stream.stream]
    shown = stream.points[-SHOWN:]
    skipped = len(stream.points) - len(shown)
    top = CEILING * design.h
    middle, scale = HEIGHT / 2, (HEIGHT / 2 - FOOT) / top
    step = _step(len(shown))

    def y(value: float) -> float:
        return round(middle - max(-top, min(top, value)) * scale, 1)

    def line(values: list[float]) -> str:
        return " ".join(f"{round(SIDE + i * step, 1)},{y(value)}" for i, value in enumerate(values))

    dots = []
    for i, point in enumerate(shown):
        z = max(-design.clip, min(design.clip, point.value.value_c / point.value.sigma_c))
        title = f"{point.day.isoformat()}  {point.value.value_c:+.2f} °C"
        dots.append((round(SIDE + i * step, 1), y(z), title))
    flag = shown[-1].chart.flag if shown else None
    changed = None if flag is None else max(flag.change_point - 1 - skipped, 0)
    return Plot(
        stream,
        high=line([point.chart.high for point in shown]),
        low=line([-point.chart.low for point in shown]),
        dots=tuple(dots),
        limits=(y(design.h), y(-design.h)),
        clips=(y(design.clip), y(-design.clip)),
        clip_c=design.clip * shown[-1].value.sigma_c if shown else 0.0,
        middle=middle,
        h=design.h,
        first=shown[0].day.isoformat() if shown else "",
        last=shown[-1].day.isoformat() if shown else "",
        flag_x=None if changed is None else round(SIDE + changed * step, 1),
    )


@dataclass(frozen=True, slots=True)
class Weather:
    """The room's air day by day."""

    line: str
    low_c: float
    high_c: float
    first: str
    last: str


def weather(days: Sequence[DayRow]) -> Weather | None:
    """Return the coordinates of the air of the days of an instrument, or None where it was not measured."""
    known = [(row.day, row.ambient_c) for row in days if row.ambient_c is not None][-SHOWN:]
    if len(known) < 2:
        return None
    values = [ambient_c for _, ambient_c in known]
    low_c, high_c = min(values), max(values)
    scale = (WEATHER_HEIGHT - 2 * FOOT) / max(high_c - low_c, 1.0)
    step = _step(len(known))
    points = (
        f"{round(SIDE + i * step, 1)},{round(WEATHER_HEIGHT - FOOT - (value - low_c) * scale, 1)}"
        for i, value in enumerate(values)
    )
    return Weather(" ".join(points), low_c, high_c, known[0][0].isoformat(), known[-1][0].isoformat())


def _step(count: int) -> float:
    return (WIDTH - 2 * SIDE) / max(count - 1, 1)
