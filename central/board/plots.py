"""Drift charts as coordinates for an inline SVG; the template draws, this module only reckons."""

from dataclasses import dataclass
from typing import Final

from central.instruments.charts import StreamChart
from central.instruments.streams import DESIGNS

WIDTH: Final = 560
HEIGHT: Final = 150
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
    tallest = max([1.3 * design.h, *(max(p.chart.high, p.chart.low) * 1.05 for p in shown)])
    middle, scale = HEIGHT / 2, (HEIGHT / 2 - 12) / tallest
    step = (WIDTH - 2 * SIDE) / max(len(shown) - 1, 1)

    def x(number: int) -> float:
        return round(SIDE + number * step, 1)

    def line(values: list[float]) -> str:
        return " ".join(f"{x(i)},{round(middle - value * scale, 1)}" for i, value in enumerate(values))

    dots = []
    for i, point in enumerate(shown):
        z = max(-design.clip, min(design.clip, point.value.value_c / point.value.sigma_c))
        title = f"{point.day.isoformat()}  {point.value.value_c:+.2f} °C"
        dots.append((x(i), round(middle - z * scale, 1), title))
    flag = shown[-1].chart.flag if shown else None
    return Plot(
        stream,
        high=line([point.chart.high for point in shown]),
        low=line([-point.chart.low for point in shown]),
        dots=tuple(dots),
        limits=(round(middle - design.h * scale, 1), round(middle + design.h * scale, 1)),
        middle=middle,
        h=design.h,
        first=shown[0].day.isoformat() if shown else "",
        last=shown[-1].day.isoformat() if shown else "",
        flag_x=None if flag is None else x(max(flag.change_point - 1 - skipped, 0)),
    )
