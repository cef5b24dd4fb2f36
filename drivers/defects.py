"""Rows and pixels of a picture that no lens can have made: broken transfers and dead detector elements.

A lens spreads a point over more than one pixel, so nothing in the world stands out without a glow around it; and edges,
however hard, have their own side. A pixel is a SPIKE by as much as it lies above both (or below
both) of the pixels over and under it: on an edge one of the two agrees, and the spike is nothing. Then:

    bad row     at least 3 spikes that are spikes along the row as well (bits lost in the transfer), or spikes over half
                of one half row (a packet, half a row, from elsewhere), where at most one of the rows around shows the
                like and the rows beside it show no glow of it, as they would of a lamp tube or a pipe
    bad pixel   one or two lone spikes in a row, without the glow that the tip of something hot has

At the border nobody sees what is beside a pixel, which may be the tip of something hot: there no single pixel is
accused. The worst row is taken out first and the rest judged again without it: no row suffers for its neighbour.

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
WIDE_NEIGHBOURS: Final = 12
"""Rows on each side with which a row's share of spikes is compared."""
LINE_GLOW: Final = 0.08
POINT_GLOW: Final = 0.15
"""Part of its height by which a line or a point lifts what is beside it, at least; a lens far sharper than any in use,
half a pixel wide (sigma), gives 0.3."""

MOST_ROWS: Final = 16
"""With more bad rows than this a picture is no picture; the rest is named no longer."""

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

    Only differences are taken, modulo 65536: unsigned counts may be viewed as signed.
    """
    steps = raw[1:] - raw[:-1]
    spikes = _spikes(steps)
    highest = int(spikes.max())
    # capped, so that a row adds up within 16 bits: nothing is decided by how far a spike passes every threshold
    cap = min(int(LONE_C * counts_per_c) + 1, 32_767 // spikes.shape[1])
    np.maximum(spikes, np.int16(0), out=spikes)
    np.minimum(spikes, np.int16(cap), out=spikes)
    row_sums = np.add.reduce(spikes, axis=1, dtype=np.int16)
    row_sums.sort()
    sigma = int(row_sums[row_sums.size // 2]) / spikes.shape[1] / _MEAN_SPIKE_PER_SIGMA
    lone = max(LONE_SIGMAS * sigma, LONE_C * counts_per_c)
    wide = max(WIDE_SIGMAS * sigma, WIDE_C * counts_per_c)
    edges = max(int(np.abs(steps[0]).max()), int(np.abs(steps[-1]).max()))
    quiet_row = WIDE_SHARE / 2 * min(wide, cap) * spikes.shape[1]
    if highest <= lone and edges <= lone and row_sums[-1] <= quiet_row:
        return NO_DEFECTS
    return _name_them(raw.copy(), lone, wide)


def _name_them(raw: NDArray[np.int16], lone: float, wide: float) -> Defects:
    """Take out the worst row until none is bad; return the rows, and the pixels of the others."""
    rows: set[int] = set()
    at_first = _shares(raw, wide)
    while len(rows) < MOST_ROWS:
        spots = _lone_spikes(raw, lone)
        counts = np.bincount(spots[:, 0], minlength=raw.shape[0])
        worst = int(counts.argmax()) if counts.max() >= LONE_ROW_COUNT else _wide_row(raw, wide, at_first)
        if worst is None or worst in rows:
            break
        rows.add(worst)
        _bridge(raw, worst)
    inside = range(1, raw.shape[0] - 1)
    pixels = ((int(row), int(column)) for row, column in spots if row in inside and row not in rows)
    return Defects(tuple(sorted(rows)), tuple(pixels))


def _bridge(raw: NDArray[np.int16], row: int) -> None:
    """Write into a row what lies between its neighbours, so that they are judged without it."""
    above, below = raw[max(row - 1, 0)], raw[min(row + 1, raw.shape[0] - 1)]
    if row in (0, raw.shape[0] - 1):
        raw[row] = below if row == 0 else above
    else:
        raw[row] = above + (below - above) // 2


def _spikes(steps: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return by how much each pixel but those of the first and last row lies above, or below, both vertical neighbours.

    Negative where it lies between them.
    """
    above, below = steps[:-1], -steps[1:]
    under = np.maximum(above, below)
    np.negative(under, out=under)
    over = np.minimum(above, below, out=below)
    return np.maximum(over, under, out=under)


def _lone_spikes(raw: NDArray[np.int16], threshold: float) -> NDArray[np.intp]:
    """Return row, column of each pixel that stands out from its neighbours on all sides by more than `threshold`.

    The first and last columns are left out; the first and last rows are compared with the neighbours that they have.
    """
    padded = np.pad(raw, 1, mode="reflect")
    height, width = raw.shape
    rises = [
        raw - padded[down : down + height, right : right + width]
        for down in range(3)
        for right in range(3)
        if (down, right) != (1, 1)
    ]
    stands_out = np.minimum.reduce(rises) > threshold
    stands_out |= np.maximum.reduce(rises) < -threshold
    stands_out[:, [0, -1]] = False
    spots = np.argwhere(stands_out)
    return spots[_point_glow(raw, spots) < POINT_GLOW]


def _point_glow(raw: NDArray[np.int16], spots: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return by how much of its own height each pixel lifts its neighbours above those beyond them.

    The lesser of along the row and along the column, because an edge close by lifts one pair.
    """
    last_row, last_column = raw.shape[0] - 1, raw.shape[1] - 1
    here = raw[spots[:, 0], spots[:, 1]]
    glows = []
    for down, right in ((1, 0), (0, 1)):
        near, far = (
            sum(
                (
                    raw[
                        np.clip(spots[:, 0] + sign * away * down, 0, last_row),
                        np.clip(spots[:, 1] + sign * away * right, 0, last_column),
                    ]
                    - here
                ).astype(np.float64)
                for sign in (-1, 1)
            )
            for away in (1, 2)
        )
        glows.append((near - far) / np.where(near == 0, 1, -near))
    return np.minimum(*glows)


def _shares(raw: NDArray[np.int16], threshold: float) -> NDArray[np.float64]:
    """Return 2 x rows: which share of each row's left and right half spikes by more than `threshold`."""
    spiky = _spikes(raw[1:] - raw[:-1]) > threshold
    half = spiky.shape[1] // 2
    return np.pad(np.stack((spiky[:, :half].mean(axis=1), spiky[:, half:].mean(axis=1))), ((0, 0), (1, 1)))


def _wide_row(raw: NDArray[np.int16], threshold: float, at_first: NDArray[np.float64]) -> int | None:
    """Return the row of which most of one half stands out, where at most one row around did likewise at first."""
    worst, worst_share = None, 0.0
    half = raw.shape[1] // 2
    for part, now, before in zip((raw[:, :half], raw[:, half:]), _shares(raw, threshold), at_first, strict=True):
        for row in np.flatnonzero(now >= WIDE_SHARE):
            first = max(0, min(row - WIDE_NEIGHBOURS, before.size - 2 * WIDE_NEIGHBOURS - 1))
            around = np.delete(before, row)[first : first + 2 * WIDE_NEIGHBOURS]
            second = np.sort(around)[-2] if around.size > 1 else 0.0
            if now[row] >= 3 * second and now[row] > worst_share and _glow(part, int(row)) < LINE_GLOW:
                worst, worst_share = int(row), float(now[row])
    return worst


def _glow(raw: NDArray[np.int16], row: int) -> float:
    """Return by how much of its own height a row lifts the rows beside it, above the rows beyond those."""
    last = raw.shape[0] - 1
    near, far = (
        (raw[max(row - away, 0)] - raw[row]).astype(np.float64) + (raw[min(row + away, last)] - raw[row])
        for away in (1, 2)
    )
    return float(-near @ (near - far) / max(near @ near, 1.0))
