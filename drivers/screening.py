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


def is_sound(raw: NDArray[np.uint16], counts_per_c: float) -> bool:
    """Say whether `find_defects` would certainly find nothing; False proves nothing.

    Takes at least 4 rows of counts that span less than 32768.
    """
    lone, wide = LONE_C * counts_per_c, WIDE_C * counts_per_c
    rises, falls = _spikes(raw)
    peak = max(_highest(rises), _highest(falls))
    if peak <= wide:
        return True
    inner = slice(1, -1)
    if peak > lone and max(_highest(rises[inner]), _highest(falls[inner])) > lone:
        return False
    high = np.count_nonzero(rises[inner] > wide) + np.count_nonzero(falls[inner] > wide)
    if high >= WIDE_SHARE * (raw.shape[1] // 2):
        return False
    return peak <= lone or max(_highest(heights[inner]) for heights in _spikes(raw[:: len(raw) - 1].T)) <= lone


def _spikes(raw: NDArray[np.uint16]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return by how much each pixel rises above both those over and under it, and by how much it falls below both.

    The first and the last row are compared with the one row beside them.
    """
    padded = np.concatenate((raw[1:2], raw, raw[-2:-1]))
    above, below = padded[:-2], padded[2:]
    over, under = np.maximum(above, below), np.minimum(above, below)
    np.subtract(raw, over, out=over)
    np.subtract(under, raw, out=under)
    return over.view(np.int16), under.view(np.int16)


def _highest(heights: NDArray[np.int16]) -> int:
    return heights.item(heights.argmax())  # faster than max()
