"""Crowds by the thousand: the people of `simulators.people` and `simulators.skin` as arrays (`science.md` 7)."""

from dataclasses import dataclass

import numpy as np

from contract.vocabulary import Site
from simulators import skin as model


@dataclass(frozen=True)
class Scene:
    """One place and season of `science.md` 4.3."""

    name: str
    inside_c: tuple[float, float]
    """Air at the gate: coldest at 3 h, warmest at 15 h."""
    outside_c: tuple[float, float] | None = None
    """Where people come from; None: from air like the gate's."""
    minutes_scale: float = 2.5
    """Minutes between door and camera: gamma of shape 2 and this scale (1.5-5)."""
    sunlit: float = 0.0
    """Share of people from 10 to 16 h whose face the sun still warms."""


COUPLING = 0.30
"""How much of the outdoor difference gets into a gate's hall (0.25-0.4; `simulators.ambient.Climate`)."""
SCENES = {
    "S1": Scene("23 °C", (23.0, 23.0)),
    "S2": Scene("hall 18-27 °C, drift", (18.0, 27.0)),
    "S3": Scene("outside -5..8 °C, hall 16 °C", (16.0, 16.0), outside_c=(-5.0, 8.0), minutes_scale=1.5),
    "S4": Scene("outside 23-33 °C, sun on 30 %", (23.0, 23.0 + COUPLING * 10.0), outside_c=(23.0, 33.0), sunlit=0.3),
}
"""The table names ranges only. How long people have been inside in S3, and that in S4 they bring the heat of outdoors
into a hall, is read from another table: with these scenes a fixed threshold without baseline finds and clears what
`science.md` 4.4 says of it (`crowds.fixed_threshold`)."""


def between(span, hour):
    """Return a temperature that is lowest at 3 h and highest at 15 h."""
    low, high = span
    return (low + high) / 2 + (high - low) / 2 * np.cos(2 * np.pi * (np.asarray(hour) - 15) / 24)


@dataclass(frozen=True)
class Crowd:
    """People in the order in which they come."""

    hour: np.ndarray
    core_c: np.ndarray
    febrile: np.ndarray
    air_c: np.ndarray
    """Of the gate."""
    skins_c: dict
    """True skin temperature by site."""

    def __len__(self):
        return len(self.hour)


def crowd(rng, scene, hour, febrile, warmer_c=0.0):
    """Draw people who come at these hours; `febrile` says who has a fever, `warmer_c` is added to all skin."""
    n = len(hour)
    inside_c = between(scene.inside_c, hour)
    outside_c = inside_c if scene.outside_c is None else between(scene.outside_c, hour)
    minutes = minutes_inside(rng, scene, n)
    left = model.FAST_SHARE * np.exp(-minutes / model.FAST_MIN)
    left += (1 - model.FAST_SHARE) * np.exp(-minutes / model.SLOW_MIN)
    feels_c = inside_c + (outside_c - inside_c) * left * np.exp(0.25 * rng.standard_normal(n))
    core_c = _core(rng, hour, febrile)
    sun_c, low_c = sunlit(rng, scene, hour), low_readers(rng, n)
    shares = model._FACTOR @ rng.standard_normal((len(model.ORDER), n))
    mismatch = np.clip(1 + 0.01 * (23.0 - feels_c), 0.6, 1.6)
    skins_c = {}
    for site, share in zip(model.ORDER, shares, strict=True):
        one = model.SITES[site]
        k = one.k * mismatch
        balanced = (core_c + k * feels_c) / (1 + k)
        skins_c[site] = balanced + one.s_c * share + one.sun_share * sun_c - low_c + warmer_c
    return Crowd(np.asarray(hour), core_c, febrile, inside_c, skins_c)


def minutes_inside(rng, scene, n):
    """Draw how long people have been inside."""
    return rng.gamma(2.0, scene.minutes_scale, n)


def sunlit(rng, scene, hour):
    """Draw by how much the sun has warmed the lit half of each face, °C."""
    n = len(hour)
    return np.where((rng.random(n) < scene.sunlit) & (hour >= 10) & (hour < 16), rng.uniform(0.5, 2.5, n), 0.0)


def low_readers(rng, n):
    """Draw by how much each person reads too low, °C: wet, made up, hair in front."""
    return np.where(rng.random(n) < 0.06, rng.uniform(0.3, 2.0, n), 0.0)


def _core(rng, hour, febrile):
    n = len(hour)
    healthy = 36.80 + 0.28 * rng.standard_normal(n) + 0.20 * np.cos(2 * np.pi * (hour - 17) / 24)
    excess = rng.exponential(0.55, n)
    fever = 37.8 + np.where(excess < 2.7, excess, 2.7 * rng.random(n))
    return np.where(febrile, fever, np.minimum(healthy, 37.45))


def hours(rng, per_hour, first=6.0, last=22.0):
    """Return Poisson arrivals of one day."""
    return np.sort(rng.uniform(first, last, rng.poisson(per_hour * (last - first))))


SITES = tuple(model.ORDER)
assert set(SITES) == set(Site) - {Site.COMBINED}
