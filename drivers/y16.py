"""Pictures of 16-bit counts, tenths or hundredths of a kelvin, as temperatures.

What no scene can have (no counts, all counts) and what no lens can have made (`drivers.defects`) becomes NaN and is
flagged. Most pictures have nothing of the kind, which two quick looks prove: one at the least of their counts, and
`drivers.screening`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from drivers.defects import find_defects
from drivers.samples import SampleFlag
from drivers.screening import is_sound, reflected

COUNTS: Final = np.dtype("<u2")
TENTHS: Final = 10
HUNDREDTHS: Final = 100
"""Counts per degree."""

_SCALE: Final = {
    TENTHS: (2731, np.float32(0.5), np.float32(0.1)),
    HUNDREDTHS: (27315, np.float32(0), np.float32(0.01)),
}
"""Whole counts and the rest of one at 0 degC, and kelvin a count."""

_ALL_COUNTS: Final = 0xFFFF
_SPAN: Final = 0x7FFF
"""No scene has colder and warmer than this in one picture: 327 degC."""


def temperatures(raw: NDArray[np.uint16], counts_per_c: int, least: int = 1) -> tuple[NDArray[np.float32], SampleFlag]:
    """Return degC, read-only, and what is to be doubted; a picture whose counts all are below `least` has none."""
    # seen as signed, counts above 32767 are negative: the lowest tells that none is too low and none too high
    usual = np.minimum.reduce(raw.view(np.int16), axis=None) >= least
    if not usual and raw.max() < least:
        return no_temperatures(raw)
    zero, rest, kelvin = _SCALE[counts_per_c]
    framed = reflected(raw, zero if usual else int(raw.min()))
    temps_c = framed[1:-1].astype(np.float32) if usual else raw.astype(np.float32) - np.float32(zero)
    if rest:
        temps_c -= rest
    temps_c *= kelvin  # exact until here: the only rounding
    flags = SampleFlag.NONE
    if not ((usual or _is_possible(raw)) and is_sound(framed, counts_per_c)):
        flags = _leave_out(temps_c, raw, counts_per_c)
    temps_c.setflags(write=False)
    return temps_c, flags


def no_temperatures(raw: NDArray[np.uint16]) -> tuple[NDArray[np.float32], SampleFlag]:
    """Return NaN for counts that are no temperatures."""
    temps_c = np.full(raw.shape, np.nan, dtype=np.float32)
    temps_c.setflags(write=False)
    return temps_c, SampleFlag.NOT_RADIOMETRIC


def _is_possible(raw: NDArray[np.uint16]) -> bool:
    """Say whether every count may be a temperature, and no two are further apart than a scene can have them."""
    lowest, highest = int(raw.min()), int(raw.max())
    return 0 < lowest <= highest < _ALL_COUNTS and highest - lowest <= _SPAN


def _leave_out(temps_c: NDArray[np.float32], raw: NDArray[np.uint16], counts_per_c: int) -> SampleFlag:
    """Make NaN of what is defect or impossible; return the flags."""
    flags = SampleFlag.NONE
    defects = find_defects(raw.view(np.int16), counts_per_c)
    rows = set(defects.rows)
    impossible = (raw == 0) | (raw == _ALL_COUNTS)
    if impossible.any():
        temps_c[impossible] = np.nan
        flags |= SampleFlag.BAD_PIXELS
        rows |= {int(row) for row in np.flatnonzero(impossible.sum(axis=1) >= raw.shape[1] // 4)}
    for row, column in defects.pixels:
        temps_c[row, column] = np.nan
        flags |= SampleFlag.BAD_PIXELS
    for row in rows:
        temps_c[row] = np.nan
        flags |= SampleFlag.BAD_ROWS
    return flags
