"""The pretend world in front of one gate: seeded, and a pure function of time.

`Scene.seeded` draws people from a population for ever; `Scene.script` plays named people at given times, and may go on
with the seeded stream. `truth` tells a test what no instrument knows.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self, TypeVar

from contract.vocabulary import Site
from simulators.ambient import Air, Climate
from simulators.arrivals import DAY_S, Flow, Slot, day, passage
from simulators.chance import stream
from simulators.face import Face, face_of
from simulators.passage import Item, Passage, Pose
from simulators.people import Person, Population
from simulators.plate import Plate
from simulators.skin import SITES, effective_air_c, residuals_c

SCRIPT_GAP_S: Final = 0.3
LONGEST_PASSAGE_S: Final = 60.0
DAYS_KEPT: Final = 3
COMERS_KEPT: Final = 256

Span = TypeVar("Span", Passage, Slot)
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the gate is and how it is set up."""

    climate: Climate = field(default_factory=Climate)
    population: Population = field(default_factory=Population)
    start_hour: float = 9.0
    """Local time of day at t = 0."""
    mark_m: float = 1.0
    """Where people stand."""
    lamp: Item | None = None
    """A lamp on the wall, always in view."""


@dataclass(frozen=True, slots=True)
class Enter:
    """One line of a script."""

    name: str
    core_c: float | None = 36.8
    """None: nobody comes, only the item is put before the sensor."""
    at_s: float | None = None
    """When they come into view; None: as soon as the one before has left the mark."""
    stand_s: float = 2.5
    person: Person | None = None
    """More about the person; `name` and `core_c` are put into it."""
    item: Item | None = None
    aside_mm: float = 0.0
    nearer_m: float = 0.0
    hides_plate: bool = False
    ordinary: bool = False
    """Draw this person's residuals from the seed instead of taking an average skin."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One passage at one moment."""

    passage: Passage
    pose: Pose


@dataclass(frozen=True, slots=True)
class Truth:
    """What is really there, for tests."""

    name: str
    core_c: float
    febrile: bool
    standing: bool
    distance_m: float
    skin_c: dict[Site, float]


class Scene:
    """Everything an instrument of one gate can see or feel."""

    def __init__(
        self,
        seed: int,
        place: Place,
        *,
        script: Iterable[Passage] = (),
        flow: Flow | None = None,
        flow_from_s: float = 0.0,
        plate: Plate | None = None,
        second_plate: Plate | None = None,
    ) -> None:
        self.seed = seed
        self.place = place
        self.plate = plate
        self.second_plate = second_plate
        """Another reference in view; nobody and nothing hides it."""
        self.air = Air(place.climate, seed, place.start_hour)
        self._script = tuple(sorted(script, key=lambda passage: passage.start_s))
        self._flow = flow
        self._flow_from_s = flow_from_s
        self._days: OrderedDict[int, tuple[Slot, ...]] = OrderedDict()
        self._comers: OrderedDict[int, Passage] = OrderedDict()

    @classmethod
    def seeded(
        cls, seed: int, place: Place | None = None, flow: Flow | None = None, plate: Plate | None = None
    ) -> Self:
        """Return an endless scene with people drawn from the place's population."""
        return cls(seed, place or Place(), flow=flow or Flow(), plate=plate)

    @classmethod
    def script(
        cls,
        entries: Iterable[Enter],
        *,
        seed: int = 0,
        place: Place | None = None,
        then: Flow | None = None,
        plate: Plate | None = None,
        second_plate: Plate | None = None,
    ) -> Self:
        """Return a scene of named people at given times, followed by a seeded stream if `then` is given."""
        passages: list[Passage] = []
        free_s = 0.0
        for number, entry in enumerate(entries):
            passage = _enter(seed, number, entry, free_s)
            passages.append(passage)
            free_s = max(free_s, passage.stands_until_s + SCRIPT_GAP_S)
        end_s = max((passage.end_s for passage in passages), default=0.0)
        return cls(
            seed,
            place or Place(),
            script=passages,
            flow=then,
            flow_from_s=end_s + 1.0,
            plate=plate,
            second_plate=second_plate,
        )

    def passages(self, from_s: float, until_s: float) -> tuple[Passage, ...]:
        """Return the passages that overlap a span of time, in the order of their start."""
        found = _overlapping(self._script, from_s, until_s)
        if self._flow is not None:
            from_s, until_s = from_s - self._flow_from_s, until_s - self._flow_from_s
            first, last = max(0, int((from_s - LONGEST_PASSAGE_S) // DAY_S)), max(0, int(until_s // DAY_S))
            for number in range(first, last + 1):
                found += [self._comer(slot) for slot in _overlapping(self._day(number), from_s, until_s)]
        return tuple(sorted(found, key=lambda passage: passage.start_s))

    def visible(self, t_s: float) -> tuple[Seen, ...]:
        """Return who is in view, the farthest first."""
        seen = [Seen(passage, pose) for passage in self._around(t_s) if (pose := passage.pose(t_s, self.place.mark_m))]
        return tuple(sorted(seen, key=lambda one: -one.pose.distance_m))

    def face(self, passage: Passage) -> Face | None:
        """Return the face that a person shows during the whole of a passage; None for a thing."""
        if passage.person is None:
            return None
        at_s = passage.stands_from_s
        return face_of(passage.person, self.air.ambient_c(at_s), self.air.outdoor_c(at_s))

    def truth(self, t_s: float) -> tuple[Truth, ...]:
        """Return the people in view with what is true of them; nobody: an empty tuple."""
        air_c, outdoor_c = self.air.ambient_c(t_s), self.air.outdoor_c(t_s)
        return tuple(_truth(seen, air_c, outdoor_c) for seen in self.visible(t_s) if seen.passage.person is not None)

    def _around(self, t_s: float) -> tuple[Passage, ...]:
        return self.passages(t_s - 1e-9, t_s + 1e-9)

    def _day(self, number: int) -> tuple[Slot, ...]:
        found = self._days.get(number)
        if found is None:
            found = day(self.seed, number, self._flow or Flow(), self._flow_hour)
            _keep(self._days, number, found, DAYS_KEPT)
        return found

    def _comer(self, slot: Slot) -> Passage:
        found = self._comers.get(slot.number)
        if found is None:
            found = passage(self.seed, slot, self.place.population, self._flow_hour, self._flow_from_s)
            _keep(self._comers, slot.number, found, COMERS_KEPT)
        return found

    @property
    def _flow_hour(self) -> float:
        return self.place.start_hour + self._flow_from_s / 3600


def _keep(cache: OrderedDict[int, Kept], key: int, value: Kept, most: int) -> None:
    cache[key] = value
    while len(cache) > most:
        cache.popitem(last=False)


def _overlapping(spans: Sequence[Span], from_s: float, until_s: float) -> list[Span]:
    low = bisect_left(spans, from_s - LONGEST_PASSAGE_S, key=lambda span: span.start_s)
    high = bisect_left(spans, until_s, key=lambda span: span.start_s)
    return [span for span in spans[low:high] if span.end_s > from_s]


def _enter(seed: int, number: int, entry: Enter, free_s: float) -> Passage:
    person = None
    if entry.core_c is not None:
        person = replace(entry.person or Person(), name=entry.name, core_c=entry.core_c)
        if entry.ordinary:
            person = replace(person, residual_c=residuals_c(stream(seed, "script", number)))
    start_s = entry.at_s if entry.at_s is not None else max(0.0, free_s)
    return Passage(
        number=-1 - number,
        start_s=start_s,
        stand_s=entry.stand_s,
        person=person,
        item=entry.item,
        aside_mm=entry.aside_mm,
        nearer_m=entry.nearer_m,
        hides_plate=entry.hides_plate,
    )


def _truth(seen: Seen, air_c: float, outdoor_c: float) -> Truth:
    person = seen.passage.person
    assert person is not None  # noqa: S101  # the caller leaves things out
    feels_c = effective_air_c(air_c, outdoor_c, person.minutes_inside, person.pace)
    return Truth(
        name=person.name,
        core_c=person.core_c,
        febrile=person.febrile,
        standing=seen.pose.standing,
        distance_m=seen.pose.distance_m,
        skin_c={site: person.skin_c(site, feels_c) for site in SITES},
    )
