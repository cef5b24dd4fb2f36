"""A thermal picture in a terminal: two pixels a character, in 256 colours, or in grey letters where there are none."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_RAMP: Final = (17, 18, 54, 55, 91, 126, 161, 196, 202, 208, 214, 220, 226, 228, 230, 231)
"""Black-blue over red to white, numbers of the 256-colour palette."""
_INVALID: Final = 240
_LETTERS: Final = " .:-=+*#%@"
_UPPER_HALF: Final = "\u2580"


def picture(temps_c: NDArray[np.float32], columns: int, rows: int, *, colour: bool) -> list[str]:
    """Return the lines of a picture that fits into columns x rows characters; NaN is grey, or `?`."""
    per_line = 2 if colour else 1
    scale = max(temps_c.shape[1] / max(columns, 1), temps_c.shape[0] / max(rows * per_line, 1), 1.0)
    small = temps_c[:: int(np.ceil(scale)), :: int(np.ceil(scale))]
    finite = small[np.isfinite(small)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    shades = np.nan_to_num((small - low) / max(high - low, 0.1), nan=-1.0)
    return _coloured(shades) if colour else _lettered(shades)


def _coloured(shades: NDArray[np.float32]) -> list[str]:
    if shades.shape[0] % 2:
        shades = np.vstack((shades, np.full((1, shades.shape[1]), -1.0, dtype=shades.dtype)))
    lines = []
    for upper, lower in zip(shades[::2], shades[1::2], strict=True):
        cells = (
            f"\x1b[38;5;{_colour(top)};48;5;{_colour(bottom)}m{_UPPER_HALF}"
            for top, bottom in zip(upper, lower, strict=True)
        )
        lines.append("".join(cells) + "\x1b[0m")
    return lines


def _lettered(shades: NDArray[np.float32]) -> list[str]:
    last = len(_LETTERS) - 1
    return ["".join("?" if shade < 0 else _LETTERS[round(float(shade) * last)] for shade in row) for row in shades]


def _colour(shade: float) -> int:
    return _INVALID if shade < 0 else _RAMP[round(float(shade) * (len(_RAMP) - 1))]
