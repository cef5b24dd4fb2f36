"""May this frame's face be measured? Complete, at the mark, looking here, still (`science.md` 3.3, 4.1)."""

import math
from collections.abc import Iterable
from typing import Final

from contract.vocabulary import Reason, Site
from edge.measure.faces import FACE_PER_EYES, Box, Face
from edge.measure.pose import EYES_MM, EYES_SPREAD, Pose
from edge.measure.tracks import Track
from edge.measure.view import View

DISTANCE: Final = 0.20
"""How far people may stand from the calibrated distance, relative."""
DOUBT: Final = 2 * math.hypot(EYES_SPREAD, 0.05)
"""Of a distance told by the eyes: heads differ, and the landmarks of a coarse picture scatter by 5 % (k=2)."""
NEAREST: Final = 1.0 / (1.0 - DISTANCE) * (1 + DOUBT)
FARTHEST: Final = 1.0 / (1.0 + DISTANCE) * (1 - DOUBT)
"""Distance between the eyes over that of an adult at the calibrated distance, within which a face is measured."""
TURN_DEG: Final = 15.0
"""For the canthus, which loses 0.45 °C a 15 degrees off the axis."""
COARSE_TURN_DEG: Final = 20.0
"""For sites that do not need both canthi: 15 degrees and the doubt of the landmarks of a coarse picture."""
SPEED_M_S: Final = 0.33
"""A microbolometer smears over 12 ms: at this speed by 4 mm, the size of the site."""
NEXT_TO: Final = 0.3
"""Room between two faces, in widths, from which on each is measured for itself."""
IN_FRONT: Final = 1.4
"""A face wider than another by this stands before it, and neither is followed as the other."""
_WIDTH_M: Final = EYES_MM * FACE_PER_EYES / 1000
_EDGE_PX: Final = 1.0


def refusal(track: Track, pose: Pose, view: View, site: Site) -> Reason | None:
    """Return why a face is not to be measured on this frame, or None if it may be."""
    size = pose.eyes_px / view.eyes_px
    width = (track.face.box[2] - track.face.box[0]) / (FACE_PER_EYES * view.eyes_px)
    limit_deg = TURN_DEG if site in (Site.CANTHUS, Site.COMBINED) else COARSE_TURN_DEG
    if max(size, width) < FARTHEST or not _complete(track.face, view):
        return Reason.TOO_FAR
    if abs(pose.yaw_deg) > limit_deg or abs(pose.pitch_deg) > limit_deg:
        return Reason.TURNED_AWAY
    if size < FARTHEST:
        return Reason.TOO_FAR
    if size > NEAREST:
        return Reason.TOO_CLOSE
    if track.speed * _WIDTH_M > SPEED_M_S:
        return Reason.MOVING
    return None


def crowded(box: Box, others: Iterable[Box]) -> bool:
    """Say whether another face is so near in the picture that one person's site may be the other's skin.

    A much smaller face behind does not matter to the one in front of it; the other way about it does.
    """
    x0, y0, x1, y1 = box
    reach = NEXT_TO * (x1 - x0)
    return any(
        a0 < x1 + reach and a1 > x0 - reach and b0 < y1 and b1 > y0 and (x1 - x0) < IN_FRONT * (a1 - a0)
        for a0, b0, a1, b1 in others
    )


def _complete(face: Face, view: View) -> bool:
    """Say whether the landmarks lie in the picture with skin around them, so that no site is cut off by its border."""
    margin = _EDGE_PX + 0.1 * (face.box[2] - face.box[0])
    return all(margin <= x <= view.columns - margin and margin <= y <= view.rows - margin for x, y in face.landmarks)
