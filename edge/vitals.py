"""What an instrument's own samples say of its health, whoever stands before it (`science.md` 5.3).

| flag | statistic and limit |
|---|---|
| noise | median over 100 pictures of the robust spread of what changed since the one before, less what all pixels |
|       | share; more than 1.5 times the usual in three windows running |
| bad pixels | over 200 pictures a pixel's median change is below a fifth or above five times the picture's or it lies |
|            | a degree off the median of its 25 neighbours in nine of ten; more than 1 % of them |
| shutter | no correction for twice its longest interval, the sensor 1.5 °C away from where the last one was made, or |
|         | an offset that jumps by more than 0.5 °C across one |
| stuck | a single point that shows the same number for twelve people in a row |
| non-uniformity | people read more on one side of the picture than on the other: 0.2 °C across it, and 4.5 times    |
|                | its uncertainty, over 300 to 600 people |
| baseline | the newest person's station baseline was at its clamp (`decide.baseline`) |

People move through the picture, so every statistic is a median: what is seen half of the time is the camera. What a
camera showed in its first windows is what it is held against, within 1.5 times its maker's figure, so that one that is
switched on noisy is found too. Used by the lane's thread; pure in its arguments.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.vocabulary import HealthFlag
from drivers.samples import SampleFlag, ThermalFrame

Frame = NDArray[np.float32]

LOOK_EVERY_S: Final = 0.5
WINDOW: Final = 100
LEARN_WINDOWS: Final = 3
WINDOWS: Final = 3
NOISY: Final = 1.5
COARSE: Final = 3
"""Every third pixel of a row and column is enough to know the noise."""
PIXEL_LOOKS: Final = 200
PIXEL_STEP: Final = 0.05
"""How far a pixel's median moves in one look, in units of the noise."""
DEAD, WILD = 0.2, 5.0
APART_C: Final = 1.0
NEIGHBOURS: Final = 5
OFTEN: Final = 0.9
BAD_SHARE: Final = 0.01
LONGEST_SHUTTER_S: Final = 300.0
SENSOR_MOVED_C: Final = 1.5
SETTLED_S: Final = 5.0
SHUTTER_JUMP_C: Final = 0.5
SAME_READINGS: Final = 12
PEOPLE: Final = 600
UNEVEN_C: Final = 0.2
SURE: Final = 4.5
"""Standard uncertainties; three would cry wolf five times a year at 3,000 people a day."""
MAD_TO_SD: Final = 1.4826


@dataclass(slots=True)
class Vitals:
    """One instrument's health, as its samples tell it."""

    netd_c: float
    noise_c: float | None = None
    """The newest window's."""
    bad_share: float = 0.0
    """Share of pixels that are dead or flicker; 0 until they were looked at for long enough."""
    _usual_c: list[float] = field(default_factory=list)
    _changes_c: list[float] = field(default_factory=list)
    _noisy: int = 0
    _before: ThermalFrame | None = None
    _looked_s: float = float("-inf")
    _pixels_c: Frame | None = None
    _apart: Frame | None = None
    """How often each pixel stands apart from its neighbours."""
    _looks: int = 0
    _at_shutter_c: float | None = None
    _steady_c: float | None = None
    _shutter: bool = False
    _jumped: bool = False
    _same: int = 0
    _shown_c: float | None = None
    _out_of_model: bool = False
    _places: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=PEOPLE))
    _uneven: bool = False

    @property
    def flags(self) -> tuple[HealthFlag, ...]:
        """What is wrong now."""
        found = [HealthFlag.NOISE] if self._noisy >= WINDOWS else []
        found += [HealthFlag.BAD_PIXELS] if self.bad_share > BAD_SHARE else []
        found += [HealthFlag.NON_UNIFORMITY] if self._uneven else []
        found += [HealthFlag.SHUTTER] if self._shutter or self._jumped else []
        found += [HealthFlag.STUCK] if self._same >= SAME_READINGS else []
        found += [HealthFlag.BASELINE_OUT_OF_MODEL] if self._out_of_model else []
        return tuple(found)

    def see(self, frame: ThermalFrame, t_s: float, offset_c: float | None, *, shutter: bool) -> None:
        """Take a picture; `offset_c` is what the reference in view asks for, `shutter` a correction just before it."""
        self._note_shutter(frame, offset_c, shutter=shutter)
        before, self._before = self._before, frame
        if before is None or shutter or frame.seq != before.seq + 1 or t_s - self._looked_s < LOOK_EVERY_S:
            return
        if SampleFlag.REPEATED in frame.flags or frame.temps_c.shape != before.temps_c.shape:
            return
        self._looked_s = t_s
        change_c = frame.temps_c - before.temps_c
        coarse_c = change_c[::COARSE, ::COARSE]
        coarse_c = coarse_c[np.isfinite(coarse_c)]
        common_c = np.median(coarse_c) if coarse_c.size else 0.0
        spread_c = MAD_TO_SD * float(np.median(np.abs(coarse_c - common_c))) / 2**0.5 if coarse_c.size else 0.0
        if spread_c == 0.0:
            return  # a picture without values, or the same one again: other flags say so
        self._note_noise(spread_c)
        # a dead pixel does not follow what the others share
        self._note_pixels(np.minimum(np.abs(change_c), np.abs(change_c - common_c)))
        self._note_apart(frame.temps_c)
        self._count_bad()

    def person(self, shown_c: float | None, *, out_of_model: bool = False) -> None:
        """Take what a single point showed of the next person, and whether the station's baseline still holds."""
        self._out_of_model = out_of_model
        if shown_c is None:
            return
        self._same = self._same + 1 if shown_c == self._shown_c else 1
        self._shown_c = shown_c

    def place(self, across: float, body_c: float) -> None:
        """Take where in the picture the next person stood, from -0.5 at its left edge to 0.5, and what was read."""
        self._places.append((across, body_c))
        if len(self._places) < PEOPLE // 2 or len(self._places) % 20:
            return
        x, value_c = np.array(self._places).T
        x = x - x.mean()
        spread = float(x @ x)
        slope_c = float(x @ value_c) / spread if spread else 0.0
        left_c = value_c - value_c.mean() - slope_c * x
        u_c = float(np.sqrt(left_c @ left_c / (len(x) - 2) / spread)) if spread else 0.0
        self._uneven = abs(slope_c) > max(UNEVEN_C, SURE * u_c)

    def _note_noise(self, spread_c: float) -> None:
        self._changes_c.append(spread_c)
        if len(self._changes_c) < WINDOW:
            return
        self.noise_c = float(np.median(self._changes_c))
        self._changes_c.clear()
        if len(self._usual_c) < LEARN_WINDOWS:
            self._usual_c.append(self.noise_c)
        usual_c = min(max(float(np.median(self._usual_c)), self.netd_c), NOISY * self.netd_c)
        self._noisy = self._noisy + 1 if self.noise_c > NOISY * usual_c else 0

    def _note_pixels(self, change_c: Frame) -> None:
        if self._pixels_c is None or self._pixels_c.shape != change_c.shape:
            self._pixels_c, self._looks = np.full(change_c.shape, self.netd_c, np.float32), 0
        more = np.where(np.isnan(change_c), -1, np.sign(change_c - self._pixels_c)).astype(np.float32)
        self._pixels_c = np.maximum(self._pixels_c + np.float32(PIXEL_STEP * self.netd_c) * more, 0)
        self._looks += 1

    def _note_apart(self, temps_c: Frame) -> None:
        known_c = np.nan_to_num(temps_c, nan=-273.0)
        apart = np.abs(known_c - cv2.medianBlur(known_c, NEIGHBOURS)) > np.float32(APART_C)
        if self._apart is None or self._apart.shape != apart.shape:
            self._apart = np.zeros(apart.shape, np.float32)
        self._apart += (apart - self._apart) * np.float32(4 / PIXEL_LOOKS)

    def _count_bad(self) -> None:
        if self._pixels_c is None or self._apart is None or self._looks < PIXEL_LOOKS:
            return
        middle_c = np.median(self._pixels_c)
        bad = (self._pixels_c < DEAD * middle_c) | (self._pixels_c > WILD * middle_c) | (self._apart > OFTEN)
        self.bad_share = float(np.mean(bad))

    def _note_shutter(self, frame: ThermalFrame, offset_c: float | None, *, shutter: bool) -> None:
        since_s = frame.since_shutter_s
        if since_s is None:
            return  # a camera that tells nothing of its shutter may have none
        if shutter or self._at_shutter_c is None:
            self._at_shutter_c = frame.sensor_c
        moved_c = 0.0
        if frame.sensor_c is not None and self._at_shutter_c is not None:
            moved_c = abs(frame.sensor_c - self._at_shutter_c)
        self._shutter = since_s > 2 * LONGEST_SHUTTER_S or moved_c > SENSOR_MOVED_C
        if offset_c is not None and since_s > SETTLED_S:
            if self._steady_c is not None and since_s < 2 * SETTLED_S:
                self._jumped = abs(offset_c - self._steady_c) > SHUTTER_JUMP_C
            if since_s >= 2 * SETTLED_S:
                self._steady_c = offset_c
