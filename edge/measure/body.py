"""From skin to body by a heat balance whose slope is above one (`science.md` 3.1, 3.4).

`T_body = T_skin + k (T_skin - T_air)`. Never a regression of body on skin: that shrinks fevers towards 37. The
coefficients depend on the site and on nothing that the person's own reading could move.
"""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract.vocabulary import Site


class CoefficientsRefused(Exception):
    """The file of site coefficients cannot be used; the text names the key."""


class SiteCoefficients(BaseModel):
    """One site: k of the heat balance and the spread from person to person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    k: Annotated[float, Field(ge=0, le=0.6)]
    """Loss to the air over supply by the blood; >= 0 keeps the slope >= 1."""
    s_c: Annotated[float, Field(gt=0, le=2)]
    """Standard deviation between people of the body temperature so found, °C."""
    k_low: float | None = None
    k_high: float | None = None
    s_low: float | None = None
    s_high: float | None = None
    """95 % intervals of k and s, where the fit gave them."""
    n: Annotated[int, Field(ge=0)] = 0
    """Afebrile people it was fitted on."""


class CombinedCoefficients(SiteCoefficients):
    """Canthus and face maximum as one site: its skin temperature is their weighted mean (`edge.measure.combine`)."""

    canthus_weight: Annotated[float, Field(ge=0, le=1)]
    """The face maximum has the rest: the weights sum to one, so nothing shrinks."""


class Coefficients(BaseModel):
    """A signed table of sites."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    source: str
    author: Annotated[str, Field(min_length=1)]
    """Who signed for the numbers; a file that nobody signed is refused."""
    p_alarm: Annotated[float, Field(ge=0.5, lt=1)] | None = None
    """Probability from which to alarm, fitted with them for an alarm budget; None: the policy's own."""
    canthus: SiteCoefficients
    face_max: SiteCoefficients
    forehead_max: SiteCoefficients
    forehead_spot: SiteCoefficients
    combined: CombinedCoefficients

    def at(self, site: Site) -> SiteCoefficients:
        """Return the coefficients of a site."""
        found: SiteCoefficients = getattr(self, site.value)
        return found


def parse(text: str) -> Coefficients:
    """Return the coefficients in a TOML text. Raises CoefficientsRefused."""
    try:
        return Coefficients.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CoefficientsRefused(f"not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise CoefficientsRefused(f"{'.'.join(map(str, first['loc'])) or 'file'}: {first['msg']}") from error


def load(path: Path) -> Coefficients:
    """Return the coefficients in a file. Raises CoefficientsRefused."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CoefficientsRefused(f"cannot read {path}: {error.strerror}") from error


DEFAULT: Final = parse(resources.files("edge.rules").joinpath("sites.toml").read_text(encoding="utf-8"))
"""The coefficients of `science.md` 3.1."""

SITES: Final[Mapping[Site, SiteCoefficients]] = {site: DEFAULT.at(site) for site in Site}


def body(skin_c: float, ambient_c: float, k: float) -> float:
    """Return the body temperature, °C oral-equivalent; raises ValueError for a k that would shrink fevers."""
    if not k >= 0:
        raise ValueError(f"k = {k} gives a slope below one: a fever would be pulled towards normal")
    return skin_c + k * (skin_c - ambient_c)
