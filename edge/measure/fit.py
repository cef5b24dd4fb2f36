"""Fitting the heat balance to people whose temperature was also taken with a contact thermometer (`science.md` 3.1).

Only people without fever take part, and nothing is regressed on anything: k is the one number that makes the mean
body temperature right, from mean differences alone, and s is what then remains between people. A regression of body on
skin would fit better and pull every fever towards normal. A person signs the result before a gate may use it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.vocabulary import Site
from edge.measure.body import CombinedCoefficients, SiteCoefficients

LEAST_PEOPLE: Final = 30
FEVER_C: Final = 37.5
_RESAMPLES: Final = 1000

Floats = NDArray[np.float64]


class FitRefused(Exception):
    """These people cannot be fitted to; the text says why."""


@dataclass(frozen=True, slots=True)
class Audit:
    """People measured at the gate and with a contact thermometer."""

    skins_c: Mapping[Site, Floats]
    """Skin temperature by site, corrected for instrument, reference and emissivity; NaN where not measured."""
    ambient_c: Floats
    contact_c: Floats
    """Contact thermometer, oral-equivalent."""

    def afebrile(self) -> "Audit":
        """Return the people who may be fitted to."""
        keep = self.contact_c < FEVER_C
        skins_c = {site: values[keep] for site, values in self.skins_c.items()}
        return Audit(skins_c, self.ambient_c[keep], self.contact_c[keep])


def fit_site(audit: Audit, site: Site, rng: np.random.Generator) -> SiteCoefficients:
    """Return k and s of one site with their 95 % intervals (bootstrap over people).

    Raises FitRefused if somebody has a fever, if too few were measured, or if the skin is not warmer than the air.
    """
    return SiteCoefficients.model_validate(_fit(audit.skins_c[site], audit, rng))


def fit_combined(audit: Audit, rng: np.random.Generator) -> CombinedCoefficients:
    """Return weight, k and s of canthus and face maximum together; the weights are inverse variances between people.

    The covariance is left out on purpose: it would give all but the whole weight to the face maximum, which is the
    site that hot objects and the sun disturb, for no gain on people it was not fitted to.
    """
    canthus, face = (fit_site(audit, site, rng) for site in (Site.CANTHUS, Site.FACE_MAX))
    weight = canthus.s_c**-2 / (canthus.s_c**-2 + face.s_c**-2)
    skin_c = weight * audit.skins_c[Site.CANTHUS] + (1 - weight) * audit.skins_c[Site.FACE_MAX]
    return CombinedCoefficients.model_validate(_fit(skin_c, audit, rng) | {"canthus_weight": weight})


def _fit(skin_c: Floats, audit: Audit, rng: np.random.Generator) -> dict[str, float | int]:
    known = np.isfinite(skin_c) & np.isfinite(audit.ambient_c) & np.isfinite(audit.contact_c)
    skin, air, contact = skin_c[known], audit.ambient_c[known], audit.contact_c[known]
    if len(skin) < LEAST_PEOPLE:
        raise FitRefused(f"{len(skin)} people are too few; at least {LEAST_PEOPLE} are needed")
    if contact.max() >= FEVER_C:
        raise FitRefused("only people without fever may be fitted to: a fever would set its own correction")
    if (skin - air).mean() < 1.0:
        raise FitRefused("the skin is hardly warmer than the air: k cannot be told from these people")
    k = float((contact - skin).mean() / (skin - air).mean())
    draws = rng.integers(0, len(skin), (_RESAMPLES, len(skin)))
    wanted, given = (contact - skin)[draws], (skin - air)[draws]
    drawn_k = wanted.mean(axis=1, keepdims=True) / given.mean(axis=1, keepdims=True)
    drawn_s_c = (drawn_k * given - wanted).std(axis=1, ddof=1)
    (k_low, k_high), (s_low, s_high) = (np.quantile(drawn, [0.025, 0.975]).tolist() for drawn in (drawn_k, drawn_s_c))
    s_c = float((skin + k * (skin - air) - contact).std(ddof=1))
    return {"k": k, "s_c": s_c, "k_low": k_low, "k_high": k_high, "s_low": s_low, "s_high": s_high, "n": len(skin)}


def as_toml(
    tables: Mapping[Site, SiteCoefficients], *, version: str, source: str, author: str, p_alarm: float | None = None
) -> str:
    """Return a rules file as `edge.measure.body.load` reads it; with an empty author it is refused until signed."""
    lines = [
        "# Coefficients of the heat balance by site: body = skin + k (skin - air).",
        "# Sign by writing your name as author: a gate refuses a file that nobody signed.",
        f'version = "{version}"',
        f'source = "{source}"',
        f'author = "{author}"',
        *([] if p_alarm is None else [f"p_alarm = {_number(p_alarm)}"]),
    ]
    for site, found in tables.items():
        lines += ["", f"[{site.value}]"]
        lines += [f"{key} = {_number(value)}" for key, value in found.model_dump(exclude_none=True).items()]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4f}"
