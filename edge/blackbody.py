"""The reference in a camera's view and what is known of its temperature, together (`science.md` 2.6, 5.2).

The temperature is configured, assumed, or told by the blackbody itself over a line of its own; a blackbody that has
such a line and is silent or not settled is not believed. What it shows is what an instrument set to its emissivity
reads; a camera sees less, because the plate also reflects the room: 35.3 °C of a plate that shows 36 at 0.95.
"""

from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.vocabulary import Reason
from drivers.samples import ReferenceReading
from edge.config import ReferenceView
from edge.events import ReferenceSeen, ReferenceState
from edge.measure.faces import Box
from edge.measure.offset import OffsetHistory
from edge.measure.radiometry import plate_apparent
from edge.measure.reference import Reference

SILENT_S: Final = 30.0
"""A reading of the blackbody's own line older than this says nothing."""
READING_U_C: Final = 0.10
"""Standard uncertainty of a blackbody that tells none."""

_REASONS: Final = {
    ReferenceState.HOLD: Reason.REFERENCE_HOLD,
    ReferenceState.LOST: Reason.REFERENCE_LOST,
    ReferenceState.MOVED: Reason.REFERENCE_MOVED,
    ReferenceState.IMPLAUSIBLE: Reason.REFERENCE_IMPLAUSIBLE,
    ReferenceState.SETTLING: Reason.REFERENCE_NOT_SETTLED,
}


class Blackbody:
    """The reference of one camera."""

    def __init__(self, view: ReferenceView, netd_c: float, shape: tuple[int, int]) -> None:
        self._view = view
        self._reference = Reference(view, netd_c, shape)
        self._history = OffsetHistory()
        self._reading: ReferenceReading | None = None
        self.apparent_c = view.set_c
        """What it should read as a blackbody, at the last picture, °C."""

    @property
    def u_c(self) -> float:
        """Standard uncertainty of its temperature, °C."""
        if self._reading is None:
            return self._view.u_c
        return self._reading.u_c if self._reading.u_c is not None else READING_U_C

    @property
    def filter_u_c(self) -> float:
        """Standard uncertainty of the offset by the filter, °C."""
        return self._reference.u_c

    @property
    def outside(self) -> bool:
        """Whether the configured region does not lie in the picture."""
        return self._reference.outside

    @property
    def assumed(self) -> bool:
        """Whether nobody has measured it."""
        return self._view.assumed and self._reading is None

    def told(self, reading: ReferenceReading) -> None:
        """Take what the blackbody says of itself."""
        self._reading = reading

    def forget(self) -> None:
        """Let the usual offset be learned anew, as after a calibration."""
        self._history.forget()

    def drift_c_per_h(self, over_s: float) -> float | None:
        """Return how fast the offset moves; None before that is known."""
        return self._reference.drift_c_per_h(over_s)

    def see(
        self,
        target_c: NDArray[np.float32],
        at: datetime,
        t_s: float,
        reflected_c: float,
        people: list[Box],
        *,
        shutter: bool,
    ) -> tuple[ReferenceSeen, Reason | None]:
        """Take a picture of radiance temperatures; return the reference in it, and why it is not to be trusted."""
        reading = self._reading
        settled = reading is None or reading.stable
        shown_c = self._view.set_c if reading is None else reading.actual_c
        emissivity = self._view.emissivity
        if reading is not None and reading.emissivity is not None:
            emissivity = reading.emissivity
        self.apparent_c = plate_apparent(shown_c, emissivity, reflected_c)
        seen = self._reference.see(target_c, t_s, self.apparent_c, people=people, shutter=shutter, steady=settled)
        reason = _REASONS.get(seen.state)
        if self._view.source is not None and (reading is None or abs(t_s - reading.mono_ns / 1e9) > SILENT_S):
            reason = Reason.REFERENCE_NOT_SETTLED if reading is None else Reason.REFERENCE_LOST
        if reason is None and seen.offset_c is not None and not self._view.assumed:
            reason = self._history.judge(at, seen.offset_c)
        return seen, reason
