"""Heat balance of the skin: from a core temperature to the temperature of each site (`science.md` 3.1, 3.2 and 7)."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from contract.vocabulary import Site


@dataclass(frozen=True, slots=True)
class SiteModel:
    """How one site follows the body and the air."""

    k: float
    """Heat lost to the air over heat brought by the blood: (core - skin) / (skin - air)."""
    s_c: float
    """Person-to-person SD of the skin at given core and air, °C."""
    sun_share: float
    """How much of the sun's warming of a face is seen here."""


SITES: Final = {
    Site.CANTHUS: SiteModel(k=0.108, s_c=0.33, sun_share=0.35),
    Site.FACE_MAX: SiteModel(k=0.093, s_c=0.30, sun_share=0.60),
    Site.FOREHEAD_MAX: SiteModel(k=0.146, s_c=0.41, sun_share=0.90),
    Site.FOREHEAD_SPOT: SiteModel(k=0.243, s_c=0.57, sun_share=1.00),
}

ORDER: Final = tuple(SITES)
_CORRELATION: Final = np.array(
    [
        [1.00, 0.72, 0.40, 0.30],
        [0.72, 1.00, 0.50, 0.38],  # face with forehead: assumed, between the two measured ones
        [0.40, 0.50, 1.00, 0.76],
        [0.30, 0.38, 0.76, 1.00],
    ]
)
_FACTOR: Final = np.linalg.cholesky(_CORRELATION)

FAST_SHARE: Final = 0.548
FAST_MIN: Final = 0.705
SLOW_MIN: Final = 4.57


def residuals_c(rng: np.random.Generator) -> dict[Site, float]:
    """Draw how far one person's sites lie from the mean of all people, °C, correlated as people's sites are."""
    draws = _FACTOR @ rng.standard_normal(len(ORDER))
    return {site: float(SITES[site].s_c * draw) for site, draw in zip(ORDER, draws, strict=True)}


def cold_left(minutes_inside: float) -> float:
    """Return the share of the outdoor deficit that the skin still has after some minutes inside (Dzien 2020)."""
    fast = FAST_SHARE * math.exp(-minutes_inside / FAST_MIN)
    return fast + (1 - FAST_SHARE) * math.exp(-minutes_inside / SLOW_MIN)


def effective_air_c(inside_c: float, outside_c: float, minutes_inside: float, scatter: float = 1.0) -> float:
    """Return the air that the skin still feels, °C; `scatter` is the person's own pace, log-normal about 1."""
    return inside_c + (outside_c - inside_c) * cold_left(minutes_inside) * scatter


def mismatch(effective_c: float) -> float:
    """Return how the true coefficient differs from the fitted one: vessels narrow in the cold, and no gate knows it."""
    return min(1.6, max(0.6, 1 + 0.01 * (23.0 - effective_c)))


def balance_c(core_c: float, k: float, effective_c: float) -> float:
    """Return the temperature of skin whose loss to the air equals what the blood brings, °C."""
    return (core_c + k * effective_c) / (1 + k)


def site_c(site: Site, core_c: float, effective_c: float, residual_c: float = 0.0, sun_c: float = 0.0) -> float:
    """Return the skin temperature of a site, °C, with the mismatch that the gate does not know."""
    model = SITES[site]
    balanced = balance_c(core_c, model.k * mismatch(effective_c), effective_c)
    return balanced + residual_c + model.sun_share * sun_c
