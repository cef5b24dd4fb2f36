"""Somebody at the mark, for instruments that cannot see a face: 32x24 arrays and single points (`science.md` 3.3).

They measure a forehead at a mark. Skin stands out from the air by a known amount: a forehead at rest has the
temperature of its heat balance, and clothing, hair or a wall reaches less than half of that step. So warmer than half
the step is somebody, colder is nobody, and a person is one stretch of time above it. A value counts once it has
settled; while somebody steps up it still climbs.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from contract.vocabulary import Reason, Site
from edge.measure.body import SITES

SHARE: Final = 0.5
"""Of the step from air to forehead: hair and cloth stay below, 0.45 (`science.md` 7)."""
LEAST_STEP_C: Final = 1.0
"""With air as warm as skin this remains of the step; nothing is decided there anyway."""
SETTLED_C_PER_S: Final = 2.5
"""A reading that changes faster is still climbing or going."""
SETTLED_C: Final = 0.5
"""Smaller changes from one reading to the next are noise and breath."""
ABSENT_S: Final = 0.3
"""Nobody for this long, and the next is another person; after a verdict a single reading of nobody is enough."""
GAP_S: Final = 3.0
"""Without a reading for so long, whoever is there may be another; no value spans more than this anyway."""
_BODY_C: Final = 36.8


@dataclass(slots=True)
class Visit:
    """One stretch of time with somebody at the mark."""

    number: int
    first_s: float
    seen_s: float


class Presence:
    """Tells visits apart."""

    def __init__(self) -> None:
        self._visit: Visit | None = None
        self._last: tuple[float, float] | None = None
        self._count = 0

    def update(
        self, value_c: float, ambient_c: float, t_s: float, hot_c: float, settled: Collection[int] = ()
    ) -> tuple[Visit | None, Reason | None, Visit | None]:
        """Take a radiance temperature at the mark; `settled` are the visits that have had their verdict.

        Returns who is there, why this value cannot be used, and who has gone. Hot things are nobody.
        """
        visit, gone = self._visit, None
        absent = not value_c >= floor_c(ambient_c)
        patience_s = 0.0 if visit is not None and visit.number in settled else ABSENT_S
        if visit is not None and ((absent and t_s - visit.seen_s > patience_s) or t_s - visit.seen_s > GAP_S):
            gone, self._visit, visit = visit, None, None
        if absent:
            self._last = (t_s, value_c)
            return visit, None, gone
        if visit is None and value_c <= hot_c:
            self._count += 1
            visit = self._visit = Visit(self._count, t_s, t_s)
        if visit is not None:
            visit.seen_s = t_s
        refused = Reason.HOT_OBJECT if value_c > hot_c else None if self._settled(value_c, t_s) else Reason.MOVING
        self._last = (t_s, value_c)
        return visit, refused, gone

    def leave(self) -> Visit | None:
        """End the visit, as after a gap in the readings; return it."""
        gone, self._visit, self._last = self._visit, None, None
        return gone

    def _settled(self, value_c: float, t_s: float) -> bool:
        if self._last is None:
            return False
        then_s, then_c = self._last
        return abs(value_c - then_c) <= min(SETTLED_C, SETTLED_C_PER_S * max(0.0, t_s - then_s) + 0.2)


def floor_c(ambient_c: float) -> float:
    """Return the temperature from which on it is skin."""
    step_c = (_BODY_C - ambient_c) / (1 + SITES[Site.FOREHEAD_SPOT].k)
    return ambient_c + SHARE * max(step_c, LEAST_STEP_C)
