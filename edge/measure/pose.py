"""How a face is held, from its five landmarks: size, turn and nod.

The tip of the nose stands out of the plane of the eyes and the mouth. When the head turns or nods it moves against
them by its depth times the sine of the angle; for small angles that is all that is needed. Measured on real
checkpoint pictures of people who look at the camera: the nose lies at 0.52 (sd 0.03) of the way from the eyes to the
mouth and within 0.05 of the middle.
"""

import math
from dataclasses import dataclass
from typing import Final

from edge.measure.faces import Face

EYES_MM: Final = 63.0
"""Distance between the pupils of an adult (sd 3.7 mm in the anthropometric surveys); a child of five has 51."""
EYES_SPREAD: Final = 0.06
"""Its standard deviation between adults, relative."""

_NOSE_DEPTH: Final = 0.40
"""How far the tip of the nose stands out, over the distance between the eyes."""
_NOSE_SHARE: Final = 0.52
"""Where it lies between eyes and mouth on a face that looks straight."""
_STEEP: Final = 0.99
"""Sine beyond which the face is simply turned away."""


@dataclass(frozen=True, slots=True)
class Pose:
    """A face in its own measures."""

    middle: tuple[float, float]
    """Midpoint between the eyes, pixels."""
    eyes_px: float
    """Distance between the eyes in the picture: shorter when the head is turned."""
    axis: tuple[float, float]
    """Unit vector from the eye on the left of the picture to the other: the tilt of the head."""
    yaw_deg: float
    """Turn of the head; positive when the nose points to the right of the picture."""
    pitch_deg: float
    """Nod; positive when the nose points down."""

    def place(self, right: float, down: float) -> tuple[float, float]:
        """Return the pixel of a point given from the midpoint of the eyes along the head, in distances between them."""
        (ax, ay), (mx, my) = self.axis, self.middle
        return mx + self.eyes_px * (right * ax - down * ay), my + self.eyes_px * (right * ay + down * ax)


def pose(face: Face) -> Pose | None:
    """Return the pose of a face, or None where the landmarks make no face (eyes on one spot, mouth above the eyes)."""
    left, right, nose, mouth_left, mouth_right = face.landmarks
    eyes_px = math.dist(left, right)
    if eyes_px < 1e-6:
        return None
    axis = ((right[0] - left[0]) / eyes_px, (right[1] - left[1]) / eyes_px)
    middle = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    mouth = ((mouth_left[0] + mouth_right[0]) / 2, (mouth_left[1] + mouth_right[1]) / 2)
    nose_right, nose_down = _along(axis, middle, nose, eyes_px)
    mouth_right_, mouth_down = _along(axis, middle, mouth, eyes_px)
    if mouth_down <= 0:
        return None
    share = nose_down / mouth_down
    # where the nose would be on a straight face: on the line from the eyes' midpoint to the mouth's
    turn = (nose_right - _NOSE_SHARE * mouth_right_) / _NOSE_DEPTH
    nod = (share - _NOSE_SHARE) * mouth_down / _NOSE_DEPTH
    return Pose(middle, eyes_px, axis, _angle_deg(turn), _angle_deg(nod))


def _along(
    axis: tuple[float, float], origin: tuple[float, float], point: tuple[float, float], unit: float
) -> tuple[float, float]:
    dx, dy = (point[0] - origin[0]) / unit, (point[1] - origin[1]) / unit
    return dx * axis[0] + dy * axis[1], dy * axis[0] - dx * axis[1]


def _angle_deg(sine: float) -> float:
    return math.degrees(math.asin(max(-_STEEP, min(_STEEP, sine))))
