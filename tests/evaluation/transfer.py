"""A certificate for one camera from another: two cameras, the same faces, no oral temperature and no fever.

The data hold no calibration points. But the cameras saw the same people, and if one has a gain error about its
blackbody, then at every site the line of one camera against the other crosses at the blackbody's temperature with the
same slope. The steadier camera, whose reference offset moves less from shot to shot, is taken as the standard. The
slope is Deming's with the noise of repeated shots, so it shrinks nothing.
"""

import math
from dataclasses import dataclass

import numpy as np

from contract.calibration import PIVOT_C, Correction
from edge.measure.fit import LEAST_PEOPLE
from tests.evaluation.face_oral import COLUMNS, NO_CORRECTION, mean


@dataclass(frozen=True)
class Transfer:
    """What two cameras say of each other."""

    standard: str
    gains: dict
    """By site: slope of the other camera on the standard."""
    crossings_c: dict
    """By site: where both agree."""
    corrections: dict
    """By camera."""
    other: str = ""
    """The camera that the gains are of; empty where they could not be found."""


def unsteadiness_c(people):
    """Return the standard deviation of a camera's reference offset between the shots of one person, °C."""
    return math.sqrt(np.nanmean(_shot_variance(people.offset_c)))


def untouched(cameras):
    """Return what leaves every camera as it is."""
    return Transfer("", {}, {}, dict.fromkeys(cameras, NO_CORRECTION))


def transfer(cameras, fever_c=37.5):
    """Return the corrections by which both cameras read alike, fitted on people without fever.

    A camera alone, or two that hardly saw the same people, are left as they are.
    """
    standard, *others = sorted(cameras, key=lambda name: unsteadiness_c(cameras[name]))
    if not others:
        return untouched(cameras)
    (other,) = others
    rows = {person: i for i, person in enumerate(cameras[other].ids)}
    pairs = [(i, rows[person]) for i, person in enumerate(cameras[standard].ids) if person in rows]
    pairs = [(i, j) for i, j in pairs if cameras[standard].oral_c[i] < fever_c]
    if len(pairs) < LEAST_PEOPLE:
        return untouched(cameras)
    a, b = (cameras[name].of([pair[side] for pair in pairs]) for side, name in enumerate((standard, other)))
    gains, crossings = {}, {}
    for site in COLUMNS:
        slope, x, y = deming(a.skins_c[site], b.skins_c[site])
        gains[site.value], crossings[site.value] = slope, (y - slope * x) / (1 - slope)
    gain, at_c = float(np.median(list(gains.values()))), float(np.median(list(crossings.values())))
    b_ = 1 - 1 / gain
    spread = float(np.std(list(gains.values()), ddof=1)) / gain**2
    correction = Correction(a_c=b_ * (PIVOT_C - at_c), b=b_, u_a_c=spread * abs(PIVOT_C - at_c), u_b=spread)
    return Transfer(standard, gains, crossings, {standard: NO_CORRECTION, other: correction}, other)


def deming(x_shots, y_shots):
    """Return slope and means of y on x, both with noise, the noise taken from repeated shots of one person."""
    x, y = mean(x_shots), mean(y_shots)
    known = np.isfinite(x) & np.isfinite(y)
    noise = [
        np.nanmean(_shot_variance(shots[known])) / np.isfinite(shots[known]).sum(axis=1).mean()
        for shots in (x_shots, y_shots)
    ]
    (sxx, sxy), (_, syy) = np.cov(x[known], y[known])
    ratio = noise[1] / noise[0]
    slope = (syy - ratio * sxx + math.sqrt((syy - ratio * sxx) ** 2 + 4 * ratio * sxy**2)) / (2 * sxy)
    return float(slope), float(x[known].mean()), float(y[known].mean())


def _shot_variance(shots):
    """Return each person's variance between shots; NaN with fewer than two."""
    known = np.isfinite(shots)
    count = known.sum(axis=1)
    deviation = np.where(known, shots - mean(shots)[:, None], 0.0)
    return np.divide((deviation**2).sum(axis=1), count - 1, out=np.full(len(shots), np.nan), where=count > 1)
