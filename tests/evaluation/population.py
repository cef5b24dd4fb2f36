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
    """Air at the gate: coldest at 5 h, warmest at 17 h."""
    outside_c: tuple[float, float] | None = None
    """None: people come from air like the gate's."""
    minutes_scale: float = 2.5
    """Minutes between door and camera: gamma of shape 2 and this scale."""
    sunlit: float = 0.0
    """Share of people from 10 to 16 h with a face warmed by the sun; the gate is outdoors, so nothing decays."""
    weather_c: float = 0.0
    """Standard deviation of the day's outdoor mean."""


SCENES = {
    "S1": Scene("23 °C", (23.0, 23.0)),
    "S2": Scene("hall 18-27 °C, drift", (18.0, 27.0)),
    "S3": Scene("outside -5..8 °C, hall 16 °C", (16.0, 16.0), outside_c=(-5.0, 8.0), minutes_scale=2.2, weather_c=4.0),
    "S4": Scene("23-33 °C, sun on 30 %", (23.0, 33.0), sunlit=0.3),
}


def between(span, hour):
    """Return a temperature that is lowest at 5 h and highest at 17 h."""
    low, high = span
    return (low + high) / 2 + (high - low) / 2 * np.cos(2 * np.pi * (np.asarray(hour) - 17) / 24)


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


def crowd(rng, scene, hour, febrile, warmer_c=0.0, weather=0.0):
    """Draw people who come at these hours; `febrile` says who has a fever, `warmer_c` is added to everybody's
    skin, `weather` is the day's, in standard deviations."""
    n = len(hour)
    inside_c = between(scene.inside_c, hour)
    outside_c = inside_c if scene.outside_c is None else between(scene.outside_c, hour) + scene.weather_c * weather
    minutes = rng.gamma(2.0, scene.minutes_scale, n)
    left = model.FAST_SHARE * np.exp(-minutes / model.FAST_MIN)
    left += (1 - model.FAST_SHARE) * np.exp(-minutes / model.SLOW_MIN)
    feels_c = inside_c + (outside_c - inside_c) * left * np.exp(0.25 * rng.standard_normal(n))
    core_c = _core(rng, hour, febrile)
    sun_c = np.where((rng.random(n) < scene.sunlit) & (hour >= 10) & (hour < 16), rng.uniform(0.5, 2.5, n), 0.0)
    low_c = np.where(rng.random(n) < 0.06, rng.uniform(0.3, 2.0, n), 0.0)
    shares = model._FACTOR @ rng.standard_normal((len(model.ORDER), n))
    mismatch = np.clip(1 + 0.01 * (23.0 - feels_c), 0.6, 1.6)
    skins_c = {}
    for site, share in zip(model.ORDER, shares, strict=True):
        one = model.SITES[site]
        k = one.k * mismatch
        balanced = (core_c + k * feels_c) / (1 + k)
        skins_c[site] = balanced + one.s_c * share + one.sun_share * sun_c - low_c + warmer_c
    return Crowd(np.asarray(hour), core_c, febrile, inside_c, skins_c)


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
