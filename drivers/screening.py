"""A quick proof that a picture holds no defect: most pictures are sound, and only the others need the full search.

Sufficient, never necessary. What `drivers.defects` accuses rises above thresholds that are, at their lowest, LONE_C for
a pixel and WIDE_C over half of half a row. So it can accuse nothing where

    no pixel rises (or falls) by more than LONE_C from the pixel over it and falls (rises) again to the one under it,
    fewer pixels of the whole picture than fill half of half a row do so by more than WIDE_C, and
    no pixel of the first and last rows stands out by more than LONE_C from the pixel inside it, or from both beside it.
"""

import numpy as np
from numpy.typing import NDArray

from drivers.defects import LONE_C, WIDE_C, WIDE_SHARE


def reflected(raw: NDArray[np.uint16], zero: int) -> NDArray[np.int16]:
    """Return the counts above `zero`, with the second row once more above the first and likewise below the last."""
    framed = np.empty((len(raw) + 2, raw.shape[1]), np.uint16)
    np.subtract(raw, np.uint16(zero), out=framed[1:-1])
    framed[0], framed[-1] = framed[2], framed[-3]
    return framed.view(np.int16)


def is_sound(framed: NDArray[np.int16], counts_per_c: float) -> bool:
    """Say whether `find_defects` would certainly find nothing; False proves nothing.

    Takes at least 4 rows of counts that span less than 32768, `reflected`.
    """
    lone, wide = LONE_C * counts_per_c, WIDE_C * counts_per_c
    rises, falls = _spikes(framed)
    peak = max(_highest(rises), _highest(falls))
    if peak <= wide:
        return True
    inner = slice(1, -1)
    if peak > lone and max(_highest(rises[inner]), _highest(falls[inner])) > lone:
        return False
    high = np.count_nonzero(rises[inner] > wide) + np.count_nonzero(falls[inner] > wide)
    if high >= WIDE_SHARE * (framed.shape[1] // 2):
        return False
    return peak <= lone or max(map(_highest, _spikes(framed[1 :: len(framed) - 3].T))) <= lone


def _spikes(framed: NDArray[np.int16]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return by how much each pixel rises above both those over and under it, and by how much it falls below both."""
    above, here, below = framed[:-2], framed[1:-1], framed[2:]
    over, under = np.maximum(above, below), np.minimum(above, below)
    np.subtract(here, over, out=over)
    np.subtract(under, here, out=under)
    return over, under


def _highest(heights: NDArray[np.int16]) -> int:
    return heights.item(heights.argmax())  # faster than max()
