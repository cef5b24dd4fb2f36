"""Where one picture of a stream ends and the next begins, seen by what a lens can do.

A stream of pictures without marks may be entered anywhere; what is cut out of it then is rolled: the end of one picture
above the beginning of the next. Between the two lies a seam: the floor of a hall beside its ceiling. A lens spreads
each edge over several rows, so the rows on both sides of a real edge differ from those beyond them nearly as much as
from each other; at a seam they do not. A seam shows unless the last row of the scene is like the first.

Tried on 228 real pictures: whole ones reach 1.3 of what is compared below, and 66 in 100 rolled ones pass MOST.
"""

from typing import Final

import numpy as np

MOST: Final = 3.0
"""By so much more than the rows beside do no two rows within a picture differ; a lens far sharper than any in use gives
4.3 where an edge lies exactly along the rows of the sensor."""
NOISE_COUNTS: Final = 10
"""Added to both, so that noise is no edge."""


def begins_whole(before: bytes | memoryview, picture: bytes, columns: int) -> bool | None:
    """Say whether a frame begins where the picture does.

    True where there is a seam between it and the picture before it in the stream (b"" if there is none), or less than a
    row from there; False where there is one within; None where none is seen. Counts are u16, little endian.
    """
    counts = np.frombuffer(b"".join((before, picture)), "<u2").astype(np.int32)
    total = np.cumsum(np.abs(counts[columns:] - counts[:-columns]), dtype=np.int64)
    differ = (total[columns:] - total[:-columns]) / columns
    beside = np.maximum(differ[: -2 * columns], differ[2 * columns :])
    seams = np.flatnonzero(differ[columns:-columns] > MOST * (beside + NOISE_COUNTS)) + 2 * columns + 1
    if not seams.size:
        return None
    return bool((np.abs(seams - len(before) // 2) < columns).any())
