"""Broken rows and dead pixels are found; edges, people, hot cups, blinds and noise are left alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.capture import Capture
from drivers.defects import NO_DEFECTS, find_defects

ROWS, COLUMNS = 120, 160
Y, X = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float64)


def through_a_lens(scene_c: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blur as a lens does whose point is half a pixel wide (sigma): far sharper than a Lepton's."""
    kernel = np.exp(-0.5 * (np.arange(-2, 3) / 0.5) ** 2)
    kernel /= kernel.sum()
    across = np.pad(scene_c, ((2, 2), (0, 0)), "edge")
    scene_c = sum(weight * across[shift : shift + ROWS] for shift, weight in enumerate(kernel))
    along = np.pad(scene_c, ((0, 0), (2, 2)), "edge")
    return sum(weight * along[:, shift : shift + COLUMNS] for shift, weight in enumerate(kernel))


def counts(scene_c: NDArray[np.float64], noise_c: float, seed: int) -> NDArray[np.int16]:
    noisy = scene_c + np.random.default_rng(seed).normal(0, noise_c, scene_c.shape)
    return np.rint((noisy + 273.15) * 100).astype(np.uint16).view(np.int16)


def disc(column: float, row: float, radius: float) -> NDArray[np.float64]:
    return (((X - column) / radius) ** 2 + ((Y - row) / radius) ** 2 < 1).astype(np.float64)


def person(column: float, row: float, size: float, skin_c: float = 34.0) -> NDArray[np.float64]:
    """A head with eyes' corners, on shoulders, on 22 degC."""
    scene = np.full((ROWS, COLUMNS), 22.0)
    scene += (28.0 - 22.0) * (np.abs(X - column) < 1.6 * size) * (row + size < Y)
    scene = np.where(disc(column, row, size) > 0, skin_c, scene)
    for side in (-0.3, 0.3):
        scene = np.where(disc(column + side * size, row - 0.1 * size, max(1.0, 0.07 * size)) > 0, skin_c + 1.2, scene)
    return scene


def cup(column: float, row: float, size: float, temperature_c: float) -> NDArray[np.float64]:
    inside = (np.abs(X - column) < size) & (np.abs(Y - row) < 1.3 * size)
    return np.where(inside, temperature_c, 22.0)


places = st.tuples(st.floats(0, 160), st.floats(0, 120))
scenes = st.one_of(
    st.builds(lambda at, size: person(*at, size), places, st.floats(3, 45)),
    st.builds(lambda at, size, hot: cup(*at, size, hot), places, st.floats(1.5, 40), st.floats(45, 95)),
    st.builds(lambda row: np.where(row < Y, 30.0, 20.0), st.floats(0, 120)),
    st.builds(lambda slope, row: np.where(row + slope * X < Y, 37.0, 15.0), st.floats(-0.3, 0.3), st.floats(0, 120)),
)
tubes = st.builds(
    lambda row, thick, length, hot: np.where((np.abs(Y - row) < thick) & (length > X), hot, 22.0),
    st.floats(3, 116),
    st.floats(0.5, 3),
    st.floats(30, 160),
    st.floats(26, 60),
)


def grille(pitch: float, left: float, width: float) -> NDArray[np.float64]:
    """Warm slats before a cool wall; each pixel sees the mean over its height, as a detector does."""
    slats = np.mean([(Y + part / 8) % pitch < pitch / 2 for part in range(-4, 5)], axis=0)
    return 22.0 + 10.0 * slats * ((left < X) & (left + width > X))


grilles = st.builds(grille, st.floats(3.0, 12), st.floats(0, 120), st.floats(20, 160))


@settings(max_examples=60)
@given(st.one_of(scenes, grilles, tubes), st.sampled_from([0.0, 0.03, 0.05, 0.12]), st.integers(0, 10_000))
def test_what_a_lens_can_show_is_left_alone(scene: NDArray[np.float64], noise_c: float, seed: int) -> None:
    assert find_defects(counts(through_a_lens(scene), noise_c, seed), 100) == NO_DEFECTS


@settings(max_examples=60)
@given(scenes, st.integers(2, ROWS - 3), st.integers(0, 10_000), st.sampled_from([9, 10, 11, 12, 13]))
def test_lost_bits_never_leave_a_pixel_hotter_than_the_scene(
    scene: NDArray[np.float64], row: int, seed: int, bit: int
) -> None:
    """Beside a hard edge a changed pixel may look like either side of it; what it cannot do is look hot."""
    raw = counts(through_a_lens(scene), 0.04, seed).view(np.uint16).copy()
    true_c = raw / 100 - 273.15
    columns = np.random.default_rng(seed).choice(np.arange(1, COLUMNS - 1, 2), 10, replace=False)
    raw[row, columns] ^= 1 << bit
    found = find_defects(raw.view(np.int16), 100)
    spoilt = {(row, int(column)) for column in columns}
    assert set(found.rows) <= {row}
    assert set(found.pixels) <= spoilt
    left = set() if row in found.rows else spoilt - set(found.pixels)
    for at, column in left:
        around = true_c[max(at - 1, 0) : at + 2, max(column - 1, 0) : column + 2]
        assert raw[at, column] / 100 - 273.15 <= around.max() + 2.5


@settings(max_examples=60)
@given(st.integers(2, ROWS - 3), st.integers(0, 10_000), st.sampled_from([9, 10, 11, 12, 13]))
def test_a_row_with_lost_bits_across_a_person_is_found(row: int, seed: int, bit: int) -> None:
    raw = counts(through_a_lens(person(80, 60, 30)), 0.04, seed).view(np.uint16).copy()
    columns = np.random.default_rng(seed).choice(np.arange(1, COLUMNS - 1, 2), 14, replace=False)
    raw[row, columns] ^= 1 << bit
    found = find_defects(raw.view(np.int16), 100)
    assert (found.rows, found.pixels) == ((row,), ())


@settings(max_examples=40)
@given(
    st.builds(lambda at, size: person(*at, size), places, st.floats(5, 40)),
    st.integers(1, ROWS - 2),
    st.sampled_from(["left", "right"]),
    st.integers(0, 10_000),
)
def test_half_a_row_from_elsewhere_is_found(
    scene: NDArray[np.float64],
    row: int,
    side: str,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    raw = counts(through_a_lens(scene), 0.04, seed).view(np.uint16).copy()
    raw[row, slice(0, 80) if side == "left" else slice(80, 160)] = rng.integers(28000, 33500, 80)
    assert find_defects(raw.view(np.int16), 100).rows == (row,)


def test_one_glowing_pixel_is_left_out_alone() -> None:
    raw = counts(through_a_lens(person(80, 60, 25)), 0.04, 1).copy()
    raw[60, 80] += 600
    raw[90, 30] -= 400
    found = find_defects(raw, 100)
    assert found.rows == ()
    assert found.pixels == ((60, 80), (90, 30))


def test_at_the_border_a_pixel_is_not_accused_but_a_row_is() -> None:
    raw = counts(through_a_lens(person(80, 60, 25)), 0.04, 1).copy()
    raw[0, 5] += 600
    raw[50, 0] += 600
    raw[119, [7, 40, 90, 133]] -= 600
    found = find_defects(raw, 100)
    assert (found.rows, found.pixels) == ((119,), ())


def test_two_broken_rows_side_by_side_are_both_found() -> None:
    raw = counts(through_a_lens(person(80, 60, 25)), 0.04, 1).view(np.uint16).copy()
    rng = np.random.default_rng(5)
    for row in (70, 71):
        raw[row, rng.choice(np.arange(1, 159, 3), 14, replace=False)] ^= 1 << 10
    found = find_defects(raw.view(np.int16), 100)
    assert found.rows == (70, 71)


def test_real_checkpoint_recordings_keep_their_pixels(shared_data: object) -> None:
    """Of 1,129 real frames only those right behind one shutter correction show glowing pixels, and these do glow."""
    from cptv import CPTVReader

    from tests.conftest import SHARED_DATA

    touched = frames = 0
    for path in sorted((SHARED_DATA / "checkpoint_recordings").glob("*.cptv")):
        with path.open("rb") as stream:
            for frame in CPTVReader(stream):
                found = find_defects(np.ascontiguousarray(frame.pix).view(np.int16), 100)
                frames += 1
                touched += found != NO_DEFECTS
                if found != NO_DEFECTS:
                    assert (frame.time_on - frame.last_ffc_time).total_seconds() < 2.0
    assert frames == 1129
    assert touched <= 8


def test_the_broken_row_of_a_real_camera_is_found_in_each_frame(shared_data: object) -> None:
    from tests.conftest import SHARED_DATA

    capture = Capture(SHARED_DATA / "device_captures" / "lepton_y16_4frames.raw.y16.gz")
    found = [
        find_defects(np.frombuffer(piece.data, dtype="<i2").reshape(ROWS, COLUMNS), 100) for piece in capture.pieces()
    ]
    assert [item.rows for item in found] == [(76,)] * 4
    assert [item.pixels for item in found] == [()] * 4


@pytest.mark.parametrize("shape", [(3, 3), (8, 8), (24, 32), (192, 256)])
def test_any_size_of_picture_is_taken(shape: tuple[int, int]) -> None:
    assert find_defects(np.full(shape, 30000, dtype=np.int16), 100) == NO_DEFECTS
