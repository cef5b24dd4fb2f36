"""Is this warm thing a living face? (`science.md` 4.1).

A face is warmer than what surrounds it, lies between 28 and 42 °C, and is never all of one temperature: nose, cheeks
and rim are cooler than the corners of the eyes. A photograph has no warmth of its own, a cup or a lamp is too hot, a
plate is too even. Temperatures here are radiance temperatures less the camera's offset; skin is 0.1-0.5 °C above.
"""

from typing import Final

from contract.vocabulary import Reason
from edge.measure.patch import Patch

LEAST_C: Final = 28.0
RELIEF_C: Final = 0.8
"""How much cooler than its maximum the coolest tenth of a face is at least."""
CONTRAST_C: Final = 0.5
"""How much warmer than its surroundings a face is at least: at 35 °C air, above which nothing is decided, still 1.5."""
FACE: Final = (1.0, -0.9, 1.35)
"""Half width, top and bottom of the ellipse that is skin on a bare face, see `Patch.ellipse`."""
_BEYOND: Final = (1.4, -1.4, 1.9)
_ABOVE_CHIN: Final = 1.0
"""Surroundings are looked at above this: below is the neck, which is as warm."""


def refusal(face: Patch, hot_c: float) -> Reason | None:
    """Return why this is no face to measure, or None if it is one; `hot_c` is where skin ends and objects begin."""
    whole = face.ellipse(*FACE)
    hottest = face.hottest(whole)
    if hottest is None:
        return Reason.BAD_PIXELS
    if hottest[0] > hot_c:
        return Reason.HOT_OBJECT
    around = ~face.ellipse(*_BEYOND) & (face.down < _ABOVE_CHIN)
    skin_c = face.percentile(whole, 75)  # spectacles may cover the rest
    even = hottest[0] - face.percentile(whole, 10) < RELIEF_C
    flat = skin_c - face.percentile(around, 50) < CONTRAST_C  # NaN, a face that fills the picture, is not flat
    if hottest[0] < LEAST_C or even or flat:
        return Reason.NOT_A_FACE
    return None
