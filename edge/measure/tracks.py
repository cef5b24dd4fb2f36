"""Carries people from picture to picture: one number for one person as long as they stay in view.

Faces of this picture are given to the people of the last ones, nearest first; a face that nobody claims is a new
person if its score is high enough. A face that turns away for a moment is the same person; somebody else at the same
place a moment later is kept apart by the gap and by the jump. Who is not seen for `PATIENCE_S` is gone, and who has
had a verdict already after `SETTLED_S`: a second verdict for one person costs a glance, a next person without one may
be a fever let in. Both are stretched for cameras so slow that a single missed picture takes longer.
"""

import math
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from edge.measure.faces import START_SCORE, Box, Face, overlap

PATIENCE_S: Final = 0.6
SETTLED_S: Final = 0.3
_PICTURES: Final = 2.5
"""Usual intervals between pictures that patience lasts at least: one may be missed."""
MOST: Final = 8
"""People followed at once; more are a crowd, in which nobody is measured anyway."""

_OVERLAP: Final = 0.2
_JUMP: Final = 0.6
"""How far a face may jump between pictures, in its own widths, and still be the same person's."""
_GROWTH: Final = 1.4
"""How much its width may change: who stands behind is smaller by more."""
_BURST_S: Final = 0.05
"""Pictures that arrive closer together were held up on the way, not taken so."""
_SPEED: Final = 4.0
"""Widths a second that a walking person may cover while not seen."""


@dataclass(slots=True)
class Track:
    """One person in view."""

    number: int
    face: Face
    """As last seen."""
    first_s: float
    seen_s: float
    """When last seen."""
    speed: float = 0.0
    """Of the face at last sight, in its own widths a second."""
    fresh: bool = True
    """Whether it is seen in the present picture."""


class Tracker:
    """The people before one camera."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._next = 1
        self._last_s: float | None = None
        self._intervals_s: deque[float] = deque(maxlen=9)

    def update(
        self, faces: Sequence[Face], t_s: float, settled: Collection[int] = ()
    ) -> tuple[list[Track], list[Track]]:
        """Take the faces of the next picture; return who is in view, and who has gone.

        `settled` are the numbers of those who have had their verdict.
        """
        gone = self._expire(t_s, settled)  # before any face is given away: nobody inherits across a gap
        for track in self._tracks:
            track.fresh = False
        unclaimed = list(faces)
        pairs = sorted(
            (cost, number, index)
            for number, track in enumerate(self._tracks)
            for index, face in enumerate(unclaimed)
            if (cost := _cost(track, face, t_s)) is not None
        )
        given: set[int] = set()
        for _, number, index in pairs:
            track = self._tracks[number]
            if not track.fresh and index not in given:
                given.add(index)
                _move(track, unclaimed[index], t_s)
        self._start([face for index, face in enumerate(unclaimed) if index not in given], t_s)
        return list(self._tracks), gone

    def clear(self) -> list[Track]:
        """Forget everybody and return them, as after a gap in the pictures."""
        gone, self._tracks = self._tracks, []
        return gone

    def _expire(self, t_s: float, settled: Collection[int]) -> list[Track]:
        if self._last_s is not None:
            self._intervals_s.append(t_s - self._last_s)
        self._last_s = t_s
        usual_s = median(self._intervals_s) if self._intervals_s else 0.0
        gone = [
            track
            for track in self._tracks
            if t_s - track.seen_s > max(SETTLED_S if track.number in settled else PATIENCE_S, _PICTURES * usual_s)
        ]
        self._tracks = [track for track in self._tracks if track not in gone]
        return gone

    def _start(self, faces: Sequence[Face], t_s: float) -> None:
        for face in faces:
            within = any(_holds(track.face.box, _centre(face.box)) for track in self._tracks if track.fresh)
            if face.score >= START_SCORE and not within and len(self._tracks) < MOST:
                self._tracks.append(Track(self._next, face, t_s, t_s))
                self._next += 1


def _cost(track: Track, face: Face, t_s: float) -> float | None:
    """Return how ill a face fits a person, or None where it cannot be the same."""
    old, new = _width(track.face.box), _width(face.box)
    if not 1 / _GROWTH <= new / old <= _GROWTH:
        return None
    apart = math.dist(_centre(track.face.box), _centre(face.box)) / old
    reach = _JUMP + _SPEED * max(0.0, t_s - track.seen_s - 0.15)
    if overlap(track.face.box, [face.box])[0] < _OVERLAP and apart > min(reach, 2.0):
        return None
    return apart


def _move(track: Track, face: Face, t_s: float) -> None:
    way_px = math.dist(_centre(track.face.box), _centre(face.box))
    track.speed = way_px / _width(face.box) / max(t_s - track.seen_s, _BURST_S)
    track.face, track.seen_s, track.fresh = face, t_s, True


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _width(box: Box) -> float:
    return max(1e-6, box[2] - box[0])


def _holds(box: Box, point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]
