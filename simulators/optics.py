"""From the scene to the detector's plane: area sampling, blur, veil; temperatures in, temperatures out.

People are drawn once each as a portrait on a fine millimetre grid, already as apparent (blackbody-equivalent)
temperatures; a frame then only moves, blurs and area-averages that portrait, so 9 frames a second of 160x120 cost a
small part of one core. Blurring temperatures instead of radiances errs by less than 5 mK at these contrasts.
"""

from collections import OrderedDict
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulators.chance import stream
from simulators.face import portrait
from simulators.geometry import Geometry, Mounting
from simulators.passage import Item, Passage, Pose
from simulators.plate import Plate
from simulators.radiation import SKIN_EMISSIVITY, air_transmittance, apparent_c, seen_through
from simulators.scene import Scene, Seen

Frame = NDArray[np.float32]

PORTRAIT_X_MM: Final = 240.0
PORTRAIT_TOP_MM: Final = -110.0
PORTRAIT_BOTTOM_MM: Final = 330.0
PORTRAITS_KEPT: Final = 8
VEIL_PX: Final = 20
PULSE_SD_C: Final = 0.12
"""Frame-to-frame physiology and pose (`science.md` 7)."""


class Lens:
    """What of a scene reaches the detector of one camera, upright, °C apparent."""

    def __init__(
        self, scene: Scene, geometry: Geometry, mounting: Mounting, aim_mm: tuple[float, float] = (0, 0)
    ) -> None:
        self._scene = scene
        self._geometry = geometry
        self._rows, self._cols = mounting.upright_shape(geometry)
        self._aim_mm = aim_mm
        self._mark_mm_px = self.mm_per_px(scene.place.mark_m)
        self._wall = _wall(scene.seed, self._rows, self._cols)
        self._portraits: OrderedDict[int, Frame] = OrderedDict()
        self._step_mm = float(np.clip(self._mark_mm_px / 3, 0.7, 2.5))
        self._plates = [(plate, *self._plate_discs(plate)) for plate in (scene.plate, scene.second_plate) if plate]

    def mm_per_px(self, distance_m: float) -> float:
        """Return what one pixel spans at a distance, mm."""
        return distance_m * 1000 * self._geometry.radians_per_px

    def look(self, t_s: float, *, hide_plate: bool = False, plate_swing_c: float = 0.0) -> Frame:
        """Return the upright picture at a time, before the detector's own faults."""
        air_c = self._scene.air.ambient_c(t_s)
        picture = self._wall + np.float32(air_c + 0.5)
        if self._scene.place.lamp is not None:
            self._draw_item(
                picture, self._scene.place.lamp, Pose(0, 0, self._scene.place.mark_m, 0, standing=True), air_c
            )
        hidden = hide_plate
        for seen in self._scene.visible(t_s):
            hidden |= seen.passage.hides_plate and seen.pose.standing
            self._draw_person(picture, seen, t_s)
            if seen.passage.item is not None:
                self._draw_item(picture, seen.passage.item, seen.pose, air_c)
        self._draw_plates(picture, t_s, air_c, swing_c=plate_swing_c, hidden=hidden)
        return self._veiled(picture)

    def _veiled(self, picture: Frame) -> Frame:
        veil = self._geometry.veil
        width = min(VEIL_PX, self._rows // 2)
        around = cv2.blur(picture, (width, width), borderType=cv2.BORDER_REPLICATE)
        return cv2.addWeighted(picture, 1 - veil, around, veil, 0).astype(np.float32, copy=False)

    # -- people ------------------------------------------------------------------------------------------------------

    def _draw_person(self, picture: Frame, seen: Seen, t_s: float) -> None:
        layers = self._portrait(seen.passage)
        if layers is None:
            return
        pose = seen.pose
        mm_px = self.mm_per_px(pose.distance_m)
        cx, cy = self._centre(pose, mm_px)
        x0, x1 = self._clip(cx - PORTRAIT_X_MM / mm_px, cx + PORTRAIT_X_MM / mm_px, self._cols)
        y0, y1 = self._clip(cy + PORTRAIT_TOP_MM / mm_px, float(self._rows), self._rows)
        if x1 - x0 < 1 or y1 - y0 < 1:
            return
        fine = int(np.clip(np.ceil(mm_px / 2.5), 2, 8))
        step = self._step_mm
        scale = mm_px / (fine * step)
        shift_x = ((x0 + 0.5 / fine - cx) * mm_px + PORTRAIT_X_MM) / step
        shift_y = ((y0 + 0.5 / fine - cy) * mm_px - PORTRAIT_TOP_MM) / step
        size = ((x1 - x0) * fine, (y1 - y0) * fine)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        turn = np.array([[scale, 0, shift_x], [0, scale, shift_y]])
        drawn = cv2.warpAffine(layers, turn, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        psf, motion = self._geometry.psf_px, pose.speed_mm_s / mm_px / self._geometry.fps * 0.3
        blur_x = float(np.hypot(psf, min(motion, 1.5))) * fine
        drawn = cv2.GaussianBlur(drawn, (0, 0), blur_x, sigmaY=psf * fine, borderType=cv2.BORDER_REPLICATE)
        drawn = cv2.resize(drawn, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
        target = picture[y0:y1, x0:x1]
        cover = drawn[..., 1]
        pulse = np.float32(_pulse_c(self._scene.seed, seen.passage.number, t_s))
        target *= 1 - cover
        target += drawn[..., 0] + pulse * cover
        if seen.passage.person is not None and seen.passage.person.mask:
            target += drawn[..., 2] * np.float32(np.sin(2 * np.pi * 0.25 * t_s))

    def _portrait(self, passage: Passage) -> Frame | None:
        """The person's layers: apparent temperature times cover, cover, breathing mask."""
        found = self._portraits.get(passage.number)
        if found is None:
            face = self._scene.face(passage)
            if face is None:
                return None
            step = self._step_mm
            x = np.arange(-PORTRAIT_X_MM, PORTRAIT_X_MM + step, step)
            y = np.arange(PORTRAIT_TOP_MM, PORTRAIT_BOTTOM_MM + step, step)
            drawn = portrait(face, x, y)
            seen_c = self._through_air(apparent_c(drawn.temps_c, SKIN_EMISSIVITY, face.air_c), passage.stands_from_s)
            found = np.dstack([seen_c * drawn.cover, drawn.cover, drawn.mask]).astype(np.float32)
            self._portraits[passage.number] = found
            while len(self._portraits) > PORTRAITS_KEPT:
                self._portraits.popitem(last=False)
        return found

    def _through_air(self, seen_c: NDArray[np.float64], t_s: float) -> NDArray[np.float64]:
        air = self._scene.air
        clear = air_transmittance(self._scene.place.mark_m, air.ambient_c(t_s), air.humidity_pct(t_s))
        return seen_through(seen_c, clear, air.ambient_c(t_s))

    # -- things ------------------------------------------------------------------------------------------------------

    def _draw_item(self, picture: Frame, item: Item, pose: Pose, air_c: float) -> None:
        mm_px = self.mm_per_px(pose.distance_m)
        cx, cy = self._centre(pose, mm_px)
        cover = self._disc(cx + item.x_mm / mm_px, cy + item.y_mm / mm_px, item.diameter_mm / 2 / mm_px)
        _lay(picture, cover, apparent_c(item.temperature_c, item.emissivity, air_c))

    def _draw_plates(self, picture: Frame, t_s: float, air_c: float, *, swing_c: float, hidden: bool) -> None:
        """Draw the plates; what hides one or makes it swing does so to the scene's first."""
        clear = air_transmittance(self._scene.place.mark_m, air_c, self._scene.air.humidity_pct(t_s))
        for plate, housing, disc in self._plates:
            first = plate is self._scene.plate
            shown_c = plate.radiance_c(t_s, air_c) + (swing_c if first else 0.0)
            _lay(picture, housing, air_c + 1.0)
            _lay(picture, disc, air_c + 2.0 if hidden and first else seen_through(shown_c, clear, air_c))

    def _plate_discs(self, plate: Plate) -> tuple[Frame, Frame]:
        x, y, radius = self._plate_place(plate)
        return self._disc(x, y, radius * 1.5), self._disc(x, y, radius)

    def _plate_place(self, plate: Plate) -> tuple[float, float, float]:
        mm_px = self._mark_mm_px
        x = self._cols / 2 + (plate.x_mm - self._aim_mm[0]) / mm_px
        y = self._rows / 2 + (plate.y_mm - self._aim_mm[1]) / mm_px
        return x, y, plate.radius_mm / mm_px

    def plate_region(self) -> tuple[int, int, int] | None:
        """Return centre column, centre row and radius of the plate in the upright picture, for a configuration."""
        return self._region(self._scene.plate)

    def second_plate_region(self) -> tuple[int, int, int] | None:
        """Return the same of the second plate."""
        return self._region(self._scene.second_plate)

    def _region(self, plate: Plate | None) -> tuple[int, int, int] | None:
        if plate is None:
            return None
        x, y, radius = self._plate_place(plate)
        return int(x), int(y), int(radius)

    def _disc(self, cx: float, cy: float, radius: float) -> Frame:
        """How much of each pixel a blurred disc covers."""
        x = np.arange(self._cols) + 0.5 - cx
        y = np.arange(self._rows) + 0.5 - cy
        inside = (radius - np.hypot(x[None, :], y[:, None])) / np.hypot(self._geometry.psf_px, 0.289)
        return np.asarray(0.5 + 0.5 * np.tanh(0.7979 * (inside + 0.0447 * inside**3)), dtype=np.float32)

    # -- places ------------------------------------------------------------------------------------------------------

    def _centre(self, pose: Pose, mm_px: float) -> tuple[float, float]:
        """Where the midpoint between the eyes falls in the upright picture, pixels from the upper left corner."""
        return self._cols / 2 + (pose.x_mm - self._aim_mm[0]) / mm_px, self._rows / 2 + (
            pose.y_mm - self._aim_mm[1]
        ) / mm_px

    @staticmethod
    def _clip(low: float, high: float, limit: int) -> tuple[int, int]:
        return max(0, int(np.floor(low)) - 3), min(limit, int(np.ceil(high)) + 3)


def _lay(picture: Frame, cover: Frame, temperature_c: float) -> None:
    picture += cover * (np.float32(temperature_c) - picture)


def _wall(seed: int, rows: int, cols: int) -> Frame:
    """A wall with a colder door and slow unevenness, °C about its mean."""
    rng = stream(seed, "wall")
    coarse = rng.standard_normal((6, 8)).astype(np.float32) * 0.12
    wall = np.asarray(cv2.resize(coarse, (cols, rows), interpolation=cv2.INTER_CUBIC), dtype=np.float32)
    door = slice(int(cols * 0.62), int(cols * 0.9))
    wall[int(rows * 0.25) :, door] -= 0.7
    return np.asarray(cv2.GaussianBlur(wall, (0, 0), 1.0), dtype=np.float32)


def _pulse_c(seed: int, number: int, t_s: float) -> float:
    """Slow unrest of a person's skin and pose: a few sines with their own phases, SD `PULSE_SD_C`."""
    phases = stream(seed, "pulse", number).uniform(0, 2 * np.pi, 4)
    rates_hz = np.array([0.31, 0.73, 1.27, 2.1])
    return float(PULSE_SD_C * np.sqrt(0.5) * np.sin(2 * np.pi * rates_hz * t_s + phases).sum())
