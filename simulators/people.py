"""Who comes to the gate: core temperature, fever, and what hides or changes their skin (`science.md` 7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import cos, exp, pi
from typing import Final

import numpy as np

from contract.vocabulary import Site
from simulators.skin import ORDER, residuals_c, site_c

FEVER_C: Final = 37.5
"""Above this core temperature a person counts as febrile in the ground truth (oral equivalent)."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person at one passage. The defaults are an average healthy adult who shows a bare face."""

    name: str = ""
    core_c: float = 36.8
    residual_c: Mapping[Site, float] = field(default_factory=lambda: dict.fromkeys(ORDER, 0.0))
    """Skin above the mean of people with this core in this air, by site."""
    minutes_inside: float = 60.0
    pace: float = 1.0
    """How much of the outdoor cold this person keeps, relative to the mean."""
    sun_c: float = 0.0
    """Warming of the sunlit half of the face on entering; decays inside with a time constant of five minutes."""
    low_c: float = 0.0
    """Reads low by this much: wet, made up, hair in front (a positive number is subtracted)."""
    yaw_deg: float = 0.0
    glasses: bool = False
    mask: bool = False
    hat: bool = False
    hair: float = 0.62
    """Share of the head above the eyes' line that hair leaves bare; 0.62 is an ordinary hairline."""
    eye_height_mm: float = 0.0
    """Eyes above the camera's axis, at the mark."""

    @property
    def febrile(self) -> bool:
        """The truth that no instrument sees."""
        return self.core_c >= FEVER_C

    @property
    def sun_now_c(self) -> float:
        """What is left of the sun's warming after the minutes inside, °C."""
        return self.sun_c * exp(-self.minutes_inside / 5.0)

    def skin_c(self, site: Site, effective_c: float) -> float:
        """Return the true skin temperature of a site in air that feels like `effective_c`, °C."""
        return site_c(site, self.core_c, effective_c, self.residual_c.get(site, 0.0), self.sun_now_c) - self.low_c


@dataclass(frozen=True, slots=True)
class Population:
    """The people of one place; shares are 0..1."""

    prevalence: float = 0.005
    glasses: float = 0.25
    keeps_glasses: float = 0.10
    """Share of the people with glasses who refuse to take them off."""
    mask: float = 0.0
    """0.5 where masks are asked for."""
    hat: float = 0.10
    low_reader: float = 0.06
    sunlit: float = 0.0
    """0.3 from 10 to 16 h in the hot scenario."""
    minutes_scale: float = 2.5
    """Minutes between the door and the camera: gamma of shape 2 and this scale (1.5-5)."""
    eye_height_sd_mm: float = 18.0
    """How differently high people hold their eyes; less where a mark tells them where to put the forehead."""

    def draw(self, rng: np.random.Generator, name: str, hour: float, *, prevalence: float | None = None) -> Person:
        """Draw one person who comes at this hour of the day; a febrile bus brings its own prevalence."""
        share = self.prevalence if prevalence is None else prevalence
        age = float(rng.uniform(8, 80))
        core_c = fever_c(rng) if rng.random() < share else healthy_c(rng, hour, age)
        low_c = float(rng.uniform(0.3, 2.0)) if rng.random() < self.low_reader else 0.0
        sun_c = float(rng.uniform(0.5, 2.5)) if rng.random() < self.sunlit and 10 <= hour % 24 < 16 else 0.0
        return Person(
            name=name,
            core_c=core_c,
            residual_c=residuals_c(rng),
            minutes_inside=float(rng.gamma(2.0, self.minutes_scale)),
            pace=float(np.exp(0.25 * rng.standard_normal())),
            sun_c=sun_c,
            low_c=low_c,
            yaw_deg=float(8.0 * rng.standard_normal()),
            glasses=bool(rng.random() < self.glasses * self.keeps_glasses),
            mask=bool(rng.random() < self.mask),
            hat=bool(rng.random() < self.hat),
            hair=float(np.clip(0.62 + 0.06 * rng.standard_normal(), 0.5, 0.8)),
            eye_height_mm=float(self.eye_height_sd_mm * np.clip(rng.standard_normal(), -2.2, 2.2)),
        )


def healthy_c(rng: np.random.Generator, hour: float, age_years: float = 30.0) -> float:
    """Draw the core temperature of somebody without fever at an hour of the day, °C."""
    mean = 36.80 + 0.20 * cos(2 * pi * (hour - 17.0) / 24) - 0.0021 * max(0.0, age_years - 40.0)
    return float(min(37.45, mean + 0.28 * rng.standard_normal()))


def fever_c(rng: np.random.Generator) -> float:
    """Draw the core temperature of somebody with fever, °C: 37.8 and an exponential excess, below 40.5."""
    excess = rng.exponential(0.55)
    return float(37.8 + (excess if excess < 2.7 else 2.7 * rng.random()))
