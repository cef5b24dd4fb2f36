"""Pictures for the tests of this folder: a wall, a plate, a face as ellipses; temperatures in °C, pixels chosen."""

import numpy as np

from edge.measure.faces import Face
from edge.measure.pose import pose

ROWS, COLUMNS = 160, 120
EYES_PX = 16.0


def wall(c=23.0, noise_c=0.05, seed=0):
    """Return an empty picture."""
    rng = np.random.default_rng(seed)
    return (c + noise_c * rng.standard_normal((ROWS, COLUMNS))).astype(np.float32)


def plate(picture, x=30, y=130, radius=6.0, c=36.0):
    """Lay a disc into a picture; its rim is soft as a lens makes it."""
    rows, columns = np.ogrid[:ROWS, :COLUMNS]
    inside = np.clip(radius - np.hypot(columns - x, rows - y) + 0.5, 0, 1)
    picture += ((c - picture) * inside).astype(np.float32)
    return picture


def face_at(x=60.0, y=60.0, eyes_px=EYES_PX, score=0.8, turn=0.0, nod=0.0, tilt_deg=0.0):
    """Return a detected face whose eyes' midpoint is at (x, y); `turn` and `nod` are sines of the head's angles."""
    places = ((-0.5, 0), (0.5, 0), (0.4 * turn, 0.52 + 0.4 * nod), (-0.4, 1.0), (0.4, 1.0))
    cos, sin = np.cos(np.deg2rad(tilt_deg)), np.sin(np.deg2rad(tilt_deg))
    marks = tuple((x + eyes_px * (r * cos - d * sin), y + eyes_px * (r * sin + d * cos)) for r, d in places)
    width, height = 2.05 * eyes_px, 2.6 * eyes_px
    middle_y = y + 0.35 * eyes_px
    return Face((x - width / 2, middle_y - height / 2, x + width / 2, middle_y + height / 2), score, marks)


def draw_face(picture, face, skin_c=34.0, *, canthus_c=35.5, nose_c=32.0, eyes_c=33.5, forehead_c=None, mouth_c=None):
    """Draw an oval face under the landmarks: skin, eyes, canthi, forehead, nose and mouth."""
    held = pose(face)
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    right = (columns - held.middle[0]) / held.eyes_px
    down = (rows - held.middle[1]) / held.eyes_px
    picture[(right / 1.15) ** 2 + ((down - 0.25) / 1.7) ** 2 <= 1] = skin_c
    aside = np.abs(right)
    if forehead_c is not None:
        picture[(aside < 0.9) & (down > -1.1) & (down < -0.3)] = forehead_c
    if mouth_c is not None:
        picture[(aside < 0.6) & (down > 0.65) & (down < 1.3)] = mouth_c
    picture[(aside > 0.24) & (aside < 0.8) & (np.abs(down) < 0.25)] = eyes_c
    picture[(aside < 0.15) & (down > 0.35) & (down < 0.65)] = nose_c
    if canthus_c is not None:
        picture[(aside > 0.12) & (aside < 0.36) & (np.abs(down - 0.06) < 0.12)] = canthus_c
    return picture
