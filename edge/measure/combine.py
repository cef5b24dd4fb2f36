"""Several sites of one face into one skin temperature, without shrinkage (`science.md` 3.1, 3.4).

Canthus and face maximum err together only in part, so their mean is surer than the canthus and less easily misled than
the face maximum, which a lamp, the sun or an open mouth can raise. The weights are inverse variances between people,
fitted on afebrile people and fixed; they sum to one and are not negative, so the slope of the body on either site stays
what the heat balance makes it, and the hotter of the two never lowers the result.
"""

import math
from collections.abc import Mapping

from contract.vocabulary import Site
from edge.measure.body import DEFAULT, Coefficients


def weighted(canthus: float, face: float, canthus_weight: float) -> float:
    """Return the weighted mean of what canthus and face maximum say; the weights sum to one, so nothing shrinks."""
    return canthus_weight * canthus + (1 - canthus_weight) * face


def combine(skins_c: Mapping[Site, float | None], coefficients: Coefficients = DEFAULT) -> tuple[Site, float] | None:
    """Return the site and skin temperature, °C, to go on with, or None where no site has a number.

    Both canthus and face maximum give COMBINED; otherwise the measured site that varies least between people is
    taken, with that site's own k and spread.
    """
    known = {site: skin_c for site, skin_c in skins_c.items() if skin_c is not None and math.isfinite(skin_c)}
    if Site.CANTHUS in known and Site.FACE_MAX in known:
        weight = coefficients.combined.canthus_weight
        return Site.COMBINED, weighted(known[Site.CANTHUS], known[Site.FACE_MAX], weight)
    if not known:
        return None
    site = min(known, key=lambda site: coefficients.at(site).s_c)
    return site, known[site]
