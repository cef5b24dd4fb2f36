"""How a camera looks at people: the upright picture and how large things are on it (`science.md` 3.3)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.vocabulary import Site
from drivers.codec import DriverSpec
from edge.config import Instrument
from edge.measure.pose import EYES_MM
from edge.measure.spot import CANTHUS_MM, FACE_MM, mm_per_pixel

LEAST_FACE_COLUMNS: Final = 60
"""Coarser arrays (32x24, 8x8) look for no face: they measure a forehead at a mark (`design.md` 6)."""


class GeometryMissing(Exception):
    """The picture's shape or field of view is not known; the text says what to configure."""


@dataclass(frozen=True, slots=True)
class View:
    """The geometry of one camera at its gate."""

    rows: int
    """Of the upright picture."""
    columns: int
    quarter_turns: int
    """Clockwise."""
    mirror: bool
    mm_per_px: float
    """Width of one pixel at the calibrated distance."""

    @property
    def eyes_px(self) -> float:
        """Distance between an adult's eyes at the calibrated distance, pixels."""
        return EYES_MM / self.mm_per_px

    @property
    def finds_faces(self) -> bool:
        """Whether the picture is fine enough to look for faces."""
        return min(self.rows, self.columns) >= LEAST_FACE_COLUMNS

    def upright(self, temps_c: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the picture as people stand, as one contiguous array."""
        turned = np.rot90(temps_c, -self.quarter_turns)
        return np.ascontiguousarray(turned[:, ::-1] if self.mirror else turned)

    def site(self, wanted: Site | None) -> Site:
        """Return the site to measure: the one that is wanted, else the best that the resolution allows."""
        if wanted is not None:
            return wanted
        if not self.finds_faces or self.mm_per_px > FACE_MM:
            return Site.FOREHEAD_SPOT
        # where the canthus is resolved, it and the face maximum together are surer than either
        return Site.COMBINED if self.mm_per_px <= CANTHUS_MM else Site.FACE_MAX


def view(instrument: Instrument, spec: DriverSpec, shape: tuple[int, int]) -> View:
    """Return the geometry of an instrument whose frames have `shape` rows and columns. Raises GeometryMissing."""
    turns = instrument.rotate_deg // 90
    rows, columns = shape if turns % 2 == 0 else shape[::-1]
    if instrument.hfov_deg is not None:
        hfov_deg, across = instrument.hfov_deg, columns
    elif spec.hfov_deg is not None:
        # the driver's field of view lies along the sensor's own columns, however the camera is mounted
        hfov_deg, across = spec.hfov_deg, shape[1]
    else:
        raise GeometryMissing(f"instrument {instrument.id}: {spec.title} tells no field of view; set hfov_deg")
    mm_per_px = mm_per_pixel(instrument.distance_m, hfov_deg, across)
    return View(rows, columns, turns, instrument.mirror, mm_per_px)
