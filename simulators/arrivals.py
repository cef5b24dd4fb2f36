"""When people come: a day's profile, Poisson arrivals, buses, one queue (`science.md` 7).

A day is a light list of slots; who fills a slot is drawn only when somebody looks.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulators.chance import stream
from simulators.passage import APPROACH_S, LEAVE_S, Passage
from simulators.people import Population

DAY_S: Final = 86400.0
OPEN_H: Final = (6.0, 22.0)
PEAK: Final = 1.6
"""No hour is busier than this, relative to the mean."""
BUS_EVERY_H: Final = 2.0
BUS_PASSES_S: Final = 240.0
BUS_SEATS: Final = (20, 50)
FOLLOWS_S: Final = 0.3
"""The next one comes forward this long after the one before has begun to leave."""
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


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in the queue of a day."""

    number: int
    start_s: float
    """Since the flow began."""
    stand_s: float
    prevalence: float | None
    """Of the bus that brought this person; None: the population's."""

    @property
    def end_s(self) -> float:
        """When the person is out of view."""
        return self.start_s + APPROACH_S + self.stand_s + LEAVE_S


def day(seed: int, number: int, flow: Flow, start_hour: float) -> tuple[Slot, ...]:
    """Return the queue of one day (`number` 0 begins with the flow, at `start_hour`), in the order of its starts."""
    rng = stream(seed, "arrivals", number)
    comers = _singles(rng, flow, start_hour) + _buses(rng, flow, start_hour)
    comers.sort(key=lambda comer: comer[0])
    stands_s = rng.uniform(*flow.stand_s, len(comers))
    slots: list[Slot] = []
    free_s = 0.0
    for index, ((into_s, prevalence), stand_s) in enumerate(zip(comers, stands_s, strict=True)):
        into_s = max(into_s, free_s)  # noqa: PLW2901  # who comes early waits
        slot = Slot(number * 1_000_000 + index, number * DAY_S + into_s, float(stand_s), prevalence)
        free_s = slot.start_s - number * DAY_S + stand_s + LEAVE_S + FOLLOWS_S
        if into_s < DAY_S - APPROACH_S - stand_s:  # whoever still queues at the day's end goes home
            slots.append(slot)
    return tuple(slots)


def passage(seed: int, slot: Slot, population: Population, start_hour: float, flow_from_s: float) -> Passage:
    """Return who fills a slot of a flow that began at `flow_from_s`."""
    rng = stream(seed, "comer", slot.number)
    hour = (start_hour + slot.start_s / 3600) % 24
    person = population.draw(rng, f"p{slot.number}", hour, prevalence=slot.prevalence)
    return Passage(
        number=slot.number,
        start_s=flow_from_s + slot.start_s,
        stand_s=slot.stand_s,
        person=person,
        aside_mm=float(12 * rng.standard_normal()),
        leaves_left=bool(rng.random() < 0.5),
        hides_plate=bool(rng.random() < PLATE_HIDDEN_SHARE),
    )


def busy(hour: float) -> float:
    """Return the flow at an hour of the day relative to the mean of the open hours: two peaks, closed at night."""
    if not OPEN_H[0] <= hour % 24 < OPEN_H[1]:
        return 0.0
    morning = np.exp(-0.5 * ((hour % 24 - 9.0) / 1.5) ** 2)
    evening = np.exp(-0.5 * ((hour % 24 - 17.0) / 2.0) ** 2)
    return float(0.55 + 0.85 * morning + 0.80 * evening)


def _singles(rng: np.random.Generator, flow: Flow, start_hour: float) -> list[tuple[float, float | None]]:
    n = int(rng.poisson(flow.per_hour * PEAK * 24))
    times, keep = rng.uniform(0, DAY_S, n), rng.uniform(0, PEAK, n)
    levels = np.array([1.0 if flow.always_open else busy(start_hour + minute / 60) for minute in range(24 * 60)])
    return [(float(t), None) for t in times[keep < levels[(times // 60).astype(int)]]]


def _buses(rng: np.random.Generator, flow: Flow, start_hour: float) -> list[tuple[float, float | None]]:
    if not flow.buses:
        return []
    comers: list[tuple[float, float | None]] = []
    for t in rng.uniform(0, DAY_S, int(rng.poisson(24 / BUS_EVERY_H))):
        prevalence = FEBRILE_BUS_PREVALENCE if rng.random() < flow.febrile_buses else None
        seats = int(rng.integers(BUS_SEATS[0], BUS_SEATS[1] + 1))
        if flow.always_open or busy(start_hour + t / 3600):
            comers += [(float(t + BUS_PASSES_S * i / seats), prevalence) for i in range(seats)]
    return comers
