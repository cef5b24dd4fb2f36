"""The thermal reference in view: what the camera is wrong by, frame by frame (`science.md` 2.6).

Theory. A plate of known temperature stands in the picture. What the camera reads on it, less what it should read, is
the offset of that very frame, and is subtracted from the face in the same frame. A scalar Kalman filter follows the
offset (random walk q, shutter jumps p_j) and tells it from what all pixels share in one frame (c2) and from noise
(r_n). A value outside the gate of 4.5 sigma, a patchy region, one that no longer stands out of what surrounds it, or a
person before it holds the offset; held, nobody is measured. The step to the surroundings matters most after a shutter
correction, when the gate is wide: the camera's jump is the same for plate and wall, a hand before both has no step.
What cannot be explained by the camera is never corrected away:

    state        meaning                                                    leaves by
    SETTLING     searched for; a new place; a plate that warms or cools     found and steady
    LOCKED       the offset is trusted
    HOLD         invalid or out of the gate for up to 60 s                  valid again; 5 s of steady values re-lock
    LOST         not found, or held for more than 60 s                      found again
    MOVED        a plate stands, but elsewhere                              back again, or 10 s steady at the new place
    IMPLAUSIBLE  off by 3 °C and more, from the first or by and by          below 3 °C

What is suddenly off by so much is hidden, not wrong: HOLD, then LOST.

A region that a person has configured is never left for another: MOVED then stays until somebody looks.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.config import ReferenceView
from edge.events import ReferenceSeen, ReferenceState
from edge.measure.kalman import RELOCK_S, OffsetFilter, noise
from edge.measure.plate import INNER, PLAUSIBLE_C, Plate, disc, find

HOLD_S: Final = 60.0
"""Longer held is lost."""
SEARCH_S: Final = 10.0
"""Longer sought is lost."""
LOOK_AROUND_S: Final = 2.0
"""Held for so long without a person before it, the plate is looked for elsewhere."""
ADOPT_S: Final = 10.0
"""How long a plate must stand still at a new place."""
FINDS: Final = 5
"""Pictures in a row that must show the plate at one place before it is taken for the reference."""
STEADY_C_PER_MIN: Final = 0.3
"""A faster change of the offset is the plate's, not the camera's: even a heated housing is slower."""
SUSPICIOUS_C: Final = 2.0
"""An offset that was so large before it became impossible has grown: the plate has gone cold, nobody hides it."""
PATCHY: Final = 3.0
"""Times the spread inside the region when it was locked."""

STANDS_OUT: Final = 0.5
"""Share of its usual step to the surroundings that a plate in sight keeps, whatever hangs or passes behind it."""
LEAST_STEP_C: Final = 2.0
"""A region with a smaller step is the inside of a larger plate: there is no rim to look at."""

_RING_PX: Final = (2.0, 5.0)
"""Where the surroundings begin and end, beyond the radius."""
_RING_PERCENT: Final = 25.0
"""The coolest quarter of them counts: whoever passes behind the plate does not cover that much."""
_STEP_SHARE: Final = 0.02
"""How much of a new step enters the usual one: the wall warms and cools within minutes."""
_SAME_PLACE_PX: Final = 1.5
_SAME_TEMPERATURE_C: Final = 0.3
_SEARCH_EVERY_S: Final = 0.5
"""A plate that has been lost is sought no more often: it costs as much as finding faces."""
_RATE_OVER_S: Final = 60.0
_JITTER_S: Final = 1.0
"""Longest step that the filter is moved by at once; a longer gap says nothing about drift within it."""

Box = tuple[float, float, float, float]


@dataclass(slots=True)
class _Place:
    """A region in use, and how patchy it was when it was taken."""

    x: float
    y: float
    radius_px: float
    sd_c: float
    step_c: float | None = None
    """How much warmer it usually is than what surrounds it; None: not looked at yet."""

    def ring(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        inner, outer = (disc(shape, self.x, self.y, self.radius_px + reach) for reach in _RING_PX)
        return outer & ~inner

    def within(self, shape: tuple[int, int]) -> bool:
        reach = max(1.0, INNER * self.radius_px)
        rows, columns = shape
        return reach <= self.x <= columns - 1 - reach and reach <= self.y <= rows - 1 - reach

    def mask(self, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        return disc(shape, self.x, self.y, max(1.0, INNER * self.radius_px))

    def region(self) -> tuple[int, int, int]:
        return round(self.x), round(self.y), max(1, round(self.radius_px))

    def near(self, plate: Plate) -> bool:
        return math.hypot(plate.x - self.x, plate.y - self.y) <= max(2.0, self.radius_px / 2)


class Candidate:
    """A plate that is watched until it has stood still for long enough."""

    def __init__(self) -> None:
        self._first: Plate | None = None
        self._since_s = 0.0
        self._seen = 0

    def see(self, plate: Plate | None, t_s: float) -> tuple[int, float]:
        """Take what one picture shows; return how many pictures and seconds it has stood still."""
        first = self._first
        if plate is None or first is None or not _same(first, plate):
            self._first, self._since_s, self._seen = plate, t_s, 0 if plate is None else 1
        else:
            self._seen += 1
        return self._seen, t_s - self._since_s


class Reference:
    """The reference of one camera."""

    def __init__(self, view: ReferenceView, netd_c: float, shape: tuple[int, int]) -> None:
        self._netd_c = netd_c
        self._shape = shape
        self._configured = view.region is not None
        self._place: _Place | None = None
        self._mask: NDArray[np.bool_] = np.zeros(shape, np.bool_)
        self._ring: NDArray[np.bool_] = np.zeros(shape, np.bool_)
        self._filter: OffsetFilter | None = None
        self._candidate = Candidate()
        self._history: deque[tuple[float, float]] = deque()
        self._last_s: float | None = None
        self._sought_s: float | None = None
        self._began_s: float | None = None
        self._held_since_s: float | None = None
        self._off_since_s: float | None = None
        self._moved = False
        self.outside = False
        """Whether the configured region is not in the picture; the reference is then LOST until somebody mends that."""
        if view.region is not None:
            place = _Place(*view.region, sd_c=0.0)
            self.outside = not place.within(shape)
            self._take(place)

    @property
    def u_c(self) -> float:
        """Standard uncertainty of the offset by the filter alone, °C; infinite before there is one."""
        return self._filter.u_c if self._filter and self._filter.offset_c is not None else math.inf

    def drift_c_per_h(self, over_s: float) -> float | None:
        """Return how fast the offset has moved over the last `over_s` seconds; None before that long is known."""
        if not self._history or self._history[-1][0] - self._history[0][0] < over_s:
            return None
        now_s, now_c = self._history[-1]
        then_s, then_c = next(entry for entry in reversed(self._history) if now_s - entry[0] >= over_s)
        return (now_c - then_c) / (now_s - then_s) * 3600

    def see(
        self,
        frame_c: NDArray[np.float32],
        t_s: float,
        apparent_c: float,
        *,
        people: Sequence[Box] = (),
        shutter: bool = False,
        steady: bool = True,
    ) -> ReferenceSeen:
        """Take an upright picture of radiance temperatures; return the reference as it shows it.

        `apparent_c` is what the plate should read, `people` the boxes that may hide it, `shutter` says that a shutter
        correction lies between this picture and the one before, `steady` is the plate's own word for it.
        """
        dt_s = 0.0 if self._last_s is None else min(max(0.0, t_s - self._last_s), _JITTER_S)
        self._last_s = t_s
        self._began_s = t_s if self._began_s is None else self._began_s
        if self.outside:
            return ReferenceSeen(ReferenceState.LOST, None, None, None, t_s - self._began_s)
        if self._place is None:
            self._search(frame_c, t_s, apparent_c)
            if self._place is None:
                sought_s = t_s - self._began_s
                state = ReferenceState.SETTLING if sought_s <= SEARCH_S else ReferenceState.LOST
                return ReferenceSeen(state, None, None, None, sought_s)
        return self._follow(frame_c, t_s, dt_s, apparent_c, people, shutter=shutter, steady=steady)

    def _follow(
        self,
        frame_c: NDArray[np.float32],
        t_s: float,
        dt_s: float,
        apparent_c: float,
        people: Sequence[Box],
        *,
        shutter: bool,
        steady: bool,
    ) -> ReferenceSeen:
        place, offsets = self._place, self._filter
        assert place is not None  # noqa: S101  # for the type checker: `see` asks before
        assert offsets is not None  # noqa: S101
        values = frame_c[self._mask]
        measured_c = float(np.median(values))
        y_c = measured_c - apparent_c
        whole = bool(np.isfinite(values).all())
        if not whole and offsets.offset_c is None:
            return ReferenceSeen(ReferenceState.SETTLING, place.region(), None, None)
        uniform = whole and self._uniform(place, float(values.std())) and self._stands_out(place, frame_c, measured_c)
        hidden = any(_covers(box, place) for box in people)
        valid = uniform and not hidden and abs(y_c) < PLAUSIBLE_C
        offset_c, good = offsets.update(y_c if whole else math.nan, dt_s, valid=valid, shutter=shutter)
        self._note(t_s, offset_c, good=good, off=uniform and not hidden and abs(y_c) >= PLAUSIBLE_C, shutter=shutter)
        if not good and not hidden:
            self._look_elsewhere(frame_c, t_s, apparent_c)
        elif good:
            self._moved = False
        held_s = 0.0 if self._held_since_s is None else t_s - self._held_since_s
        state = self._state(t_s, held_s, steady=steady)
        known = offset_c if math.isfinite(offset_c) else None
        return ReferenceSeen(state, place.region(), measured_c if whole else None, known, held_s)

    def _state(self, t_s: float, held_s: float, *, steady: bool) -> ReferenceState:
        if self._held_since_s is None:
            rate_c_h = self.drift_c_per_h(_RATE_OVER_S)
            moving = rate_c_h is not None and abs(rate_c_h) > 60 * STEADY_C_PER_MIN
            return ReferenceState.LOCKED if steady and not moving else ReferenceState.SETTLING
        far_off = self._filter is not None and abs(self._filter.offset_c or 0.0) > SUSPICIOUS_C
        if far_off and self._off_since_s is not None and t_s - self._off_since_s >= RELOCK_S:
            return ReferenceState.IMPLAUSIBLE
        if self._moved:
            return ReferenceState.MOVED
        return ReferenceState.HOLD if held_s <= HOLD_S else ReferenceState.LOST

    def _note(self, t_s: float, offset_c: float, *, good: bool, off: bool, shutter: bool) -> None:
        self._off_since_s = (self._off_since_s or t_s) if off else None
        if good:
            self._held_since_s = None
        elif self._held_since_s is None:
            self._held_since_s = t_s
        if shutter:
            self._history.clear()
        if good and (not self._history or t_s - self._history[-1][0] >= 1.0):
            self._history.append((t_s, offset_c))
            while t_s - self._history[0][0] > 5 * _RATE_OVER_S + 1:
                self._history.popleft()

    def _uniform(self, place: _Place, sd_c: float) -> bool:
        if not place.sd_c:
            place.sd_c = max(sd_c, self._netd_c)  # a configured region: its first look is its measure
        return sd_c <= PATCHY * place.sd_c

    def _stands_out(self, place: _Place, frame_c: NDArray[np.float32], measured_c: float) -> bool:
        around_c = frame_c[self._ring]
        around_c = around_c[np.isfinite(around_c)]
        if not around_c.size:
            return True
        step_c = measured_c - float(np.percentile(around_c, _RING_PERCENT))
        usual_c = place.step_c = step_c if place.step_c is None else place.step_c
        if usual_c >= LEAST_STEP_C and step_c < STANDS_OUT * usual_c:
            return False
        place.step_c += _STEP_SHARE * (step_c - usual_c)
        return True

    def _search(self, frame_c: NDArray[np.float32], t_s: float, apparent_c: float) -> None:
        plate = find(frame_c, apparent_c, self._netd_c)
        seen, _ = self._candidate.see(plate, t_s)
        if plate is not None and seen >= FINDS:
            self._take(_Place(plate.x, plate.y, plate.radius_px, max(plate.sd_c, self._netd_c)))

    def _look_elsewhere(self, frame_c: NDArray[np.float32], t_s: float, apparent_c: float) -> None:
        held_s = t_s - (self._held_since_s or t_s)
        if held_s < LOOK_AROUND_S or (self._sought_s is not None and t_s - self._sought_s < _SEARCH_EVERY_S):
            return
        self._sought_s = t_s
        plate = find(frame_c, apparent_c, self._netd_c)
        seen, still_s = self._candidate.see(plate, t_s)
        if plate is None or self._place is None or self._place.near(plate):
            self._moved = False
        elif seen >= FINDS:
            self._moved = True
            if still_s >= ADOPT_S and not self._configured:
                self._take(_Place(plate.x, plate.y, plate.radius_px, max(plate.sd_c, self._netd_c)))

    def _take(self, place: _Place) -> None:
        self._place = place
        self._mask, self._ring = place.mask(self._shape), place.ring(self._shape)
        self._filter = OffsetFilter(noise(self._netd_c, int(self._mask.sum())))
        self._candidate = Candidate()
        self._history.clear()
        self._held_since_s = self._off_since_s = None
        self._moved = False


def _same(one: Plate, other: Plate) -> bool:
    apart_px = math.hypot(one.x - other.x, one.y - other.y)
    return apart_px <= _SAME_PLACE_PX and abs(one.median_c - other.median_c) <= _SAME_TEMPERATURE_C


def _covers(box: Box, place: _Place) -> bool:
    x0, y0, x1, y1 = box
    reach = place.radius_px
    return x0 < place.x + reach and x1 > place.x - reach and y0 < place.y + reach and y1 > place.y - reach
