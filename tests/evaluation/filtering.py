"""How well the edge's filter follows the offset that a reference in view shows (`science.md` 2.6)."""

from dataclasses import dataclass

import numpy as np

from edge.measure.reference import OffsetFilter, noise


@dataclass(frozen=True)
class Camera:
    """One line of the table."""

    netd_c: float
    fixed_pattern_c: float
    """Of the pixels in the region, redrawn at each shutter correction."""
    region_px: int
    rate_hz: float
    published_mk: float
    hidden: float = 0.0
    """Share of the time in which somebody stands before the reference."""


CAMERAS = {
    "384x288 and more, 100 px": Camera(0.05, 0.03, 100, 9.0, 6.0),
    "160x120, 9 px": Camera(0.05, 0.05, 9, 9.0, 23.0),
    "32x24, 2 px": Camera(0.20, 0.07, 2, 4.0, 52.0),
    "384x288, hidden 5 % of the time": Camera(0.05, 0.03, 100, 9.0, 7.0, hidden=0.05),
}
SHUTTER_EVERY_S = 180.0
SHUTTER_SD_C = 0.15


def filter_table(hours=3.0, seed=13):
    """Return RMS and p99.9 of the error of correction, mK, and the share of frames held."""
    return {name: _follow(camera, hours, np.random.default_rng(seed)) for name, camera in CAMERAS.items()}


def _follow(camera, hours, rng):
    dt_s = 1 / camera.rate_hz
    true_c, shutter = _offsets(rng, int(hours * 3600 * camera.rate_hz), dt_s)
    fixed_c = camera.fixed_pattern_c / np.sqrt(camera.region_px)
    pattern = fixed_c * rng.standard_normal(int(shutter.sum()) + 1)[np.cumsum(shutter)]
    seen_c = true_c + pattern + camera.netd_c / np.sqrt(camera.region_px) * rng.standard_normal(len(true_c))
    hidden = _hidden(rng, len(true_c), camera)
    seen_c = np.where(hidden, -1.5, seen_c)
    followed = OffsetFilter(noise(camera.netd_c, camera.region_px))
    errors, held = [], 0
    for y_c, truth_c, ffc in zip(seen_c, true_c, shutter, strict=True):
        offset_c, good = followed.update(float(y_c), dt_s, shutter=bool(ffc))
        held += not good
        if good:  # while it is held nobody is measured
            errors.append(offset_c - truth_c)
    errors = np.array(errors)
    return {
        "rms_mk": float(1e3 * np.sqrt((errors**2).mean())),
        "p999_mk": float(1e3 * np.quantile(np.abs(errors), 0.999)),
        "held": held / len(true_c),
        "published_mk": camera.published_mk,
    }


def _offsets(rng, n, dt_s):
    """Return a camera's true offset frame by frame: warm-up, drift, walk, shutter jumps and sag, common mode."""
    t_s = np.arange(n) * dt_s
    shutter = np.diff(np.floor(t_s / SHUTTER_EVERY_S), prepend=0) > 0
    count = np.cumsum(shutter)
    jumps, sags = SHUTTER_SD_C * rng.standard_normal(count[-1] + 1), 0.075 * rng.standard_normal(count[-1] + 1)
    warm_up = 0.5 * np.exp(-t_s / 900)
    walk = np.cumsum(0.015 * np.sqrt(dt_s / 60) * rng.standard_normal(n))
    sag = sags[count] * (t_s % SHUTTER_EVERY_S) / SHUTTER_EVERY_S
    return warm_up + 0.2 * t_s / 3600 + walk + jumps[count] + sag + 0.025 * rng.standard_normal(n), shutter


def _hidden(rng, n, camera):
    """Return when somebody stands before the reference: two seconds each time, never twice at once."""
    length = int(2 * camera.rate_hz)
    if not camera.hidden:
        return np.zeros(n, bool)
    stretch = int(length / camera.hidden)
    starts = np.arange(0, n, stretch) + rng.integers(0, stretch - length, -(-n // stretch))
    return np.isin(np.arange(n), (starts[:, None] + np.arange(length)).ravel())
