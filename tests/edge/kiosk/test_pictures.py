import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from contract.vocabulary import Site
from edge.events import FaceSeen, Picture, ReferenceSeen, ReferenceState
from edge.kiosk.pictures import CROP_PX, WIDEST, PictureEncoder, crop_png, palette

AT = datetime(2026, 1, 24, tzinfo=UTC)
ABSENT = ReferenceSeen(ReferenceState.ABSENT, None, None, None)


def a_picture(temps_c: NDArray[np.float32], *faces: FaceSeen, reference: ReferenceSeen = ABSENT) -> Picture:
    return Picture("camera", 7, AT, 0, temps_c, faces, reference, True, ())


def pixels(encoded: dict[str, object]) -> NDArray[np.uint8]:
    raw = np.frombuffer(base64.b64decode(str(encoded["pixels"])), np.uint8)
    return raw.reshape(int(str(encoded["rows"])), int(str(encoded["columns"])))


def test_hotter_is_a_higher_byte_and_no_value_is_zero() -> None:
    temps_c = np.linspace(20, 36, 160 * 120, dtype=np.float32).reshape(160, 120)
    temps_c[5, 5] = np.nan
    encoded = json.loads(PictureEncoder().encode(a_picture(temps_c)))
    found = pixels(encoded)
    assert found.shape == (160, 120)
    assert found[5, 5] == 0
    rest = found.ravel()[np.isfinite(temps_c).ravel()].astype(int)
    assert (np.diff(rest) >= 0).all()
    assert (rest.min(), rest.max()) == (1, 255)
    assert encoded["low_c"] == pytest.approx(20.16, abs=0.05)


def test_a_picture_without_any_value_is_all_zero() -> None:
    encoded = json.loads(PictureEncoder().encode(a_picture(np.full((24, 32), np.nan, np.float32))))
    assert not pixels(encoded).any()


def test_an_even_scene_is_not_stretched_into_noise() -> None:
    temps_c = 22 + np.random.default_rng(1).normal(0, 0.05, (24, 32)).astype(np.float32)
    encoded = json.loads(PictureEncoder().encode(a_picture(temps_c)))
    assert encoded["high_c"] - encoded["low_c"] >= 6


def test_the_span_follows_the_scene_slowly() -> None:
    encoder = PictureEncoder()
    cool, warm = np.full((24, 32), 20, np.float32), np.full((24, 32), 30, np.float32)
    first = json.loads(encoder.encode(a_picture(cool)))
    second = json.loads(encoder.encode(a_picture(warm)))
    assert 0 < second["low_c"] - first["low_c"] < 3


def test_a_large_picture_is_thinned_with_its_marks() -> None:
    face = FaceSeen(1, (100.0, 200.0, 300.0, 400.0), 0.9, 34.5, Site.CANTHUS, None, 5, spot=(150, 250))
    reference = ReferenceSeen(ReferenceState.LOCKED, (60, 500, 20), 36.0, 0.2)
    temps_c = np.full((640, 512), 25, np.float32)
    encoded = json.loads(PictureEncoder().encode(a_picture(temps_c, face, reference=reference)))
    assert max(encoded["rows"], encoded["columns"]) <= WIDEST
    (seen,) = encoded["faces"]
    assert seen["box"] == [50.0, 100.0, 150.0, 200.0]
    assert seen["spot"] == [75, 125]
    assert encoded["reference"] == {"state": "locked", "region": [30.0, 250.0, 10.0]}
    assert encoded["second_reference"] is None


def test_both_references_are_marked_where_there_are_two() -> None:
    one, other = (ReferenceSeen(ReferenceState.LOCKED, (x, 80, 6), 36.0, 0.2) for x in (20, 100))
    picture = replace(a_picture(np.full((160, 120), 25, np.float32), reference=one), second_reference=other)
    encoded = json.loads(PictureEncoder().encode(picture))
    assert encoded["reference"]["region"] == [20.0, 80.0, 6.0]
    assert encoded["second_reference"]["region"] == [100.0, 80.0, 6.0]


def test_a_single_point_is_a_number() -> None:
    encoder = PictureEncoder()
    assert json.loads(encoder.encode(a_picture(np.full((1, 1), 34.567, np.float32))))["value_c"] == 34.57
    assert json.loads(encoder.encode(a_picture(np.full((1, 1), np.nan, np.float32))))["value_c"] is None


@pytest.mark.parametrize("shape", [(5, 5), (60, 40), (400, 300)])
def test_a_crop_is_a_small_png(shape: tuple[int, int]) -> None:
    crop_c = 30 + np.random.default_rng(2).normal(0, 1, shape).astype(np.float32)
    crop_c[0, 0] = np.nan
    png = crop_png(crop_c)
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert max(picture.shape[:2]) <= CROP_PX
    assert len(png) < 64_000


def test_the_palette_runs_from_dark_to_light() -> None:
    colours = np.frombuffer(palette(), np.uint8).reshape(256, 3).astype(int)
    brightness = colours @ [299, 587, 114]
    assert (np.diff(brightness) >= 0).mean() > 0.97
