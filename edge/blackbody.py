"""The references in a camera's view and what is known of their temperature, together (`science.md` 2.6, 5.2).

The temperature is configured, assumed, or told by the blackbody itself over a line of its own; a blackbody that has
such a line and is silent or not settled is not believed. What it shows is what an instrument set to its emissivity
reads; a camera sees less, because the plate also reflects the room: 35.3 °C of a plate that shows 36 at 0.95.

Two references. Each tells an offset m_i with the uncertainty u_i of its own temperature. Where both are trusted the
offset is their mean with the weights

    w_i = (1/u_i^2) / (1/u_1^2 + 1/u_2^2),    m = w_1 m_1 + w_2 m_2,    u = 1 / sqrt(1/u_1^2 + 1/u_2^2)

which is the surest of all means (propagation of uncertainty, GUM 5.1.2; the plates were calibrated independently). The
filters follow one camera, so their uncertainties f_i are added as if they were the same error (GUM 5.2.2): sum w_i f_i.
Where one cannot be trusted the other goes on alone, with its own uncertainty. Where both are steady and further apart
than 2 sqrt(u_1^2 + u_2^2 + f_1^2 + f_2^2), nobody can know which is wrong: nothing is decided, first as if the
reference were hidden, and after `DISAGREE_S` until both are seen to agree again.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np
import structlog
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
DISAGREE_S: Final = 5.0
"""Two references that are apart for so long disagree; the filter needs as long to believe a jump."""
AGREEMENT_K: Final = 2.0
"""Coverage factor within which two references agree."""
LEAST_U_C: Final = 0.001
"""No reference is surer than this, whatever it says: a zero would leave the other one no weight at all."""
_STEP_S: Final = 1.0
"""Longest step between pictures that counts as one of disagreement."""

_REASONS: Final = {
    ReferenceState.HOLD: Reason.REFERENCE_HOLD,
    ReferenceState.LOST: Reason.REFERENCE_LOST,
    ReferenceState.MOVED: Reason.REFERENCE_MOVED,
    ReferenceState.IMPLAUSIBLE: Reason.REFERENCE_IMPLAUSIBLE,
    ReferenceState.SETTLING: Reason.REFERENCE_NOT_SETTLED,
}

log = structlog.get_logger()


class Blackbody:
    """One reference in view."""

    def __init__(self, view: ReferenceView, netd_c: float, shape: tuple[int, int]) -> None:
        self._view = view
        self._reference = Reference(view, netd_c, shape)
        self._history = OffsetHistory()
        self._reading: ReferenceReading | None = None
        self.apparent_c = view.set_c
        """What it should read as a blackbody, at the last picture, °C."""

    @property
    def source(self) -> str | None:
        """Id of the instrument that tells its temperature."""
        return self._view.source

    @property
    def region(self) -> tuple[int, int, int] | None:
        """Where it was configured to be."""
        return self._view.region

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
    ) -> ReferenceSeen:
        """Take a picture of radiance temperatures; return the reference in it, with why it is not to be trusted."""
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
        return replace(seen, doubt=reason)


class References:
    """The one or two references of one camera, as one: what the camera is wrong by, and how sure that is."""

    def __init__(self, views: Sequence[ReferenceView], netd_c: float, shape: tuple[int, int]) -> None:
        self._all = tuple(Blackbody(view, netd_c, shape) for view in views)
        self._used = self._all[:1]
        self._last_s: float | None = None
        self._apart_s: float | None = None
        """How long they were seen to be apart; None: they agree, or were never seen together."""

    @property
    def apparent_c(self) -> float:
        """What the references in use should read as blackbodies, °C."""
        return self._mean([one.apparent_c for one in self._used])

    @property
    def u_c(self) -> float:
        """Standard uncertainty of the temperature of those in use, °C."""
        if len(self._used) == 1:
            return self._used[0].u_c
        return 1 / math.sqrt(math.fsum(_certainty(one) for one in self._used))

    @property
    def filter_u_c(self) -> float:
        """Standard uncertainty of the offset by the filters, °C."""
        return self._mean([one.filter_u_c for one in self._used])

    @property
    def assumed(self) -> bool:
        """Whether nobody has measured one of those in use."""
        return any(one.assumed for one in self._used)

    @property
    def outside(self) -> tuple[tuple[int, int, int] | None, ...]:
        """The configured regions that do not lie in the picture."""
        return tuple(one.region for one in self._all if one.outside)

    def told(self, reading: ReferenceReading) -> None:
        """Take what a blackbody says of itself."""
        for one in self._all:
            if one.source == reading.instrument:
                one.told(reading)

    def forget(self) -> None:
        """Let the usual offsets be learned anew, as after a calibration."""
        for one in self._all:
            one.forget()

    def drift_c_per_h(self, over_s: float) -> float | None:
        """Return how fast the offset moves, by the one that moves most; None before that is known."""
        rates = [rate for one in self._used if (rate := one.drift_c_per_h(over_s)) is not None]
        return max(rates, key=abs, default=None)

    def see(
        self,
        target_c: NDArray[np.float32],
        at: datetime,
        t_s: float,
        reflected_c: float,
        people: list[Box],
        *,
        shutter: bool,
    ) -> tuple[tuple[ReferenceSeen, ...], Reason | None]:
        """Take a picture of radiance temperatures; return each reference in it, and why nothing may be decided by them.

        The offset in each is that of all in use, to be subtracted from the picture.
        """
        all_seen = [one.see(target_c, at, t_s, reflected_c, people, shutter=shutter) for one in self._all]
        trusted = [number for number, seen in enumerate(all_seen) if seen.doubt is None]
        if len(trusted) > 1:
            self._compare([all_seen[number].offset_c or 0.0 for number in trusted], t_s)
        self._last_s = t_s
        reason, lead = self._reason(all_seen, together=len(trusted) > 1)
        in_use = trusted or [lead]
        self._used = tuple(self._all[number] for number in in_use)
        offsets_c = [offset_c for number in in_use if (offset_c := all_seen[number].offset_c) is not None]
        offset_c = self._mean(offsets_c) if len(offsets_c) == len(in_use) else None
        return tuple(replace(seen, offset_c=offset_c) for seen in all_seen), reason

    def _compare(self, offsets_c: Sequence[float], t_s: float) -> None:
        """Count how long the two have been apart. While one is hidden nothing is counted and nothing forgiven."""
        apart_c = max(offsets_c) - min(offsets_c)
        allowed_c = AGREEMENT_K * math.hypot(*(u_c for one in self._all for u_c in (one.u_c, one.filter_u_c)))
        if apart_c <= allowed_c:
            self._apart_s = None
            return
        before_s = self._apart_s or 0.0
        step_s = 0.0 if self._apart_s is None or self._last_s is None else t_s - self._last_s
        self._apart_s = before_s + min(max(0.0, step_s), _STEP_S)
        if before_s < DISAGREE_S <= self._apart_s:
            log.warning("references disagree", apart_c=round(apart_c, 3), allowed_c=round(allowed_c, 3))

    def _reason(self, all_seen: Sequence[ReferenceSeen], *, together: bool) -> tuple[Reason | None, int]:
        """Return why nothing may be decided, and which of them says so.

        An implausible one stops the gate whatever the other shows: camera or reference is broken (`science.md` 5.2).
        """
        doubts = [seen.doubt for seen in all_seen]
        if Reason.REFERENCE_IMPLAUSIBLE in doubts:
            return Reason.REFERENCE_IMPLAUSIBLE, doubts.index(Reason.REFERENCE_IMPLAUSIBLE)
        if self._apart_s is not None and self._apart_s >= DISAGREE_S:
            return Reason.REFERENCES_DISAGREE, 0
        if together and self._apart_s is not None:
            return Reason.REFERENCE_HOLD, 0
        if None in doubts:
            return None, doubts.index(None)
        # the one that will be back first decides how long a person waits
        lead = doubts.index(Reason.REFERENCE_HOLD) if Reason.REFERENCE_HOLD in doubts else 0
        return doubts[lead], lead

    def _mean(self, values: Sequence[float]) -> float:
        """Return the mean of a value of each in use, by their certainty."""
        if len(values) == 1:
            return values[0]
        weights = [_certainty(one) for one in self._used]
        return math.fsum(weight * value for weight, value in zip(weights, values, strict=True)) / math.fsum(weights)


def _certainty(one: Blackbody) -> float:
    return 1 / max(one.u_c, LEAST_U_C) ** 2
