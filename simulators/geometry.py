"""What kinds of thermal sensor there are: pixels, field of view and how good they are (`science.md` 7)."""

from dataclasses import dataclass
from math import atan, degrees, radians, tan
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Geometry:
    """One kind of sensor, as its own chip lies: columns are along the horizontal field of view."""

    cols: int
    rows: int
    hfov_deg: float
    fps: float
    netd_c: float
    """White temporal noise per frame."""
    pattern_c: float
    """SD of the fixed pattern, redrawn at each shutter correction."""
    psf_px: float
    """SD of the optical blur."""
    common_c: float
    """SD of what moves all pixels of one frame together."""
    shading_c: float = 0.15
    """Centre less corner, a property of the unit."""
    row_c: float = 0.02
    veil: float = 0.02
    """Share of the local mean over 20 pixels that is mixed into each (size-of-source effect, 2-5 %)."""
    walk_c: float = 0.015
    """Random walk, SD per root minute."""
    ambient_c_per_c: float = 0.04
    """Change of offset per degree of air from 23 °C."""
    warm_up_c: float = 1.0
    """Offset at switching on; gone with a time constant of 15 minutes."""
    shutter_every_s: float | None = 180.0
    shutter_takes_s: float = 0.8
    shutter_jump_c: float = 0.15
    shutter_sag_c: float = 0.08
    bad_share: float = 0.0
    """Dead and flickering pixels that the device does not hide itself."""

    @property
    def radians_per_px(self) -> float:
        """Width of a pixel at unit distance; the same in both directions."""
        return 2 * tan(radians(self.hfov_deg / 2)) / self.cols


MLX90640_55: Final = Geometry(32, 24, 55.0, 8.0, 0.28, 0.10, 0.45, 0.02, shutter_every_s=None)
"""Its fastest rate here; a device set to 4 Hz averages two frames, which gives the 0.20 of the table."""
MLX90640_110: Final = Geometry(32, 24, 110.0, 8.0, 0.28, 0.10, 0.45, 0.02, shutter_every_s=None)
AMG8833: Final = Geometry(8, 8, 60.0, 10.0, 0.25, 0.50, 0.5, 0.05, shutter_every_s=None)
HTPA_32X32: Final = Geometry(32, 32, 60.0, 8.7, 0.20, 0.10, 0.5, 0.03, shutter_every_s=None)
"""Thermopile arrays with many lenses; a common one."""
SENXOR_80X62: Final = Geometry(80, 62, 56.0, 8.33, 0.10, 0.08, 0.6, 0.03, shutter_every_s=None)
"""A third of its fastest rate, as the driver sets it; the module hides its bad pixels itself."""
ARRAY_80X60: Final = Geometry(80, 60, 56.0, 9.0, 0.06, 0.05, 0.6, 0.03, bad_share=0.001)
LEPTON_35: Final = Geometry(160, 120, 57.0, 8.78, 0.05, 0.05, 0.6, 0.03)
"""Frame rate as measured on real recordings; the Lepton hides its bad pixels itself."""
ARRAY_256X192: Final = Geometry(256, 192, 50.0, 25.0, 0.05, 0.04, 0.6, 0.02, shutter_every_s=300.0, bad_share=0.002)
ARRAY_384X288: Final = Geometry(384, 288, 25.0, 25.0, 0.04, 0.03, 0.6, 0.02, shutter_every_s=300.0, bad_share=0.002)
ARRAY_640X512: Final = Geometry(640, 512, 25.0, 25.0, 0.04, 0.03, 0.6, 0.02, shutter_every_s=300.0, bad_share=0.002)


@dataclass(frozen=True, slots=True)
class Mounting:
    """How the camera hangs: what a gate's configuration must undo (`rotate_deg` clockwise, then `mirror`)."""

    rotate_deg: Literal[0, 90, 180, 270] = 0
    mirror: bool = False

    def upright_shape(self, geometry: Geometry) -> tuple[int, int]:
        """Return rows x columns of the upright picture."""
        if self.rotate_deg in {90, 270}:
            return geometry.cols, geometry.rows
        return geometry.rows, geometry.cols

    def upright_hfov_deg(self, geometry: Geometry) -> float:
        """Return the horizontal field of view of the upright picture, degrees."""
        return degrees(2 * atan(geometry.radians_per_px * self.upright_shape(geometry)[1] / 2))
