"""How sure a body temperature is: a GUM budget with every component named (`science.md` 2.2, 3.1, 3.3).

Standard uncertainties, °C, k=1. A component enters the skin temperature, grows by 1 + k on the way to the body, and
some of it is then taken out by the station's baseline because all passers share it: `left` is the share of the
variance that stays after the baseline. The shares are chosen so that the totals of `science.md` 2.2 come out.

Nothing in it can make a result surer by being worse: every total grows with every component.
"""

import math
from dataclasses import dataclass
from typing import Final

from contract.calibration import Certificate, correction_u_c
from edge.measure.body import SiteCoefficients
from edge.measure.radiometry import BAND_7_5_14, Band, radiance

DRIFT_C: Final = 0.115
"""Drift of the camera between calibrations, without a reference in view."""
AMBIENT_COEFFICIENT_C: Final = 0.115
"""What the camera's own temperature does to it, without a reference in view."""
NON_UNIFORMITY_C: Final = 0.087
CALIBRATION_C: Final = 0.076
"""Of a laboratory calibration (U .15), for an instrument whose certificate says nothing better."""
SIZE_OF_SOURCE_C: Final = 0.058
ATMOSPHERE_C: Final = 0.017
NOISE_C: Final = 0.01
FILTER_C: Final = 0.03
"""Of the filter that follows the reference in view (`science.md` 2.6)."""
REFERENCE_C: Final = 0.10
AIR_AT_PERSON_C: Final = 0.87
"""The air that cools the face is not the air at the sensor: ±1.5 K, rectangular."""

ENVIRONMENT_PIVOT_C: Final = 23.0
ENVIRONMENT_PER_K: Final = 0.010
"""Relative uncertainty of k for each kelvin of air away from 23 °C, outside 18-30 °C (`science.md` 3.1)."""


@dataclass(frozen=True, slots=True)
class Component:
    """One source of doubt."""

    name: str
    u_c: float
    """Standard uncertainty of what it enters, °C; never negative."""
    left: float = 0.0
    """Share of its variance that the station's baseline cannot take out."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The circumstances of one skin reading that make it more or less sure."""

    skin_c: float
    ambient_c: float
    reflected_c: float
    u_ambient_c: float = 0.5
    emissivity: float = 0.98
    u_emissivity: float = 0.0058
    u_reflected_c: float = 2.9
    reference_c: float | None = None
    """Apparent temperature of the reference in view; None: there is none."""
    reference_u_c: float = REFERENCE_C
    filter_u_c: float = FILTER_C
    spot_u_c: float = 0.0
    """Of the correction for the picture's coarseness (`spot.u_correction_c`)."""
    noise_u_c: float = NOISE_C
    ok_low_c: float = 18.0
    ok_high_c: float = 30.0
    """Air temperatures in which k was fitted."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The components and what they come to."""

    skin: tuple[Component, ...]
    body: tuple[Component, ...]
    """Those that enter with the heat balance: the air, the person, the environment."""
    k: float

    @property
    def u_skin_c(self) -> float:
        """Standard uncertainty of the skin temperature."""
        return math.sqrt(math.fsum(part.u_c**2 for part in self.skin))

    @property
    def u_body_c(self) -> float:
        """Standard uncertainty of the body temperature."""
        return math.sqrt((1 + self.k) ** 2 * self.u_skin_c**2 + math.fsum(part.u_c**2 for part in self.body))

    @property
    def u_adjusted_c(self) -> float:
        """Standard uncertainty of the adjusted temperature, once the baseline has settled."""
        skin = math.fsum(part.left * part.u_c**2 for part in self.skin)
        return math.sqrt((1 + self.k) ** 2 * skin + math.fsum(part.left * part.u_c**2 for part in self.body))

    def u_c(self, *, settled: bool) -> float:
        """Return the uncertainty to decide with: the body's own until the baseline has settled."""
        return self.u_adjusted_c if settled else self.u_body_c

    def shares_c(self, *, settled: bool) -> dict[str, float]:
        """Return what each component adds to that uncertainty; the root of the sum of their squares is `u_c`."""
        return {
            part.name: slope * part.u_c * math.sqrt(part.left if settled else 1.0)
            for slope, parts in ((1 + self.k, self.skin), (1.0, self.body))
            for part in parts
        }


def budget(
    reading: Reading, site: SiteCoefficients, certificate: Certificate | None = None, band: Band = BAND_7_5_14
) -> Budget:
    """Return the budget of a reading at a site with a certificate's uncertainty.

    A number that is NaN, infinite or negative gives NaN totals, and the rule then gives no result. `certificate` None
    takes a laboratory calibration's uncertainty: whether an instrument may decide without a certificate is not asked
    here.
    """
    air_c = abs(reading.skin_c - reading.ambient_c)
    return Budget(
        skin=tuple(map(_checked, (*_instrument(reading, certificate), *_radiometry(reading, band)))),
        body=tuple(map(_checked, _person(reading, site, air_c))),
        k=site.k,
    )


def _instrument(reading: Reading, certificate: Certificate | None) -> tuple[Component, ...]:
    common = (
        Component("non_uniformity", NON_UNIFORMITY_C, left=0.25),
        Component("size_of_source", SIZE_OF_SOURCE_C, left=1.0),
        Component("spot", reading.spot_u_c, left=1.0),
        Component("noise", reading.noise_u_c, left=1.0),
    )
    if reading.reference_c is None:
        calibration_c = CALIBRATION_C
        if certificate is not None:
            calibration_c = correction_u_c(certificate.correction, reading.skin_c)
        return (
            *common,
            Component("calibration", calibration_c),
            Component("drift", DRIFT_C, left=0.865),
            Component("ambient_coefficient", AMBIENT_COEFFICIENT_C, left=0.865),
            Component("atmosphere", ATMOSPHERE_C),
        )
    # the offset of the calibration, the drift and the path are the same for plate and face and fall out; a gain stays
    u_gain = certificate.correction.u_b if certificate is not None else 0.0
    return (
        *common,
        Component("calibration", u_gain * abs(reading.skin_c - reading.reference_c)),
        Component("reference", reading.reference_u_c),
        Component("reference_filter", reading.filter_u_c, left=1.0),
    )


def _radiometry(reading: Reading, band: Band) -> tuple[Component, ...]:
    skin, reflected = radiance(reading.skin_c, band), radiance(reading.reflected_c, band)
    per_emissivity = abs(skin - reflected) / (reading.emissivity * _slope(reading.skin_c, band))
    per_reflected = (1 - reading.emissivity) / reading.emissivity
    per_reflected *= _slope(reading.reflected_c, band) / _slope(reading.skin_c, band)
    return (
        Component("emissivity", per_emissivity * reading.u_emissivity),
        Component("reflected", per_reflected * reading.u_reflected_c),
    )


def _person(reading: Reading, site: SiteCoefficients, air_c: float) -> tuple[Component, ...]:
    parts = (
        Component("person", site.s_c, left=1.0),
        Component("air", site.k * math.hypot(reading.u_ambient_c, AIR_AT_PERSON_C), left=0.05),
    )
    if reading.ok_low_c <= reading.ambient_c <= reading.ok_high_c:
        return parts
    away_k = abs(reading.ambient_c - ENVIRONMENT_PIVOT_C)
    return (*parts, Component("environment", ENVIRONMENT_PER_K * site.k * away_k * air_c, left=1.0))


def _slope(t_c: float, band: Band) -> float:
    """Return dS/dT, W m^-2 sr^-1 K^-1."""
    return (radiance(t_c + 0.01, band) - radiance(t_c - 0.01, band)) / 0.02


def _checked(part: Component) -> Component:
    if math.isfinite(part.u_c) and part.u_c >= 0:
        return part
    return Component(part.name, math.nan, part.left)
