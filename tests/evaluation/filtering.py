"""How well the edge follows the offset that a reference in view shows (`science.md` 2.6).

The filter alone where only numbers matter; the whole reference, with pictures, where somebody hides it: what tells a
coat from a plate is the picture, and the filter's gate is wide open after each shutter correction.
"""

from dataclasses import dataclass, replace

import numpy as np

from edge.config import ReferenceView
from edge.events import ReferenceState
from edge.measure.kalman import OffsetFilter, noise
from edge.measure.reference import Reference


@dataclass(frozen=True)
class Camera:
    """One line of the table."""

    netd_c: float
    fixed_pattern_c: float
    """Of the pixels in the region, redrawn at each shutter correction."""
    region_px: int
    rate_hz: float
    published_mk: float
    p999_mk: float
    """As published too. The third camera's is of few shutter corrections: three and a half standard deviations of its
    fixed pattern, as many of them have, are 180."""
    hidden: float = 0.0
    """Share of the time in which somebody stands before the reference."""
    in_view: bool = True
    """False: a single point looks at its own shutter, which is the reference: no jumps, and nothing in common between
    a look at it and one at the face."""


CAMERAS = {
    "384x288 and more, 100 px": Camera(0.05, 0.03, 100, 9.0, 6.0, 19.0),
    "160x120, 9 px": Camera(0.05, 0.05, 9, 9.0, 23.0, 76.0),
    "32x24, 2 px": Camera(0.20, 0.07, 2, 4.0, 52.0, 122.0),
    "single point, its own shutter": Camera(0.05, 0.0, 1, 1.0, 11.0, 41.0, in_view=False),
    "384x288, hidden 5 % of the time": Camera(0.05, 0.03, 100, 9.0, 7.0, 19.0, hidden=0.05),
}
SHUTTER_EVERY_S = 180.0
SHUTTER_SD_C = 0.15


DECIDES_AFTER_S = 2.0
"""No face is decided on sooner after a shutter correction."""


def filter_table(hours=3.0, seed=13):
    """Return RMS and p99.9 of the error of correction, mK, over the frames a face may be decided on; share held."""
    return {name: follow(camera, hours, np.random.default_rng(seed)) for name, camera in CAMERAS.items()}


def follow(camera, hours, rng):
    """Return one row; with pictures a third of the hours, because they take so long."""
    dt_s = 1 / camera.rate_hz
    true_c, shutter = _offsets(rng, int(hours / (3 if camera.hidden else 1) * 3600 * camera.rate_hz), dt_s, camera)
    fixed_c = camera.fixed_pattern_c / np.sqrt(camera.region_px)
    pattern = fixed_c * rng.standard_normal(int(shutter.sum()) + 1)[np.cumsum(shutter)]
    followed = _in_pictures if camera.hidden else _by_the_filter
    offsets_c, good = followed(rng, camera, true_c + pattern, shutter, dt_s)
    since = np.arange(len(shutter)) - np.maximum.accumulate(np.where(shutter, np.arange(len(shutter)), 0))
    decides = good & ((since * dt_s >= DECIDES_AFTER_S) | (np.cumsum(shutter) == 0))
    errors_c = (offsets_c - true_c)[decides]
    return {
        "rms_mk": float(1e3 * np.sqrt((errors_c**2).mean())),
        "p999_mk": float(1e3 * np.quantile(np.abs(errors_c), 0.999)),
        "held": float(1 - good.mean()),
        "published_mk": camera.published_mk,
        "published_p999_mk": camera.p999_mk,
    }


def _by_the_filter(rng, camera, shown_c, shutter, dt_s):
    seen_c = shown_c + camera.netd_c / np.sqrt(camera.region_px) * rng.standard_normal(len(shown_c))
    variances = noise(camera.netd_c, camera.region_px)
    filter_ = OffsetFilter(variances if camera.in_view else replace(variances, c2=0.0))
    found = [filter_.update(float(y_c), dt_s, shutter=bool(ffc)) for y_c, ffc in zip(seen_c, shutter, strict=True)]
    offsets_c, good = zip(*found, strict=True)
    return np.array(offsets_c), np.array(good)


SIDE_PX, PLATE_PX = 28, 11.3
"""A plate whose inner half, which is what is read, has 100 pixels, in as small a part of the picture as shows it."""
PLATE_C, WALL_C, COAT_C = 36.0, 23.0, 34.5


def _in_pictures(rng, camera, shown_c, shutter, dt_s):
    rows, columns = np.ogrid[:SIDE_PX, :SIDE_PX]
    middle = SIDE_PX // 2
    bare = np.where(np.hypot(rows - middle, columns - middle) <= PLATE_PX, PLATE_C, WALL_C)
    scenes = [np.asarray(scene, np.float32) for scene in (bare, np.full_like(bare, COAT_C))]
    view = ReferenceView(region=(middle, middle, round(PLATE_PX)), emissivity=1.0)
    reference = Reference(view, camera.netd_c, (SIDE_PX, SIDE_PX))
    offsets_c, good = np.zeros(len(shown_c)), np.zeros(len(shown_c), bool)
    hidden = _hidden(rng, len(shown_c), camera)
    for i, ffc in enumerate(shutter):
        picture = np.float32(camera.netd_c) * rng.standard_normal((SIDE_PX, SIDE_PX), dtype=np.float32)
        picture += scenes[int(hidden[i])] + np.float32(shown_c[i])
        seen = reference.see(picture, i * dt_s, PLATE_C, shutter=bool(ffc))
        offsets_c[i], good[i] = seen.offset_c or 0.0, seen.state is ReferenceState.LOCKED
    return offsets_c, good


def _offsets(rng, n, dt_s, camera):
    """Return an instrument's true offset frame by frame: warm-up, drift, walk, shutter jumps and sag, common mode."""
    t_s = np.arange(n) * dt_s
    shutter = np.diff(np.floor(t_s / SHUTTER_EVERY_S), prepend=0) > 0
    count = np.cumsum(shutter)
    jumps, sags = SHUTTER_SD_C * rng.standard_normal(count[-1] + 1), 0.075 * rng.standard_normal(count[-1] + 1)
    warm_up = 0.5 * np.exp(-t_s / 900)
    walk = np.cumsum(0.015 * np.sqrt(dt_s / 60) * rng.standard_normal(n))
    sag = sags[count] * (t_s % SHUTTER_EVERY_S) / SHUTTER_EVERY_S
    slow = warm_up + 0.2 * t_s / 3600 + walk
    if not camera.in_view:
        return slow, np.zeros(n, bool)
    return slow + jumps[count] + sag + 0.025 * rng.standard_normal(n), shutter


def _hidden(rng, n, camera):
    """Return when somebody stands before the reference: two seconds each time, never twice at once."""
    length = int(2 * camera.rate_hz)
    if not camera.hidden:
        return np.zeros(n, bool)
    stretch = int(length / camera.hidden)
    starts = np.arange(0, n, stretch) + rng.integers(0, stretch - length, -(-n // stretch))
    return np.isin(np.arange(n), (starts[:, None] + np.arange(length)).ravel())
