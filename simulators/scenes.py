"""Scenes by name, for the command line, the demonstration and tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from simulators.ambient import Climate
from simulators.arrivals import Flow
from simulators.passage import CUP_OF_TEA
from simulators.people import Person, Population
from simulators.plate import Plate
from simulators.scene import Enter, Place, Scene

DEMO_POPULATION: Final = Population(prevalence=0.04, hat=0.02)
DEMO_FLOW: Final = Flow(per_hour=240, always_open=True, buses=True, febrile_buses=0.2)
BUS_SEATS: Final = 12


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a named scene is played."""

    seed: int = 0
    place: Place = field(default_factory=Place)
    plate: Plate | None = None
    first_s: float = 5.0
    """When the first person comes; a gate needs a moment to start."""


def empty(stage: Stage) -> Scene:
    """Nobody ever comes."""
    return Scene.script((), seed=stage.seed, place=stage.place, plate=stage.plate)


def people(stage: Stage) -> Scene:
    """People of the place's population for ever, day and night alike."""
    flow = Flow(always_open=True)
    return Scene(stage.seed, stage.place, flow=flow, flow_from_s=stage.first_s, plate=stage.plate)


def day(stage: Stage) -> Scene:
    """People for ever, with the day's profile and buses."""
    return Scene(stage.seed, stage.place, flow=Flow(), flow_from_s=stage.first_s, plate=stage.plate)


def fever(stage: Stage) -> Scene:
    """Two healthy people, one with 39.0 °C, one healthy; then nobody."""
    return _script(stage, (Enter("well-1"), Enter("well-2", 36.6), Enter("fever-1", 39.0), Enter("well-3", 36.9)))


def tea(stage: Stage) -> Scene:
    """Somebody healthy with a cup of tea beside the face, then the cup alone."""
    return _script(stage, (Enter("tea", item=CUP_OF_TEA), Enter("cup", None, item=CUP_OF_TEA)))


def bus(stage: Stage) -> Scene:
    """A bus of ordinary people, every fourth with fever; then nobody."""
    return _script(stage, _bus())


def cold(stage: Stage) -> Scene:
    """People who have just come in from -5 °C."""
    place = replace(stage.place, climate=Climate(outdoor_mean_c=-5, outdoor_amplitude_c=2, hall_c=20.5, coupling=0.1))
    just_in = Person(minutes_inside=0.5)
    entries = [Enter(f"cold-{number}", 36.7, person=just_in) for number in range(4)]
    return _script(replace(stage, place=place), entries)


def sun(stage: Stage) -> Scene:
    """People with sun-warmed faces."""
    warmed = Person(sun_c=2.0, minutes_inside=0.5)
    return _script(stage, [Enter(f"sun-{number}", 36.7, person=warmed) for number in range(4)])


def covered(stage: Stage) -> Scene:
    """Glasses, a mask, a hat, a fringe."""
    looks = {
        "glasses": Person(glasses=True),
        "mask": Person(mask=True),
        "hat": Person(hat=True),
        "fringe": Person(hair=0.3),
    }
    return _script(stage, [Enter(name, person=look) for name, look in looks.items()])


def pair(stage: Stage) -> Scene:
    """Two people at once, side by side; one of them has fever."""
    aside_mm = 110.0 + 90.0 * stage.place.mark_m
    start_s = stage.first_s
    entries = (
        Enter("left", 36.7, at_s=start_s, stand_s=4, aside_mm=-aside_mm),
        Enter("right", 39.0, at_s=start_s, stand_s=4, aside_mm=aside_mm),
    )
    return Scene.script(entries, seed=stage.seed, place=stage.place, plate=stage.plate)


def demo(stage: Stage) -> Scene:
    """A first minute that shows everything (healthy, fever, a cup of tea, a bus), then people for ever."""
    entries = (
        Enter("well-1"),
        Enter("well-2", 36.6),
        Enter("fever-1", 39.0),
        Enter("well-3", 36.9),
        Enter("tea", 36.7, item=CUP_OF_TEA),
        Enter("well-4", 36.5),
        Enter("fever-2", 38.7),
        *_bus(),
    )
    population = replace(DEMO_POPULATION, eye_height_sd_mm=stage.place.population.eye_height_sd_mm)
    place = replace(stage.place, population=population)
    return _script(replace(stage, place=place), entries, then=DEMO_FLOW)


SCENES: Final[dict[str, Callable[[Stage], Scene]]] = {
    scene.__name__: scene for scene in (empty, people, day, fever, tea, bus, cold, sun, covered, pair, demo)
}


def _bus() -> list[Enter]:
    return [
        Enter(f"bus-{seat}", 38.8 if seat % 4 == 3 else 36.7, stand_s=2.0, ordinary=True) for seat in range(BUS_SEATS)
    ]


def _script(stage: Stage, entries: Sequence[Enter], then: Flow | None = None) -> Scene:
    first, *rest = entries
    entries = [replace(first, at_s=stage.first_s), *rest]
    return Scene.script(entries, seed=stage.seed, place=stage.place, plate=stage.plate, then=then)
