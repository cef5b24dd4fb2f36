"""Who is before the instrument, and what can be measured of them on this sample.

Three ways to watch, one answer: faces where the picture is fine enough, a forehead at a mark on coarse arrays, one
number on single points.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from contract.vocabulary import Reason, Site
from edge.config import Instrument
from edge.measure import plausibility, sites, validity
from edge.measure.chain import Chain
from edge.measure.faces import FACE_PER_EYES, Box, FaceFinder
from edge.measure.patch import patch
from edge.measure.plate import disc
from edge.measure.pose import Pose, pose
from edge.measure.presence import Presence, Visit
from edge.measure.skin import Skin, Surface, of_face, skin
from edge.measure.tracks import Track, Tracker
from edge.measure.view import View

Frame = NDArray[np.float32]

WARM_C: Final = 1.5
"""Above the middle of the picture: skin is, at every air temperature at which anything is decided."""
WARM_AREA: Final = 1.5
"""Warm pixels, in squares of the distance between the eyes, without which no face is looked for; a face has three."""
BLOCK_PX: Final = 8
CHANGE_C: Final = 0.3
"""A block of pixels that has changed by less since the last look shows what it showed; people change it by degrees."""
LOOK_EVERY_S: Final = 1.0
"""A still scene with something warm in it is looked at this often all the same."""
FOREHEAD_RADIUS_MM: Final = 25.0
"""Hair begins not far beyond; what a pixel covers must end within."""
MIXED_C: Final = 2.0
"""A forehead is more even than this from its coolest to its warmest tenth; hair and its rim are not."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One sample on its way through the steps."""

    t_s: float
    raw_c: Frame
    """Upright, as indicated."""
    picture_c: Frame
    """Upright radiance temperatures less the camera's offset."""
    chain: Chain
    offset_c: float | None
    surface: Surface
    hot_c: float
    blocked: Reason | None
    """Why nobody may be measured now."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """One person on one sample."""

    number: int
    box: Box
    score: float
    landmarks: tuple[tuple[float, float], ...] = ()
    skin: Skin | None = None
    refused: Reason | None = None
    covers: tuple[Reason, ...] = ()


class FaceWatch:
    """Looks for faces."""

    def __init__(self, view: View, site: Site | None) -> None:
        self._view = view
        self._site = view.site(site)
        self._finder = FaceFinder((view.rows, view.columns), FACE_PER_EYES * view.eyes_px)
        self._blocks = (max(1, view.columns // BLOCK_PX), max(1, view.rows // BLOCK_PX))
        self._looked_c = np.full(self._blocks[::-1], np.nan, np.float32)
        self._looked_s = -LOOK_EVERY_S
        self._tracker = Tracker()
        self._tracks: list[Track] = []
        self._gone: list[Track] = []
        self._settled: Collection[int] = ()

    def settle(self, numbers: Collection[int]) -> None:
        """Know who has had a verdict: nobody may follow on under one of these numbers."""
        self._settled = numbers

    def look(self, target_c: Frame, t_s: float) -> list[Box]:
        """Take the next picture; return where people are in it."""
        faces = self._finder.find(target_c) if self._worth_it(target_c, t_s) else []
        self._tracks, self._gone = self._tracker.update(faces, t_s, self._settled)
        return [track.face.box for track in self._tracks if track.fresh]

    def measure(self, scene: Scene) -> tuple[list[Sighted], list[int]]:
        """Return what can be measured of whom, and who has gone."""
        seen = [self._of(track, scene) for track in self._tracks if track.fresh]
        return seen, [track.number for track in self._gone]

    def _of(self, track: Track, scene: Scene) -> Sighted:
        face = track.face
        found, refused, covers = self._value(track, scene)
        return Sighted(track.number, face.box, face.score, face.landmarks, found, refused, covers)

    def _value(self, track: Track, scene: Scene) -> tuple[Skin | None, Reason | None, tuple[Reason, ...]]:
        held = pose(track.face)
        if held is None:
            return None, Reason.NOT_A_FACE, ()
        if (refused := self._unfit(track, held) or scene.blocked) is not None:
            return None, refused, ()
        face = patch(scene.picture_c, held)
        if face is None:
            return None, Reason.TOO_FAR, ()
        if (refused := plausibility.refusal(face, scene.hot_c)) is not None:
            return None, refused, ()
        found = sites.look(face, self._site, scene.surface.ambient_c)
        if found.refused is not None:
            return None, found.refused, found.covered
        value = of_face(found.seen, scene.raw_c, scene.chain, scene.offset_c, scene.surface)
        return value, None if value else Reason.TOO_FAR, found.covered

    def _unfit(self, track: Track, held: Pose) -> Reason | None:
        if (refused := validity.refusal(track, held, self._view, self._site)) is not None:
            return refused
        others = [other.face.box for other in self._tracks if other.fresh and other is not track]
        return Reason.SEVERAL_PEOPLE if validity.crowded(track.face.box, others) else None

    def _worth_it(self, target_c: Frame, t_s: float) -> bool:
        """Say whether somebody may be there: the network costs more than all other steps together."""
        blocks_c = cv2.resize(target_c, self._blocks, interpolation=cv2.INTER_AREA)
        change_c = blocks_c - self._looked_c
        change_c -= np.median(change_c)  # what all pixels share is the camera's
        changed = not float(np.abs(change_c).max()) <= CHANGE_C  # so that NaN counts as a change
        if not (self._tracks or (self._warm(target_c) and (changed or t_s - self._looked_s >= LOOK_EVERY_S))):
            return False
        self._looked_c, self._looked_s = blocks_c, t_s
        return True

    def _warm(self, target_c: Frame) -> bool:
        middle_c = np.median(target_c[::2, ::2])
        warm = np.count_nonzero(target_c > middle_c + np.float32(WARM_C))
        return bool(warm >= WARM_AREA * self._view.eyes_px**2) or bool(np.isnan(middle_c))


class MarkWatch:
    """Measures a forehead at a mark of a coarse array."""

    def __init__(self, view: View, instrument: Instrument) -> None:
        radius = max(1, int(FOREHEAD_RADIUS_MM / view.mm_per_px - 0.5))
        x, y, radius = instrument.mark or (view.columns // 2, view.rows // 2, radius)
        self._mask = disc((view.rows, view.columns), x, y, radius)
        self._pixels = np.nonzero(self._mask)
        self._box: Box = (x - radius - 0.5, y - radius - 0.5, x + radius + 0.5, y + radius + 0.5)
        self._presence = Presence()
        self._settled: Collection[int] = ()

    def settle(self, numbers: Collection[int]) -> None:
        """Know who has had a verdict: nobody may follow on under one of these numbers."""
        self._settled = numbers

    def look(self, _target_c: Frame, _t_s: float) -> list[Box]:
        """Return nothing: people at the mark hide no reference elsewhere."""
        return []

    def measure(self, scene: Scene) -> tuple[list[Sighted], list[int]]:
        """Return what can be measured of whom, and who has gone."""
        values = scene.picture_c[self._pixels]
        good = values[np.isfinite(values)]
        if good.size < (1 - sites.MISSING_SHARE) * values.size:
            return [], []
        mean_c, hottest_c = float(good.mean()), float(good.max())
        warm_c = max(mean_c, hottest_c) if hottest_c > scene.hot_c else mean_c
        visit, refused, gone = self._presence.update(
            warm_c, scene.surface.ambient_c, scene.t_s, scene.hot_c, self._settled
        )
        if visit is not None and refused is None and np.ptp(np.percentile(good, (10, 90))) > MIXED_C:
            refused = Reason.SITE_COVERED
        return _visited(visit, refused, gone, self._box, scene, float(np.nanmean(scene.raw_c[self._pixels])))


class PointWatch:
    """Reads one number."""

    def __init__(self) -> None:
        self._presence = Presence()
        self._settled: Collection[int] = ()

    def settle(self, numbers: Collection[int]) -> None:
        """Know who has had a verdict: nobody may follow on under one of these numbers."""
        self._settled = numbers

    def look(self, _target_c: Frame, _t_s: float) -> list[Box]:
        """Return nothing: a single point has no picture for people to be in."""
        return []

    def measure(self, scene: Scene) -> tuple[list[Sighted], list[int]]:
        """Return what can be measured of whom, and who has gone."""
        value_c = float(scene.picture_c[0, 0])
        visit, refused, gone = self._presence.update(
            value_c, scene.surface.ambient_c, scene.t_s, scene.hot_c, self._settled
        )
        return _visited(visit, refused, gone, (0.0, 0.0, 1.0, 1.0), scene, float(scene.raw_c[0, 0]))


def _visited(
    visit: Visit | None, refused: Reason | None, gone: Visit | None, box: Box, scene: Scene, indicated_c: float
) -> tuple[list[Sighted], list[int]]:
    left = [gone.number] if gone is not None else []
    if visit is None or visit.seen_s < scene.t_s:
        return [], left
    refused = scene.blocked or refused
    found = None
    if refused is None:
        found = skin(Site.FOREHEAD_SPOT, indicated_c, scene.chain, scene.offset_c, scene.surface)
        refused = None if found else Reason.INCOMPLETE
    return [Sighted(visit.number, box, 1.0, (), found, refused)], left
