"""Whether the face that stays in view after a verdict is still the one that was measured.

A track follows a place in the picture. Where one person steps back and the next steps up within a few pictures, the
place is the same and the person is not; their skin seldom is. One value may dip by breath, turn or noise, so all of
half a second must deny. A fever under a pass is what must never be: hotter denies sooner than cooler. Somebody who
warms up by so much while standing there is worth a second verdict as well.
"""

from collections import deque
from typing import Final

from contract.vocabulary import Site

HOTTER_C: Final = 0.5
"""Three standard deviations of one person's frames above their best (`science.md` 7)."""
COOLER_C: Final = 1.5
"""Single frames lie below the best five, and of a face that turns away or a fringe that falls lower still."""
FOR_S: Final = 0.4
LEAST: Final = 3


class Continuity:
    """One person's skin temperature at the verdict, against those of the frames since."""

    def __init__(self, site: Site, skin_c: float) -> None:
        self._site = site
        self._skin_c = skin_c
        self._apart: deque[tuple[float, float]] = deque(maxlen=64)

    def denies(self, t_s: float, site: Site, skin_c: float) -> bool:
        """Take the next frame's value, °C; return whether the last half second is another person's."""
        if site is not self._site:
            return False  # sites differ by tenths: what cannot be compared denies nothing
        apart_c = skin_c - self._skin_c
        if not (apart_c > HOTTER_C or apart_c < -COOLER_C):
            self._apart.clear()
            return False
        self._apart.append((t_s, apart_c))
        return len(self._apart) >= LEAST and t_s - self._apart[0][0] >= FOR_S
