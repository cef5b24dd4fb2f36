"""One passage: somebody (or something) walks in, stands before the camera, walks off. A path, pure in time."""

from dataclasses import dataclass
from typing import Final

from simulators.people import Person

APPROACH_S: Final = 1.4
LEAVE_S: Final = 0.9
APPROACH_M: Final = 1.8
"""How much farther than the mark people come into view."""
ASIDE_MM: Final = 900.0
"""How far aside they have gone when they leave the view, at the mark's distance."""


@dataclass(frozen=True, slots=True)
class Item:
    """A warm thing that is no face."""

    name: str
    temperature_c: float
    diameter_mm: float
    x_mm: float = 105.0
    """Where it is held, from the midpoint between the eyes; y downwards."""
    y_mm: float = 95.0
    emissivity: float = 0.95


CUP_OF_TEA: Final = Item("cup of tea", 55.0, 80.0)
PHONE: Final = Item("phone", 38.0, 70.0, x_mm=-110.0, y_mm=60.0)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the midpoint between the eyes is, relative to the optical axis."""

    x_mm: float
    y_mm: float
    distance_m: float
    speed_mm_s: float
    """Across the view, for motion blur."""
    standing: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """Who comes when. A passage without a person is a thing put before the sensor."""

    number: int
    start_s: float
    """When the person comes into view."""
    stand_s: float
    person: Person | None
    item: Item | None = None
    aside_mm: float = 0.0
    """Where the person stands; others stand at the same time elsewhere."""
    nearer_m: float = 0.0
    """Stands this much nearer than the mark."""
    leaves_left: bool = False
    hides_plate: bool = False
    """Luggage or an arm covers the reference while this person stands."""

    @property
    def stands_from_s(self) -> float:
        """When the person has reached the mark."""
        return self.start_s + APPROACH_S

    @property
    def stands_until_s(self) -> float:
        """When the person turns to go."""
        return self.stands_from_s + self.stand_s

    @property
    def end_s(self) -> float:
        """When the person is out of view."""
        return self.stands_until_s + LEAVE_S

    def pose(self, t_s: float, mark_m: float) -> Pose | None:
        """Return where the person is, or None when out of view."""
        if not self.start_s <= t_s < self.end_s:
            return None
        lift = -(self.person.eye_height_mm if self.person else 0.0)
        mark_m -= self.nearer_m
        if t_s < self.stands_from_s:
            left = ((self.stands_from_s - t_s) / APPROACH_S) ** 1.5  # slows down before the mark
            distance_m = mark_m + APPROACH_M * left
            return Pose(self.aside_mm, lift * mark_m / distance_m, distance_m, 120 * left, standing=False)
        if t_s < self.stands_until_s:
            return Pose(self.aside_mm, lift, mark_m, 0.0, standing=True)
        gone = ((t_s - self.stands_until_s) / LEAVE_S) ** 2
        way = -ASIDE_MM if self.leaves_left else ASIDE_MM
        return Pose(self.aside_mm + way * gone, lift, mark_m, 2 * ASIDE_MM / LEAVE_S * gone**0.5, standing=False)
