"""When people come: a day's profile, Poisson arrivals, buses, one queue (`science.md` 7). A pure list a day."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulators.chance import stream
from simulators.passage import APPROACH_S, LEAVE_S, Passage
from simulators.people import Population

DAY_S: Final = 86400.0
OPEN_H: Final = (6.0, 22.0)
BUS_EVERY_H: Final = 2.0
BUS_PASSES_S: Final = 240.0
PLATE_HIDDEN_SHARE: Final = 0.05
FEBRILE_BUS_PREVALENCE: Final = 0.30


@dataclass(frozen=True, slots=True)
class Flow:
    """How many people come, and how."""

    per_hour: float = 200.0
    """Mean over the open hours 6-22 h."""
    buses: bool = True
    febrile_buses: float = 0.02
    """Share of the buses that carry an outbreak."""
    stand_s: tuple[float, float] = (1.5, 3.0)
    always_open: bool = False
    """No day profile: the same flow at any hour, for demonstrations and tests."""


def day(seed: int, number: int, flow: Flow, population: Population, start_hour: float) -> tuple[Passage, ...]:
    """Return the passages of one day of the simulation (`number` 0 begins at t = 0, which is `start_hour`)."""
    rng = stream(seed, "arrivals", number)
    comers = _singles(rng, flow, start_hour) + _buses(rng, flow, start_hour)
    comers.sort(key=lambda comer: comer[0])
    passages: list[Passage] = []
    free_s = number * DAY_S
    for index, (into_s, prevalence) in enumerate(comers):
        start_s = max(number * DAY_S + into_s, free_s)
        hour = (start_hour + start_s / 3600) % 24
        person = population.draw(rng, f"d{number}-{index}", hour, prevalence=prevalence)
        passage = Passage(
            number=number * 1_000_000 + index,
            start_s=start_s,
            stand_s=float(rng.uniform(*flow.stand_s)),
            person=person,
            aside_mm=float(12 * rng.standard_normal()),
            leaves_left=bool(rng.random() < 0.5),
            hides_plate=bool(rng.random() < PLATE_HIDDEN_SHARE),
        )
        passages.append(passage)
        free_s = passage.end_s - APPROACH_S + 0.3  # the next one comes forward as this one leaves
    return tuple(passage for passage in passages if passage.end_s < (number + 1) * DAY_S + LEAVE_S)


def busy(hour: float) -> float:
    """Return the flow at an hour of the day relative to the mean of the open hours: two peaks, closed at night."""
    if not OPEN_H[0] <= hour % 24 < OPEN_H[1]:
        return 0.0
    morning = np.exp(-0.5 * ((hour % 24 - 9.0) / 1.5) ** 2)
    evening = np.exp(-0.5 * ((hour % 24 - 17.0) / 2.0) ** 2)
    return float(0.55 + 0.85 * morning + 0.80 * evening)


def _singles(rng: np.random.Generator, flow: Flow, start_hour: float) -> list[tuple[float, float | None]]:
    peak = 1.6
    n = int(rng.poisson(flow.per_hour * peak * 24))
    times = rng.uniform(0, DAY_S, n)
    keep = rng.uniform(0, peak, n)
    level = [1.0 if flow.always_open else busy(start_hour + t / 3600) for t in times]
    return [(float(t), None) for t, k, share in zip(times, keep, level, strict=True) if k < share]


def _buses(rng: np.random.Generator, flow: Flow, start_hour: float) -> list[tuple[float, float | None]]:
    if not flow.buses:
        return []
    comers: list[tuple[float, float | None]] = []
    for t in rng.uniform(0, DAY_S, int(rng.poisson(24 / BUS_EVERY_H))):
        prevalence = FEBRILE_BUS_PREVALENCE if rng.random() < flow.febrile_buses else None
        seats = int(rng.integers(20, 51))
        if flow.always_open or busy(start_hour + t / 3600):
            comers += [(float(t + BUS_PASSES_S * i / seats), prevalence) for i in range(seats)]
    return comers
