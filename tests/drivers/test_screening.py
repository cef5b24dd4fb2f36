"""The quick proof never clears a picture in which the full search finds something, and does clear real pictures."""

from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from drivers.defects import NO_DEFECTS, find_defects
from drivers.screening import is_sound, reflected
from tests.conftest import SHARED_DATA

ROWS, COLUMNS = 120, 160


def looks_sound(raw: NDArray[np.uint16]) -> bool:
    return is_sound(reflected(raw, int(raw.min())), 100)


def found_nothing(raw: NDArray[np.uint16]) -> bool:
    return find_defects(raw.view(np.int16), 100) == NO_DEFECTS


def noisy(seed: int, noise_counts: float = 5.0) -> NDArray[np.uint16]:
    return np.rint(np.random.default_rng(seed).normal(30000, noise_counts, (ROWS, COLUMNS))).astype(np.uint16)


@given(hnp.arrays(np.uint16, (12, 16), elements=st.integers(29_000, 30_000)))
def test_what_is_cleared_has_no_defect_however_wild(raw: NDArray[np.uint16]) -> None:
    if looks_sound(raw):
        assert found_nothing(raw)


@given(
    st.integers(0, 9999),
    st.integers(0, ROWS - 1),
    st.integers(0, COLUMNS - 1),
    st.integers(1, COLUMNS),
    st.integers(-3000, 3000),
)
def test_a_spoilt_run_of_a_row_is_never_cleared_if_it_can_be_found(
    seed: int, row: int, column: int, length: int, rise: int
) -> None:
    raw = noisy(seed)
    raw[row, column : column + length] = (raw[row, column : column + length].astype(np.int32) + rise).astype(np.uint16)
    if looks_sound(raw):
        assert found_nothing(raw)


def test_noise_alone_is_cleared() -> None:
    assert all(looks_sound(noisy(seed)) for seed in range(20))


def test_one_glowing_pixel_is_not_cleared_wherever_it_is() -> None:
    for row, column in ((0, 40), (1, 40), (60, 80), (118, 3), (119, 159)):
        raw = noisy(1)
        raw[row, column] += 600
        assert not looks_sound(raw) or found_nothing(raw)
    raw[60, 80] += 600
    assert not looks_sound(raw)


def recorded() -> Iterator[NDArray[np.uint16]]:
    from cptv import CPTVReader

    for path in sorted((SHARED_DATA / "checkpoint_recordings").glob("*.cptv")):
        with path.open("rb") as stream:
            for number, frame in enumerate(CPTVReader(stream)):
                if number % 10 == 0:
                    yield np.ascontiguousarray(frame.pix)


def test_most_real_pictures_are_cleared_and_none_wrongly(shared_data: object) -> None:
    pictures = list(recorded())
    cleared = [raw for raw in pictures if looks_sound(raw)]
    assert all(found_nothing(raw) for raw in cleared)
    assert len(cleared) >= 0.9 * len(pictures) > 90
