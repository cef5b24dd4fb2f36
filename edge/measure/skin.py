"""One frame's skin temperature, with every correction on the way (`science.md` 2.6, 3.3).

indicated -> device, certificate, window, atmosphere (`edge.measure.chain`) -> reference -> emissivity -> spot. Each
step is kept with its size: their sum is the difference between what the instrument said and the skin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.vocabulary import Site
from edge.measure.body import DEFAULT
from edge.measure.chain import Chain, Step
from edge.measure.combine import weighted
from edge.measure.radiometry import surface
from edge.measure.sites import Seen
from edge.measure.spot import RELATIVE_U, coefficient

_FOREHEAD_MM: Final = (0.0, 0.7, 2.1, 3.5, 5.0, 6.8, 10.0)
_FOREHEAD_C: Final = (0.0, 0.006, 0.007, 0.010, 0.014, 0.022, 0.040)
"""What coarseness takes off the forehead's maximum. Its warm spots over the temples are twice as wide as a canthus, so
it is less than `edge.measure.spot` says of the face; from the same synthetic face at six positions on the pixels."""


@dataclass(frozen=True, slots=True)
class Surface:
    """What turns radiation at the target into the temperature of skin."""

    emissivity: float
    reflected_c: float
    ambient_c: float
    mm_per_px: float | None
    """None: a single point, which has no pixels."""
    canthus_weight: float = DEFAULT.combined.canthus_weight
    """Of the canthus where it and the face maximum are measured together (`edge.measure.combine`)."""


@dataclass(frozen=True, slots=True)
class Skin:
    """A skin temperature and how it came about, °C."""

    site: Site
    indicated_c: float
    skin_c: float
    steps: tuple[Step, ...]
    spot_u_c: float
    """Standard uncertainty of the correction for the picture's coarseness."""
    spot: tuple[int, int] | None = None
    """First column and row of the pixels it was taken from."""


def skin(site: Site, indicated_c: float, chain: Chain, offset_c: float | None, target: Surface) -> Skin | None:
    """Return the skin temperature of one site, or None where the picture is too coarse or the radiance impossible.

    `offset_c` is what the reference in view says the camera is wrong by in this frame; None: there is no reference.
    """
    target_c, steps = chain.value(indicated_c)
    if offset_c is not None:
        steps = (*steps, Step("reference", -offset_c))
        target_c -= offset_c
    surface_c = surface(target_c, target.emissivity, target.reflected_c)
    c = _coarseness(site, target.mm_per_px)
    if c is None or not np.isfinite(surface_c):
        return None
    correction_c = c * (surface_c - target.ambient_c)
    steps = (*steps, Step("emissivity", surface_c - target_c), Step("spot", correction_c))
    return Skin(site, indicated_c, surface_c + correction_c, steps, RELATIVE_U * abs(correction_c))


def of_face(
    seen: Sequence[Seen], raw_c: NDArray[np.float32], chain: Chain, offset_c: float | None, target: Surface
) -> Skin | None:
    """Return the skin temperature of what a face shows; two sites give one, weighted (`edge.measure.combine`)."""
    found = []
    for part in seen:
        value = skin(part.site, float(np.nanmean(raw_c[part.pixels])), chain, offset_c, target)
        if value is None:
            return None
        found.append(Skin(value.site, value.indicated_c, value.skin_c, value.steps, value.spot_u_c, part.spot))
    return found[0] if len(found) == 1 else _weighted(found, target.canthus_weight)


def _weighted(parts: Sequence[Skin], weight: float) -> Skin:
    """Return canthus and face maximum as one, with every step."""
    canthus, face = parts
    mean = partial(weighted, canthus_weight=weight)
    return Skin(
        Site.COMBINED,
        mean(canthus.indicated_c, face.indicated_c),
        mean(canthus.skin_c, face.skin_c),
        tuple(Step(a.name, mean(a.size_c, b.size_c)) for a, b in zip(canthus.steps, face.steps, strict=True)),
        mean(canthus.spot_u_c, face.spot_u_c),
        canthus.spot,
    )


def _coarseness(site: Site, mm_per_px: float | None) -> float | None:
    match site:
        case Site.FOREHEAD_SPOT:
            return 0.0  # a mean over the forehead: the table is for the hottest pixels
        case Site.FOREHEAD_MAX:
            return float(np.interp(mm_per_px, _FOREHEAD_MM, _FOREHEAD_C)) if mm_per_px is not None else None
        case _:
            return coefficient(mm_per_px) if mm_per_px is not None else None
