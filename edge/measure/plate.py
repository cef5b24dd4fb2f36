"""Finds the thermal reference in a picture: a small plate, warm, uniform, round or square, apart from everything else.

The picture is cut at a ladder of temperatures; at each, what is warmer falls into pieces. The reference is a compact
piece away from the border, of one temperature inside, with a clear step to what surrounds it on all sides, and within
3 °C of what it should read (`science.md` 2.6). Skin is never that: a face is large and patchy, a hand is long.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

PLAUSIBLE_C: Final = 3.0
"""Largest offset of a camera that its reference may correct (`science.md` 2.6)."""
INNER: Final = 0.5
"""Share of the radius inside which the plate is read: its rim is blurred into the background."""

_STEP_C: Final = 2.0
"""Least step from the plate to its surroundings."""
_LEVELS: Final = 14
_LEAST_PX: Final = 28
"""A radius of three pixels: smaller, and the head of somebody far away passes for a plate."""
_MOST_SHARE: Final = 0.03
_SQUARENESS: Final = 0.7
_FILL: Final = 0.65
"""Share of its bounding box that the piece fills: a disc 0.79, a square 1."""
_PATCHY_C: Final = 0.3
"""Largest standard deviation inside, for cameras whose noise is below a quarter of it."""


@dataclass(frozen=True, slots=True)
class Plate:
    """Where a plate is and what it reads."""

    x: float
    y: float
    radius_px: float
    median_c: float
    sd_c: float
    step_c: float
    """How much warmer it is than what surrounds it."""

    @property
    def region(self) -> tuple[int, int, int]:
        """Centre column, centre row and radius in whole pixels."""
        return round(self.x), round(self.y), max(1, round(self.radius_px))


def disc(shape: tuple[int, ...], x: float, y: float, radius_px: float) -> NDArray[np.bool_]:
    """Return the mask of the pixels whose centres lie in a disc; at least the pixel at its centre."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((columns - x) ** 2 + (rows - y) ** 2 <= max(radius_px, 0.71) ** 2)


def find(frame_c: NDArray[np.float32], apparent_c: float, noise_c: float) -> Plate | None:
    """Return the plate of about `apparent_c` in an upright picture of radiance temperatures, or None.

    `noise_c` is the camera's noise a pixel. Where several pieces qualify the one with the largest step times width is
    taken; whether it stays there is for the caller to watch.
    """
    picture = np.nan_to_num(frame_c, nan=-100.0)
    low = float(np.median(picture)) + _STEP_C / 2
    high = min(apparent_c + PLAUSIBLE_C, float(picture.max()))
    if not high > low:
        return None
    patchy_c = max(_PATCHY_C, 4 * noise_c)
    found = [
        plate
        for level in np.linspace(low, high, _LEVELS, endpoint=False)
        for plate in _pieces(picture, float(level), patchy_c)
        if abs(plate.median_c - apparent_c) < PLAUSIBLE_C
    ]
    return max(found, key=lambda plate: plate.step_c * plate.radius_px, default=None)


def _pieces(picture: NDArray[np.float32], level_c: float, patchy_c: float) -> list[Plate]:
    rows, columns = picture.shape
    count, _, stats, centres = cv2.connectedComponentsWithStats((picture > level_c).astype(np.uint8), connectivity=4)
    plates = []
    for piece in range(1, count):
        x, y, width, height, area = (int(value) for value in stats[piece])
        whole = x > 0 and y > 0 and x + width < columns and y + height < rows
        compact = min(width, height) >= _SQUARENESS * max(width, height) and area >= _FILL * width * height
        if whole and compact and _LEAST_PX <= area <= _MOST_SHARE * picture.size:
            plate = _plate(picture, float(centres[piece][0]), float(centres[piece][1]), float(area / np.pi) ** 0.5)
            if plate.sd_c <= patchy_c and plate.step_c >= _STEP_C:
                plates.append(plate)
    return plates


def _plate(picture: NDArray[np.float32], x: float, y: float, radius_px: float) -> Plate:
    reach = int(radius_px + 6)
    top, left = max(0, int(y) - reach), max(0, int(x) - reach)
    near = picture[top : int(y) + reach + 1, left : int(x) + reach + 1]
    own_x, own_y = x - left, y - top
    inside = near[disc(near.shape, own_x, own_y, INNER * radius_px)]
    ring = near[disc(near.shape, own_x, own_y, radius_px + 5) & ~disc(near.shape, own_x, own_y, radius_px + 2)]
    median_c = float(np.median(inside))
    # the warmest fifth of the ring counts: something as warm that touches the plate makes it no plate
    return Plate(x, y, radius_px, median_c, float(inside.std()), median_c - float(np.percentile(ring, 80)))
