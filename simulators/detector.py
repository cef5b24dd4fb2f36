"""What a real detector does to a perfect picture: noise, patterns, drift, shutter, bad pixels (`science.md` 7).

Pure in time: the noise of a frame is drawn from the frame's number, the pattern from the number of the last shutter
correction, slow wandering from bridges of a random walk. Asking twice, or in another order, changes nothing.
"""

from collections import OrderedDict
from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulators.ambient import Air
from simulators.chance import Walk, stream
from simulators.geometry import Geometry
from simulators.radiation import device_indicates_c, seen_through
from simulators.sensor_faults import SensorFaultKind, SensorFaults

Frame = NDArray[np.float32]

WARM_UP_S: Final = 900.0
SELF_HEATING_C: Final = 8.0
CALIBRATED_AT_C: Final = 23.0
"""Air temperature at which the offset was zero."""
SHUTTER_PHASE_S: Final = 90.0
"""When the first shutter correction after t = 0 comes."""


class Detector:
    """The imperfections of one unit; `seed` is its identity."""

    def __init__(
        self,
        geometry: Geometry,
        air: Air,
        seed: int,
        *,
        faults: SensorFaults | None = None,
        on_for_s: float = 0.0,
        error_c: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Make a unit that had been switched on `on_for_s` before t = 0.

        `error_c` are a and b of its constant error of indication, a + b (T - 37): what a certificate takes out.
        """
        self.geometry = geometry
        self.faults = faults or SensorFaults()
        self._air = air
        self._seed = seed
        self._on_for_s = on_for_s
        self._error = error_c
        self._walk = Walk(seed, "offset", sd_per_root_min=geometry.walk_c)
        self._patterns: OrderedDict[int, Frame] = OrderedDict()
        self._shading = _shading(geometry) * np.float32(stream(seed, "shading").choice([-1, 1]) * geometry.shading_c)
        self._bad: dict[float, tuple[NDArray[np.intp], Frame]] = {}

    # -- time --------------------------------------------------------------------------------------------------------

    def frame_number(self, t_s: float) -> int:
        """Return the number of the frame that shows a time; during a shutter correction, of the last one before it."""
        busy, since_s = self.shutter(t_s)
        if busy:
            t_s -= since_s + 1 / self.geometry.fps
        stuck_from = self.faults.began_s(SensorFaultKind.STUCK, t_s) if self._is(SensorFaultKind.STUCK, t_s) else None
        return int(np.floor((t_s if stuck_from is None else stuck_from) * self.geometry.fps + 1e-6))

    def shutter(self, t_s: float) -> tuple[bool, float]:
        """Return whether a correction is under way, and the seconds since it began, else since the last one ended."""
        geometry = self.geometry
        number = self._shutter_number(t_s)
        if geometry.shutter_every_s is None or number is None:
            return False, t_s + self._on_for_s
        into_s = t_s - SHUTTER_PHASE_S - number * geometry.shutter_every_s
        if into_s < geometry.shutter_takes_s:
            return True, into_s
        return False, into_s - geometry.shutter_takes_s

    def _shutter_number(self, t_s: float) -> int | None:
        every_s = self.geometry.shutter_every_s
        if every_s is None:
            return None
        if self._is(SensorFaultKind.SHUTTER_OFF, t_s):
            t_s = self.faults.began_s(SensorFaultKind.SHUTTER_OFF, t_s)
        return int(np.floor((t_s - SHUTTER_PHASE_S) / every_s))

    # -- temperatures ------------------------------------------------------------------------------------------------

    def sensor_c(self, t_s: float) -> float:
        """Return the temperature of the detector, °C: the air's, and its own heat as it warms up."""
        warmed = 1 - exp(-max(0.0, t_s + self._on_for_s) / WARM_UP_S)
        return self._air.ambient_c(t_s) + SELF_HEATING_C * warmed

    def offset_c(self, t_s: float) -> float:
        """Return the error common to all pixels of the frames about `t_s`, without their white part, °C."""
        geometry = self.geometry
        offset = self._walk.at(t_s) + self.faults.offset_c(t_s)
        offset += geometry.warm_up_c * exp(-max(0.0, t_s + self._on_for_s) / WARM_UP_S)
        offset += geometry.ambient_c_per_c * (self._air.ambient_c(t_s) - CALIBRATED_AT_C)
        number = self._shutter_number(t_s)
        if number is not None and geometry.shutter_every_s is not None:
            draw = stream(self._seed, "shutter", number)
            # the level is drawn anew each time, so the jump between two has the SD of the table
            offset += geometry.shutter_jump_c / 2**0.5 * draw.standard_normal()
            sunk = (t_s - SHUTTER_PHASE_S - number * geometry.shutter_every_s) / geometry.shutter_every_s
            offset += geometry.shutter_sag_c * draw.standard_normal() * min(sunk, 3.0)
        return float(offset)

    # -- pictures ----------------------------------------------------------------------------------------------------

    def expose(self, seen_c: Frame, number: int) -> Frame:
        """Return the picture as the detector delivers it for its frame of that number; `seen_c` is used up."""
        t_s = number / self.geometry.fps
        rng = stream(self._seed, "frame", number)
        picture = self._before_lens(seen_c, t_s)
        noisy = self.faults.size(SensorFaultKind.NOISE, t_s) or 1.0
        noise = rng.standard_normal(picture.shape, dtype=np.float32)
        noise *= np.float32(self.geometry.netd_c * noisy)
        noise += self._pattern(self._shutter_number(t_s) or 0)
        noise += rng.standard_normal((picture.shape[0], 1), dtype=np.float32) * np.float32(self.geometry.row_c)
        noise += np.float32(self.offset_c(t_s) + self.geometry.common_c * noisy * rng.standard_normal())
        picture += noise
        a_c, b = self._error
        if a_c or b:
            picture += np.float32(a_c) + np.float32(b) * (picture - np.float32(37))
        self._after(picture, t_s, rng)
        return picture

    def _before_lens(self, seen_c: Frame, t_s: float) -> Frame:
        fog = self.faults.size(SensorFaultKind.FOG, t_s)
        if fog is not None:
            seen_c = seen_through(seen_c, fog, self._air.ambient_c(t_s)).astype(np.float32)
        gain = self.faults.size(SensorFaultKind.GAIN, t_s)
        if gain is not None:
            own_c = np.float32(self.sensor_c(t_s))
            seen_c = own_c + np.float32(gain) * (seen_c - own_c)
        return seen_c

    def _pattern(self, number: int) -> Frame:
        found = self._patterns.get(number)
        if found is None:
            geometry = self.geometry
            drawn = stream(self._seed, "pattern", number).standard_normal(
                (geometry.rows, geometry.cols), dtype=np.float32
            )
            found = drawn * np.float32(geometry.pattern_c) + self._shading
            self._patterns[number] = found
            while len(self._patterns) > 3:
                self._patterns.popitem(last=False)
        return found

    def _after(self, picture: Frame, t_s: float, rng: np.random.Generator) -> None:
        emissivity = self.faults.size(SensorFaultKind.EMISSIVITY, t_s)
        if emissivity is not None:
            picture[:] = device_indicates_c(picture, emissivity, self._air.ambient_c(t_s))
        slope = self.faults.size(SensorFaultKind.NORMALISING, t_s)
        if slope is not None:
            picture += np.float32(slope - 1) * (picture - np.float32(37))
        share = self.faults.size(SensorFaultKind.BAD_PIXELS, t_s) or self.geometry.bad_share
        if share:
            where, dead_c = self._bad_pixels(share)
            flicker = rng.random(dead_c.shape, dtype=np.float32) < 0.5
            picture.flat[where] = np.where(flicker, dead_c, dead_c + 2)
        row = self.faults.size(SensorFaultKind.BAD_ROW, t_s)
        if row is not None:
            picture[int(row) % picture.shape[0]] = rng.uniform(-200, 300, picture.shape[1])
        glare = self.faults.size(SensorFaultKind.SUN, t_s)
        if glare is not None:
            picture[: picture.shape[0] // 3] = glare

    def _bad_pixels(self, share: float) -> tuple[NDArray[np.intp], Frame]:
        """The same pixels in every frame: half of them dead, half flickering about a wrong value."""
        if share not in self._bad:
            rng = stream(self._seed, "bad pixels")
            size = self.geometry.rows * self.geometry.cols
            where = rng.permutation(size)[: round(share * size)].astype(np.intp)
            self._bad[share] = where, rng.normal(28, 8, where.size).astype(np.float32)
        return self._bad[share]

    def _is(self, kind: SensorFaultKind, t_s: float) -> bool:
        return self.faults.active(kind, t_s)


def _shading(geometry: Geometry) -> Frame:
    """From 0 in the centre to 1 in the corners, less its mean."""
    x = np.linspace(-1, 1, geometry.cols, dtype=np.float32)
    y = np.linspace(-1, 1, geometry.rows, dtype=np.float32)
    bowl = (x[None, :] ** 2 + y[:, None] ** 2) / 2
    return np.asarray(bowl - bowl.mean(), dtype=np.float32)
