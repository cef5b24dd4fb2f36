"""Whether a reference has settled, for one that does not say so itself."""

from typing import Final

from contract.clock import Instant

BAND_C: Final = 0.2
SETTLE_S: Final = 120.0
"""Two minutes within the band, as long as a calibration waits at each point."""
GAP_S: Final = 15.0
"""After this long without a reading nobody knows what happened in between."""


class Settling:
    """Watches a reference: settled once every reading lay near one set-point for `SETTLE_S`."""

    def __init__(self, band_c: float = BAND_C) -> None:
        self._band_c = band_c
        self._setpoint_c: float | None = None
        self._since: Instant | None = None
        self._last: Instant | None = None

    def update(self, actual_c: float, setpoint_c: float, at: Instant) -> bool:
        """Take a reading; say whether the reference has settled."""
        unseen = self._last is None or at.seconds_since(self._last) > GAP_S
        ordered = setpoint_c != self._setpoint_c
        self._setpoint_c, self._last = setpoint_c, at
        if abs(actual_c - setpoint_c) > self._band_c:
            self._since = None
        elif self._since is None or unseen or ordered:
            self._since = at
        return self._since is not None and at.seconds_since(self._since) >= SETTLE_S
