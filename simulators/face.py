"""A person as a thermal camera meets them: skin temperatures on a millimetre grid (`science.md` 7, the face).

Origin midway between the eyes, x to the right in the picture, y down. With `detail` off this is the reference map to
rounding. `detail` adds what that map leaves out and a face detector looks for: brows, eye sockets, folds beside the
nose, a mouth, ears, a curved hairline, the shadow under the jaw, a collar. It touches neither the inner canthi nor the
forehead, so that what is measured stays what the science says.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.vocabulary import Site
from simulators.people import Person
from simulators.skin import balance_c, effective_air_c, mismatch

Grid = NDArray[np.float64]

HALF_WIDTH_MM: Final = 75.0
HALF_HEIGHT_MM: Final = 112.0
CENTRE_Y_MM: Final = 15.0
CANTHUS_X_MM: Final = 15.5
CANTHUS_Y_MM: Final = 4.0
NOSE_MM: Final = 17.0
"""How far the tip of the nose stands out of the head: 25 mm before the eyes, which lie deeper."""
SHOULDER_MM: Final = 230.0
"""Half of the shoulders' width."""


@dataclass(frozen=True, slots=True)
class Face:
    """Everything that decides the map, in one hashable value."""

    core_c: float = 36.9
    feels_c: float = 23.0
    """Air that the skin is in balance with."""
    air_c: float = 23.0
    """Air of the room: hair, cloth and frames follow it."""
    k_factor: float = 1.0
    canthus_c: float = 0.0
    forehead_c: float = 0.0
    temple_c: float | None = None
    """The warm spots of the forehead; None: like its centre."""
    nose_c: float = 0.0
    cheek_c: float = 0.0
    sun_c: float = 0.0
    yaw_deg: float = 0.0
    glasses: bool = False
    mask: bool = False
    hat: bool = False
    hair: float = 0.62

    def balance_c(self, k: float) -> float:
        """Return the skin temperature for a site coefficient, °C."""
        return balance_c(self.core_c, k * self.k_factor, self.feels_c)


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """The map of one person: what they show, and where they hide what is behind them."""

    x_mm: Grid
    y_mm: Grid
    temps_c: Grid
    cover: Grid
    """1 where the person is."""
    mask: Grid
    """1 where a face mask breathes."""


def face_of(person: Person, air_c: float, outdoor_c: float) -> Face:
    """Return the face that this person shows in this air."""
    feels_c = effective_air_c(air_c, outdoor_c, person.minutes_inside, person.pace)
    residual = person.residual_c
    off_axis_c = -0.45 * abs(person.yaw_deg) / 15.0  # what a canthus loses when the head is turned
    return Face(
        core_c=person.core_c,
        feels_c=feels_c,
        air_c=air_c,
        k_factor=mismatch(feels_c),
        canthus_c=residual.get(Site.CANTHUS, 0.0) + off_axis_c - person.low_c,
        forehead_c=residual.get(Site.FOREHEAD_SPOT, 0.0) - person.low_c,
        temple_c=residual.get(Site.FOREHEAD_MAX, 0.0) - person.low_c,
        cheek_c=residual.get(Site.FACE_MAX, 0.0) - person.low_c,
        nose_c=-person.low_c,
        sun_c=person.sun_now_c,
        yaw_deg=person.yaw_deg,
        glasses=person.glasses,
        mask=person.mask,
        hat=person.hat,
        hair=person.hair,
    )


def portrait(face: Face, x_mm: Grid, y_mm: Grid, *, detail: bool = True) -> Portrait:
    """Return the map on the grid spanned by two axes of millimetres."""
    turned = _turned(face, x_mm, detail=detail)
    outline = x_mm if detail else turned
    x, y = outline[None, :], y_mm[:, None]
    e = (x / _half_width(y_mm, detail=detail)[:, None]) ** 2 + ((y - CENTRE_Y_MM) / HALF_HEIGHT_MM) ** 2
    head = e < 1
    temps, cover = _shoulders(face, x_mm, y_mm, detail=detail)
    skin = _skin(face, turned, y_mm, detail=detail)
    edge = np.clip((1 - e) / 0.18, 0, 1) ** 0.7
    skin = face.air_c + 2 + (skin - face.air_c - 2) * (0.80 + 0.20 * edge)  # a limb seen at a slant is cooler
    if detail:
        _ears(face, outline, y_mm, temps, cover)
    temps = np.where(head, skin, temps)
    mask = _cover_up(face, turned, y_mm, head, temps, detail=detail)
    return Portrait(x_mm, y_mm, temps, (cover | head).astype(np.float64), mask)


def _turned(face: Face, x_mm: Grid, *, detail: bool) -> Grid:
    """Return where on the face each column looks: with detail a head turns as a cylinder does, without it is squeezed.

    What lies in front moves towards the side that the nose points to, what lies beside moves less.
    """
    yaw = float(np.deg2rad(face.yaw_deg))
    if not detail:
        return np.asarray(x_mm / max(float(np.cos(yaw)), 0.3))
    around = np.arcsin(np.clip(x_mm / HALF_WIDTH_MM, -1, 1)) - yaw
    return np.asarray(HALF_WIDTH_MM * np.sin(np.clip(around, -np.pi / 2, np.pi / 2)))


def _half_width(y_mm: Grid, *, detail: bool) -> Grid:
    """The half axis of the head's ellipse by height; with detail the jaw narrows towards the chin."""
    if not detail:
        return np.full(y_mm.shape, HALF_WIDTH_MM)
    return HALF_WIDTH_MM * (1 - 0.14 * np.clip((y_mm - 35) / 92, 0, 1))


def _spot(x_mm: Grid, y_mm: Grid, x0: float, y0: float, sx: float, sy: float) -> Grid:
    """A Gaussian patch; separable, so it costs one outer product."""
    across = np.exp(-0.5 * ((x_mm - x0) / sx) ** 2)
    down = np.exp(-0.5 * ((y_mm - y0) / sy) ** 2)
    return np.multiply.outer(down, across)


def _skin(face: Face, x: Grid, y: Grid, *, detail: bool) -> Grid:
    cheek = face.balance_c(0.26) + face.cheek_c
    forehead = face.balance_c(0.235) + face.forehead_c
    temple = face.balance_c(0.146) + (face.forehead_c if face.temple_c is None else face.temple_c)
    temps = cheek + (forehead - cheek) * _spot(x, y, 0, -50, 45, 25)
    for side in (-1, 1):
        temps += (temple - forehead) * _spot(x, y, side * 35, -45, 15, 10)
        temps += 0.35 * (face.balance_c(0.15) - cheek) * _spot(x, y, side * 22, 2, 14, 9)
        temps -= 0.9 * _spot(x, y, side * 33, 1, 9, 5)  # the cornea is cooler than the orbit
    tip = NOSE_MM * float(np.tan(np.deg2rad(face.yaw_deg))) if detail else 0.0
    temps += (face.balance_c(0.55) + face.nose_c - cheek) * _spot(x, y, tip, 38, 9, 13)
    temps += 0.6 * (face.balance_c(0.2) - cheek) * _spot(x, y, 0, 72, 18, 7)
    if detail:
        temps += _features(face, x, y)
    canthus = face.balance_c(0.104) + face.canthus_c
    for side in (-1, 1):
        share = _spot(x, y, side * CANTHUS_X_MM, CANTHUS_Y_MM, 2.6, 2.6)
        temps = temps * (1 - share) + (canthus + 0.02 * side) * share
    if face.sun_c:
        shaded = _spot(x, y, -CANTHUS_X_MM, CANTHUS_Y_MM, 8, 8) + _spot(x, y, CANTHUS_X_MM, CANTHUS_Y_MM, 8, 8)
        temps += face.sun_c * (0.5 + 0.5 * np.tanh(x / 30))[None, :] * (1 - 0.65 * shaded)
    return temps


FEATURES: Final = (
    # x (mirrored where not 0), y, sx, sy in mm; depth as a share of the contrast between cheek and air. Found by
    # search: what CenterFace needs on 160x120 from 0.5 to 1.2 m while the hottest 2x2 pixels stay within 0.06 °C.
    (33.0, -3.5, 10.0, 5.0, -0.22),  # eyeball and lids
    (29.0, -10.5, 12.0, 5.5, -0.15),  # brow
    (22.0, 52.0, 7.5, 11.5, -0.10),  # fold between nose and cheek
    (0.0, 78.0, 18.0, 5.0, -0.15),  # mouth
    (0.0, 77.5, 10.0, 4.5, -0.20),  # breath between the lips
    (0.0, 109.0, 22.0, 20.0, -0.09),  # chin
)


MASK_RELIEF: Final = 1.0


def _features(face: Face, x: Grid, y: Grid) -> Grid:
    contrast = face.balance_c(0.26) - face.air_c
    total = np.zeros((y.size, x.size))
    for x0, y0, sx, sy, depth in FEATURES:
        for side in (-1, 1) if x0 else (0,):
            total += depth * contrast * _spot(x, y, side * x0, y0, sx, sy)
    return total


def _shoulders(face: Face, x: Grid, y: Grid, *, detail: bool) -> tuple[Grid, NDArray[np.bool_]]:
    """Neck and clothes; what they do not cover keeps the wall's temperature."""
    across, down = np.abs(x)[None, :], y[:, None]
    cloth = face.air_c + 0.45 * (33 - face.air_c)
    temps = np.full((y.size, x.size), face.air_c + 0.5)
    body = (down > 135) & (across < np.minimum(60 + 1.2 * np.clip(down - 135, 0, None), SHOULDER_MM))
    temps[body] = cloth
    neck = (down > 80) & (down < 150) & (across < 55)
    temps[neck] = face.balance_c(0.19)
    if detail:
        shade = np.broadcast_to(np.clip((across / 55) ** 4, 0, 1) * 0.12, temps.shape)
        temps[neck] -= shade[neck] * (face.balance_c(0.19) - face.air_c)
        collar = body & (down < 160)
        temps[collar] = cloth - 0.5
    return temps, body | neck


def _ears(face: Face, x: Grid, y: Grid, temps: Grid, cover: NDArray[np.bool_]) -> None:
    for side in (-1, 1):
        ear = ((x[None, :] - side * 76) / 9) ** 2 + ((y[:, None] - 12) / 26) ** 2 < 1
        temps[ear] = face.balance_c(0.6)
        cover |= ear


def _cover_up(face: Face, x: Grid, y: Grid, head: NDArray[np.bool_], temps: Grid, *, detail: bool) -> Grid:
    """Hair, hat, glasses, mask over `temps`, in place; returns where a mask breathes."""
    across, down = np.abs(x)[None, :], y[:, None]
    forehead = face.balance_c(0.235) + face.forehead_c
    line = np.full((1, x.size), -62.0)
    if detail:
        line = -72.0 + 22.0 * (across / 62) ** 2  # a hairline falls towards the temples
    hair = head & (down < -112 + 112 * face.hair * 0.9) & ((down < line) | (across > 64))
    temps[hair] = face.air_c + 0.45 * (forehead - face.air_c)
    if face.hat:
        temps[head & (down < -45)] = face.air_c + 0.35 * (forehead - face.air_c)
    if face.glasses:
        lens = face.air_c + 0.35 * (34 - face.air_c)
        worn = (np.abs(across - 33) < 26) & (np.abs(down - 3) < 20) | (across < 8) & (np.abs(down + 3) < 3)
        temps[worn] = lens
    if not face.mask:
        return np.zeros_like(temps)
    masked = head & (down > 28 - 0.15 * across)
    temps[masked] = face.air_c + 0.72 * (34.5 - face.air_c)
    if detail:  # cloth follows the face beneath: its relief shows
        temps[masked] += MASK_RELIEF * _features(face, x, y)[masked]
    return masked.astype(np.float64)
