"""Rows and pixels of a picture that no lens can have made: broken transfers and dead detector elements.

A lens spreads a point over more than one pixel, so the world has no feature one pixel small that stands out from all
its neighbours; edges, however hard, have their own side. A pixel is a SPIKE by as much as it lies above both (or below
both) of the pixels over and under it: on an edge one of the two agrees, and the spike is nothing. Then:

    bad row     at least 3 spikes that are spikes along the row as well (bits lost in the transfer), or spikes over half
                of one half row, where the rows around show no such thing (a packet, half a row, from elsewhere)
    bad pixel   one or two such lone spikes in a row

What counts as a spike is above the noise of this very picture (10 sigma; over half a row 5 sigma) and at least 2 degC
(0.5 degC). Blinds, grilles and noise are as spiky in the rows around, so they are left alone.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LONE_SIGMAS: Final = 10.0
LONE_C: Final = 2.0
LONE_ROW_COUNT: Final = 3
WIDE_SIGMAS: Final = 5.0
WIDE_C: Final = 0.5
WIDE_SHARE: Final = 0.5
WIDE_NEIGHBOURS: Final = 4
"""Rows on each side with which a row's share of spikes is compared."""

_MEAN_SPIKE_PER_SIGMA: Final = 0.5642
"""Mean of a spike, 0 where there is none, in pure noise of standard deviation 1: 1/sqrt(pi)."""


@dataclass(frozen=True, slots=True)
class Defects:
    """What to leave out of a picture."""

    rows: tuple[int, ...] = ()
    pixels: tuple[tuple[int, int], ...] = ()
    """Row, column."""


NO_DEFECTS: Final = Defects()


def find_defects(raw: NDArray[np.int16], counts_per_c: float) -> Defects:
    """Return the rows and pixels that cannot be real in a picture of at least 3x3 counts.

    Differences are taken modulo 65536, so unsigned counts may be viewed as signed.
    """
    steps = raw[1:] - raw[:-1]
    above, below = steps[:-1], -steps[1:]
    spikes = np.maximum(np.minimum(above, below), -np.maximum(above, below))
    # the top and bottom rows have one neighbour: only lone spikes can be told there
    row_means = np.maximum(spikes, np.int16(0)).sum(axis=1, dtype=np.int32) / spikes.shape[1]
    sigma = float(np.sort(row_means)[row_means.size // 2]) / _MEAN_SPIKE_PER_SIGMA
    lone = max(LONE_SIGMAS * sigma, LONE_C * counts_per_c)
    wide = max(WIDE_SIGMAS * sigma, WIDE_C * counts_per_c)
    edges = max(int(np.abs(steps[0]).max()), int(np.abs(steps[-1]).max()))
    suspects = row_means > WIDE_SHARE / 2 * wide
    if spikes.max() <= lone and edges <= lone and not suspects.any():
        return NO_DEFECTS
    pixels = _lone_spikes(raw, lone)
    counts = np.bincount(pixels[:, 0], minlength=raw.shape[0])
    rows = {int(row) for row in np.flatnonzero(counts >= LONE_ROW_COUNT)}
    if suspects.any():
        rows |= _wide_rows(spikes, wide)
    return Defects(
        tuple(sorted(rows)), tuple((int(row), int(column)) for row, column in pixels if int(row) not in rows)
    )


def _lone_spikes(raw: NDArray[np.int16], threshold: float) -> NDArray[np.intp]:
    """Return row, column of each pixel that stands out from its neighbours on all sides by more than `threshold`."""
    padded = np.pad(raw.astype(np.int32), 1, mode="reflect")
    centre = padded[1:-1, 1:-1]
    neighbours = (
        padded[:-2, 1:-1],
        padded[2:, 1:-1],
        padded[1:-1, :-2],
        padded[1:-1, 2:],
        padded[:-2, :-2],
        padded[:-2, 2:],
        padded[2:, :-2],
        padded[2:, 2:],
    )
    highest = np.maximum.reduce(neighbours)
    lowest = np.minimum.reduce(neighbours)
    return np.argwhere((centre - highest > threshold) | (lowest - centre > threshold))


def _wide_rows(spikes: NDArray[np.int16], threshold: float) -> set[int]:
    """Return the rows of which half of one half stands out, where the rows around do not."""
    half = spikes.shape[1] // 2
    found: set[int] = set()
    for part in (spikes[:, :half], spikes[:, half:]):
        shares = (part > threshold).mean(axis=1)
        for row in np.flatnonzero(shares >= WIDE_SHARE):
            around = np.concatenate((shares[max(0, row - WIDE_NEIGHBOURS) : row], shares[row + 1 :][:WIDE_NEIGHBOURS]))
            if shares[row] >= 3 * np.median(around):
                found.add(int(row) + 1)
    return found
