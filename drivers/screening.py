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
    steps = (raw[1:] - raw[:-1]).view(np.int16)
    rises, falls = _spikes(steps)
    lone, wide = int(LONE_C * counts_per_c), int(WIDE_C * counts_per_c)
    peak = _peak(rises, falls)
    if peak > lone:
        return False
    if peak > wide:
        high = np.count_nonzero(rises > wide) + np.count_nonzero(falls < -wide)
        if high >= WIDE_SHARE * (raw.shape[1] // 2):
            return False
    edges = np.absolute(steps[:: len(steps) - 1])
    if np.maximum.reduce(edges, axis=None) <= lone:
        return True
    border = raw[:: len(steps)]
    return _peak(*_spikes((border[:, 1:] - border[:, :-1]).view(np.int16).T)) <= lone


def _spikes(steps: NDArray[np.int16]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return by how much each pixel rises above both its neighbours, and (negative) by how much it falls below both.

    `steps` are the differences from each pixel to the next, along the first axis.
    """
    before, behind = steps[:-1], np.negative(steps[1:])
    return np.minimum(before, behind), np.maximum(before, behind)


def _peak(rises: NDArray[np.int16], falls: NDArray[np.int16]) -> int:
    """Return by how much the pixel that stands out most does so."""
    return max(int(np.maximum.reduce(rises, axis=None)), -int(np.minimum.reduce(falls, axis=None)))
