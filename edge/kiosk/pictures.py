"""A processed frame as the live view takes it: one byte a pixel, boxes and values beside it.

Byte 0 is "no valid value"; 1 to 255 span `low_c` to `high_c`, which follow the scene slowly so that the picture does
not flicker. The palette is the same for the live view and for an alert's crop.
"""

import base64
import json
import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.events import FaceSeen, Picture, ReferenceSeen

WIDEST: Final = 320
"""Larger pictures are thinned to at most so many columns or rows: the screen shows no more."""
CROP_PX: Final = 160
PERCENTILES: Final = (1.0, 99.8)
SMALLEST_SPAN_C: Final = 6.0
FOLLOWS: Final = 0.15
"""Share by which the span moves towards the scene at each picture."""


def palette() -> bytes:
    """Return 256 colours, red, green, blue."""
    ramp = np.arange(256, dtype=np.uint8).reshape(1, 256)
    colours = cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO)
    return cv2.cvtColor(colours, cv2.COLOR_BGR2RGB).tobytes()


def crop_png(crop_c: NDArray[np.float32]) -> bytes:
    """Return a person's picture in false colour as PNG, at most CROP_PX long so that an alert stays small."""
    low_c, high_c = _span(crop_c)
    pixels = _bytes(crop_c, low_c, high_c)
    coloured = cv2.applyColorMap(pixels, cv2.COLORMAP_INFERNO)
    scale = min(2.0, CROP_PX / max(crop_c.shape))
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    resized = cv2.resize(coloured, None, fx=scale, fy=scale, interpolation=how)
    return cv2.imencode(".png", resized)[1].tobytes()


class PictureEncoder:
    """Encodes one lane's pictures. Used by that lane's thread."""

    def __init__(self) -> None:
        self._span: tuple[float, float] | None = None

    def encode(self, picture: Picture) -> str:
        """Return the picture as JSON for the live feed."""
        rows, columns = picture.temps_c.shape
        if rows * columns == 1:
            value_c = float(picture.temps_c[0, 0])
            return json.dumps({**_words(picture), "value_c": round(value_c, 2) if math.isfinite(value_c) else None})
        step = max(1, -(-max(rows, columns) // WIDEST))
        temps_c = picture.temps_c[::step, ::step]
        low_c, high_c = self._follow(_span(temps_c))
        pixels = _bytes(temps_c, low_c, high_c)
        return json.dumps(
            {
                **_words(picture),
                "rows": temps_c.shape[0],
                "columns": temps_c.shape[1],
                "low_c": round(low_c, 2),
                "high_c": round(high_c, 2),
                "faces": [_face(face, step) for face in picture.faces],
                "reference": _reference(picture.reference, step),
                "second_reference": _reference(picture.second_reference, step),
                "pixels": base64.b64encode(pixels.tobytes()).decode(),
            }
        )

    def _follow(self, scene: tuple[float, float]) -> tuple[float, float]:
        if self._span is None:
            self._span = scene
        low_c, high_c = (old + FOLLOWS * (new - old) for old, new in zip(self._span, scene, strict=True))
        self._span = (low_c, high_c)
        return self._span


def _span(temps_c: NDArray[np.float32]) -> tuple[float, float]:
    """Return the temperatures between which to spread the colours."""
    valid = temps_c[np.isfinite(temps_c)]
    if valid.size == 0:
        return 20.0, 20.0 + SMALLEST_SPAN_C
    low_c, high_c = (float(value) for value in np.percentile(valid, PERCENTILES))
    lack_c = max(0.0, SMALLEST_SPAN_C - (high_c - low_c))
    return low_c - lack_c / 2, high_c + lack_c / 2


def _bytes(temps_c: NDArray[np.float32], low_c: float, high_c: float) -> NDArray[np.uint8]:
    with np.errstate(invalid="ignore"):
        scaled = np.clip((temps_c - low_c) * (254.0 / (high_c - low_c)), 0, 254)
        return np.where(np.isfinite(temps_c), scaled + 1, 0).astype(np.uint8)


def _words(picture: Picture) -> dict[str, object]:
    return {"seq": picture.seq, "at": picture.at.isoformat(), "screening": picture.screening}


def _face(face: FaceSeen, step: int) -> dict[str, object]:
    return {
        "track": face.track,
        "box": [round(edge / step, 1) for edge in face.box],
        "skin_c": None if face.skin_c is None else round(face.skin_c, 2),
        "refused": face.refused,
        "verdict": face.verdict,
        "spot": None if face.spot is None else [face.spot[0] // step, face.spot[1] // step],
    }


def _reference(seen: ReferenceSeen | None, step: int) -> dict[str, object] | None:
    if seen is None or seen.region is None:
        return None
    return {"state": seen.state, "region": [round(value / step, 1) for value in seen.region]}
