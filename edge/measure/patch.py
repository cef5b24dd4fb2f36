"""The part of a picture that shows one face, in the face's own coordinates.

Unit is the distance between the eyes, origin their midpoint, axes along the head: `right` grows along the line of the
eyes, `down` towards the mouth. On the face model (eyes 66 mm apart) the inner canthi lie at (±0.24, 0.06), the mouth
at (0, 1.1), the hair begins at -0.95, the face is 2.3 wide.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.measure.pose import Pose

Mask = NDArray[np.bool_]

SPIKE_C: Final = 1.5
"""A pixel this far from the median of its 3x3 neighbours is the sensor's, not the person's: the optics blur more."""
_REACH: Final = (1.6, 1.7)
"""Half width and half height of the part, around the middle of the face."""
_MIDDLE_DOWN: Final = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """One face's part of a picture."""

    temps_c: NDArray[np.float32]
    """Radiance temperatures; NaN where the sensor gave none and where single pixels stick out."""
    right: NDArray[np.float32]
    down: NDArray[np.float32]
    left_px: int
    """Column of the part's first pixel in the picture."""
    top_px: int
    blocks_c: NDArray[np.float32]
    """Mean of each 2x2 pixels, one row and column smaller; NaN where one of the four is."""

    def ellipse(self, half_width: float, top: float, bottom: float) -> Mask:
        """Return the pixels in an upright ellipse about the middle line, from `top` to `bottom`."""
        middle, half = (top + bottom) / 2, (bottom - top) / 2
        return np.asarray((self.right / half_width) ** 2 + ((self.down - middle) / half) ** 2 <= 1)

    def block(self, inner: float, outer: float, top: float, bottom: float) -> Mask:
        """Return the pixels between `inner` and `outer` from the middle line on both sides, from `top` to `bottom`."""
        aside = np.abs(self.right)
        return np.asarray((aside >= inner) & (aside <= outer) & (self.down >= top) & (self.down <= bottom))

    def hottest(self, mask: Mask) -> tuple[float, tuple[int, int]] | None:
        """Return the mean of the hottest 2x2 pixels in `mask`, and the first column and row of them in the picture."""
        whole = mask[:-1, :-1] & mask[1:, :-1] & mask[:-1, 1:] & mask[1:, 1:] & np.isfinite(self.blocks_c)
        if not whole.any():
            return None
        row, column = np.unravel_index(int(np.where(whole, self.blocks_c, -np.inf).argmax()), whole.shape)
        return float(self.blocks_c[row, column]), (int(column) + self.left_px, int(row) + self.top_px)

    def mean(self, mask: Mask) -> float:
        """Return the mean of the pixels in `mask`, NaN if there are none."""
        values = self.temps_c[mask]
        values = values[np.isfinite(values)]
        return float(values.mean()) if values.size else float("nan")

    def percentile(self, mask: Mask, percent: float) -> float:
        """Return a percentile of the pixels in `mask`, NaN if there are none."""
        values = self.temps_c[mask]
        values = values[np.isfinite(values)]
        return float(np.percentile(values, percent)) if values.size else float("nan")

    def missing(self, mask: Mask) -> float:
        """Return the share of the pixels in `mask` without a value; 1 if there are none."""
        values = self.temps_c[mask]
        return float(np.isnan(values).mean()) if values.size else 1.0


def patch(picture_c: NDArray[np.float32], pose: Pose) -> Patch | None:
    """Return the part of an upright picture around a face, or None where it lies outside the picture."""
    centre_x, centre_y = pose.place(0.0, _MIDDLE_DOWN)
    reach_x, reach_y = (reach * pose.eyes_px for reach in _REACH)
    rows, columns = picture_c.shape
    left, right = max(0, int(centre_x - reach_x)), min(columns, int(centre_x + reach_x) + 1)
    top, bottom = max(0, int(centre_y - reach_y)), min(rows, int(centre_y + reach_y) + 1)
    if right - left < 3 or bottom - top < 3:
        return None
    temps_c = _without_spikes(picture_c[top:bottom, left:right])
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    (axis_x, axis_y), (middle_x, middle_y) = pose.axis, pose.middle
    x, y = (x - middle_x) / pose.eyes_px, (y - middle_y) / pose.eyes_px
    blocks_c = np.float32(0.25) * (temps_c[:-1, :-1] + temps_c[1:, :-1] + temps_c[:-1, 1:] + temps_c[1:, 1:])
    return Patch(temps_c, x * axis_x + y * axis_y, y * axis_x - x * axis_y, left, top, blocks_c)


def _without_spikes(temps_c: NDArray[np.float32]) -> NDArray[np.float32]:
    missing = np.isnan(temps_c)
    filled = temps_c.copy()
    if missing.any():
        filled[missing] = np.nanmedian(temps_c) if not missing.all() else 0.0
    spikes = np.abs(filled - cv2.medianBlur(filled, 3)) > SPIKE_C
    filled[missing | spikes] = np.nan
    return filled
