"""A thermal camera at a gate: lens, detector and the way it hangs. What a device simulator reads its frames from."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulators.detector import Detector
from simulators.geometry import Geometry, Mounting
from simulators.optics import Lens
from simulators.scene import Scene
from simulators.sensor_faults import SensorFaultKind, SensorFaults

SHUTTER_FAULTS: Final = frozenset(SensorFaultKind) - {SensorFaultKind.AIR}
"""What can go wrong with a camera that has a shutter."""
FAULTS: Final = SHUTTER_FAULTS - {SensorFaultKind.SHUTTER_OFF}
"""And with one that has none."""


class Camera:
    """A `device.FrameSource` that looks at a scene; pure in time, used by one thread."""

    def __init__(
        self,
        scene: Scene,
        geometry: Geometry,
        *,
        seed: int = 0,
        mounting: Mounting | None = None,
        aim_mm: tuple[float, float] = (0.0, 0.0),
        faults: SensorFaults | None = None,
        on_for_s: float = 0.0,
        error_c: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Hang a camera. `aim_mm`: where its axis meets the mark's plane, from the eyes of an average person.

        `on_for_s`: how long it has been switched on at t = 0. `error_c`: see `Detector`.
        """
        self.geometry = geometry
        self.mounting = mounting or Mounting()
        self.lens = Lens(scene, geometry, self.mounting, aim_mm)
        self.detector = Detector(geometry, scene.air, seed, faults=faults, on_for_s=on_for_s, error_c=error_c)

    def frame(self, t_s: float) -> NDArray[np.float32]:
        """Return the frame being delivered at a time, as the sensor lies, °C blackbody-equivalent."""
        number = self.detector.frame_number(t_s)
        shown_s = number / self.geometry.fps
        hidden = self.detector.faults.active(SensorFaultKind.PLATE_HIDDEN, shown_s)
        swing_c = self.detector.faults.plate_swing_c(shown_s)
        upright = self.lens.look(shown_s, hide_plate=hidden, plate_swing_c=swing_c)
        if self.mounting.mirror:
            upright = upright[:, ::-1]
        turned = np.ascontiguousarray(np.rot90(upright, self.mounting.rotate_deg // 90))
        return self.detector.expose(turned, number)

    def sensor_c(self, t_s: float) -> float:
        """Return the temperature of the detector, °C."""
        return self.detector.sensor_c(t_s)

    def shutter(self, t_s: float) -> tuple[bool, float]:
        """Return whether a shutter correction is under way, and the seconds since its begin or the last one's end."""
        return self.detector.shutter(t_s)
