"""Where on the face the temperature is taken, and what to do where that place is covered (`science.md` 3.3, 4.1).

The value of a frame is the mean of the hottest 2x2 pixels in the site. Which site the picture allows is settled by its
millimetres a pixel (`edge.measure.view`); whether the face allows it is seen here. Glass is opaque in the far infrared
and takes on the temperature of the air: behind spectacles there are no canthi and the face's maximum is not where it
should be, so the forehead is taken instead, with its own heat balance and its larger uncertainty. A hat takes the
forehead away as well, or leaves a strip of it without the warm temples, and then there is nothing to measure.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.vocabulary import Reason, Site
from edge.measure.patch import Mask, Patch
from edge.measure.plausibility import FACE

GLASSES_BELOW: Final = 0.82
GLASSES_BELOW_CHEEKS: Final = 0.90
"""Warmth of the eyes over that of the warmer of forehead and cheeks, and over the cheeks', all above the air. On
checkpoint pictures glass gives 0.45-0.77 and 0.45-0.87, bare eyes 0.88-1.03 and 1.00-1.15. Both, because the sun warms
the forehead first and a mask cools the cheeks."""
HAT_BELOW: Final = 0.70
"""The same for the forehead over the cheeks: bare 0.93-1.25; cloth, felt and straw are about 0.35, hair 0.45."""
MASK_BELOW: Final = 0.75
"""The same for the mean of mouth and cheeks over the forehead: bare 0.78-1.1; a mask that is breathed through 0.7."""
SUNNY_SIDE_C: Final = 0.6
"""Forehead and cheek of one side warmer by this than those of the other: the sun or a heater has shone on it. On
checkpoint pictures, indoors, half a per cent of the faces; a turn of 15 degrees makes 0.2."""
FOREHEAD: Final = 0.6
"""Height of bare skin above the eyes, in distances between them, of a forehead that shows its temples: 0.7-1.3 on
checkpoint pictures of people with spectacles; under a brim 0.5."""
_FOREHEAD: Final = (0.0, 0.75, -0.85, -0.25)
"""With the temples: an ellipse cuts through their warm spots, which on coarse pictures are the face's hottest."""
_BAND: Final = 0.1
_BANDS: Final = tuple(-1.4 + _BAND * number for number in range(13))
MISSING_SHARE: Final = 0.10
"""More bad pixels in a site than this, and its maximum may be among them."""
LEAST_CONTRAST_C: Final = 1.0
"""With skin this near to the air's temperature nothing can be told from what covers it."""

Pixels = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One site on one frame."""

    site: Site
    value_c: float
    """Radiance temperature, mean of the hottest 2x2 pixels or of the forehead."""
    pixels: Pixels
    """Rows and columns, in the picture, of the pixels whose mean it is."""

    @property
    def spot(self) -> tuple[int, int]:
        """First column and row of them."""
        rows, columns = self.pixels
        return int(columns.min()), int(rows.min())


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a face shows of the wanted site."""

    seen: tuple[Seen, ...] = ()
    """Two for the combined site, one otherwise; empty where nothing can be measured."""
    refused: Reason | None = None
    covered: tuple[Reason, ...] = ()
    """What covers the face or has warmed one side of it, whether or not a site is left."""


def look(face: Patch, wanted: Site, air_c: float) -> Look:
    """Return the wanted site's value on this frame, or its fallback's, or why there is none."""
    covered = _covered(face, air_c)
    if Reason.SITE_COVERED in covered and (Reason.GLASSES in covered or wanted in _ON_FOREHEAD):
        return Look(refused=Reason.SITE_COVERED, covered=covered)
    taken = Site.FOREHEAD_MAX if Reason.GLASSES in covered and wanted not in _ON_FOREHEAD else wanted
    if taken in _ON_FOREHEAD and _brimmed(face, air_c):
        return Look(refused=Reason.SITE_COVERED, covered=(*covered, Reason.SITE_COVERED))
    parts = (Site.CANTHUS, Site.FACE_MAX) if taken is Site.COMBINED else (taken,)
    seen = tuple(found for part in parts if (found := _see(face, part)) is not None)
    if len(seen) < len(parts):
        return Look(refused=Reason.BAD_PIXELS, covered=covered)
    return Look(seen=seen, covered=covered)


_ON_FOREHEAD: Final = frozenset({Site.FOREHEAD_MAX, Site.FOREHEAD_SPOT})


def _see(face: Patch, site: Site) -> Seen | None:
    mask = _mask(face, site)
    if face.missing(mask) > MISSING_SHARE:
        return None
    if site is Site.FOREHEAD_SPOT:
        rows, columns = np.nonzero(mask & np.isfinite(face.temps_c))
        return Seen(site, face.mean(mask), (rows + face.top_px, columns + face.left_px))
    hottest = face.hottest(mask)
    if hottest is None:
        return None
    value_c, (column, row) = hottest
    return Seen(site, value_c, (np.array([row, row, row + 1, row + 1]), np.array([column, column + 1] * 2)))


def _mask(face: Patch, site: Site) -> Mask:
    match site:
        case Site.CANTHUS:
            return face.block(0.08, 0.42, -0.14, 0.26)
        case Site.FOREHEAD_MAX:
            return face.block(*_FOREHEAD)
        case Site.FOREHEAD_SPOT:
            return face.block(0.0, 0.35, -0.78, -0.45)
        case _:
            return face.ellipse(*FACE) | face.block(*_FOREHEAD)


def _brimmed(face: Patch, air_c: float) -> bool:
    """Say whether only a strip of the forehead is bare, wherever the landmarks put it: over spectacles they slip."""
    bands_c = [face.percentile(face.block(0.0, 0.55, top, top + 1.2 * _BAND), 50) for top in _BANDS]
    warm = np.asarray(bands_c) - air_c
    warmest = float(np.nanmax(warm, initial=0.0))
    if warmest < LEAST_CONTRAST_C:
        return False
    return bool(np.count_nonzero(warm >= HAT_BELOW * warmest) * _BAND < FOREHEAD)


def _covered(face: Patch, air_c: float) -> tuple[Reason, ...]:
    """Return GLASSES, MASK, for a covered forehead SITE_COVERED, and SUN_WARMED."""
    eyes_c = face.percentile(face.block(0.28, 0.75, -0.22, 0.22), 50)
    forehead_c = face.percentile(face.block(0.0, 0.55, -0.80, -0.40), 75)
    cheeks_c = face.percentile(face.block(0.30, 0.70, 0.35, 0.75), 50)
    mouth_c = face.percentile(face.block(0.0, 0.40, 0.70, 1.15), 50)
    skin_c = max(forehead_c, cheeks_c)
    if not skin_c - air_c >= LEAST_CONTRAST_C:
        return ()
    covers = []
    glass = eyes_c - air_c < GLASSES_BELOW * (skin_c - air_c)
    if glass and eyes_c - air_c < GLASSES_BELOW_CHEEKS * (cheeks_c - air_c):
        covers.append(Reason.GLASSES)
    if (mouth_c + cheeks_c) / 2 - air_c < MASK_BELOW * (forehead_c - air_c):
        covers.append(Reason.MASK)
    if forehead_c - air_c < HAT_BELOW * (skin_c - air_c):
        covers.append(Reason.SITE_COVERED)
    if _sunlit(face):
        covers.append(Reason.SUN_WARMED)
    return tuple(covers)


def _sunlit(face: Patch) -> bool:
    """Say whether one side of the face is warmer, above and below; glasses, hair or a turn change one of the two."""
    right, left = face.right > 0, face.right < 0
    brow, cheek = face.block(0.15, 0.60, -0.80, -0.40), face.block(0.30, 0.70, 0.35, 0.75)
    brow_c, cheek_c = (face.percentile(part & right, 50) - face.percentile(part & left, 50) for part in (brow, cheek))
    return bool(min(abs(brow_c), abs(cheek_c)) > SUNNY_SIDE_C and brow_c * cheek_c > 0)
