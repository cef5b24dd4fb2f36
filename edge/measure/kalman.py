"""The gated scalar Kalman filter that follows a camera's offset (`science.md` 2.6; `bb` of the reference vectors)."""

import math
from dataclasses import dataclass
from typing import Final

GATE_SIGMA: Final = 4.5
RELOCK_S: Final = 5.0
"""After so long of valid values beyond the gate the filter starts anew at them."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Variances of the filter, K^2 (`science.md` 2.6)."""

    q: float
    """Of the offset's random walk, a second."""
    r_n: float
    """Of the region's mean by pixel noise."""
    c2: float
    """Of what all pixels share in one frame."""
    p_j: float
    """Of the jump at a shutter correction."""


def noise(netd_c: float, region_px: int, shutter_sd_c: float = 0.5) -> Noise:
    """Return the variances for a camera of that noise and a region of so many pixels.

    Walk 0.02 K per root minute, drift 0.2 K/h, sag 0.1 K between shutters three minutes apart. The shutter's jump is
    0.1-0.2 K by the data sheets; recordings of real checkpoints show 1 K, and the offset is seen anew in each frame,
    so nothing is lost by believing the worse.
    """
    q = 0.02**2 / 60 + 30 * (0.2 / 3600) ** 2 + 30 * (0.1 / 180) ** 2
    return Noise(q, netd_c**2 / max(1, region_px), 0.025**2, max(shutter_sd_c, 0.05) ** 2)


class OffsetFilter:
    """The gated scalar Kalman filter; `bb` of the reference vectors."""

    def __init__(self, variances: Noise) -> None:
        self._noise = variances
        self._offset_c: float | None = None
        self._p = variances.p_j
        self._bad_s = 0.0

    @property
    def offset_c(self) -> float | None:
        """The state, °C; None before the first value."""
        return self._offset_c

    @property
    def u_c(self) -> float:
        """Standard uncertainty of the state, °C."""
        return math.sqrt(self._p)

    def update(self, y_c: float, dt_s: float, *, valid: bool = True, shutter: bool = False) -> tuple[float, bool]:
        """Take the offset that a frame shows; return what to subtract in it, and False if that is a held value."""
        if self._offset_c is None:
            self._offset_c = y_c
        self._p += self._noise.q * dt_s + (self._noise.p_j if shutter else 0.0)
        spread = self._p + self._noise.c2 + self._noise.r_n
        innovation = y_c - self._offset_c
        if not valid or not innovation**2 <= GATE_SIGMA**2 * spread:
            self._bad_s += dt_s
            if valid and math.isfinite(y_c) and self._bad_s >= RELOCK_S:
                self._offset_c, self._p, self._bad_s = y_c, self._noise.r_n + self._noise.c2, 0.0
            return self._offset_c, False
        self._bad_s = 0.0
        offset_c = self._offset_c + (self._p + self._noise.c2) / spread * innovation
        self._offset_c += self._p / spread * innovation
        self._p *= 1 - self._p / spread
        return offset_c, True
