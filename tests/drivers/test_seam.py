"""The seam between two pictures is seen where it is, and none within a whole picture."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers.seam import begins_whole

COLUMNS = 160
PICTURE = 2 * 120 * COLUMNS


def scene(seed: int, fall_c: float) -> bytes:
    """Return a wall that is `fall_c` colder at the top than at the bottom, a person, and the noise of a camera."""
    y, x = np.mgrid[:120, :COLUMNS]
    person = 10 / (1 + np.exp((np.hypot(x - 80, y - 50) - 20) / 1.5))
    picture = 22 + fall_c * y / 120 + person + np.random.default_rng(seed).normal(0, 0.05, (120, COLUMNS))
    return np.rint((picture + 273.15) * 100).astype("<u2").tobytes()


def test_the_seam_between_whole_pictures_is_seen() -> None:
    assert begins_whole(scene(1, 3.0), scene(2, 3.0), COLUMNS) is True


@pytest.mark.parametrize("entered", [1_000, 12_801, 19_200, 37_000])
def test_the_seam_within_a_rolled_picture_is_seen_wherever_it_is(entered: int) -> None:
    stream = (scene(1, 3.0) + scene(2, 3.0) + scene(3, 3.0))[entered & ~1 :]
    first, second = stream[:PICTURE], stream[PICTURE : 2 * PICTURE]
    assert begins_whole(b"", first, COLUMNS) is False
    assert begins_whole(first, second, COLUMNS) is False


def test_where_the_floor_is_like_the_ceiling_nothing_is_seen() -> None:
    assert begins_whole(scene(1, 0.0), scene(2, 0.0), COLUMNS) is None
    assert begins_whole(b"", scene(1, 0.0), COLUMNS) is None


def recorded(folder: Path) -> Iterator[list[bytes]]:
    from cptv import CPTVReader

    for path in sorted((folder / "checkpoint_recordings").glob("*.cptv")):
        with path.open("rb") as stream:
            frames = [frame for frame in CPTVReader(stream) if not frame.background_frame]
        yield [np.asarray(frame.pix).astype("<u2").tobytes() for frame in frames[:30]]


def test_in_real_recordings_no_verdict_is_wrong_and_most_are_given(shared_data: Path) -> None:
    whole, rolled = [], []
    rng = np.random.default_rng(3)
    for frames in recorded(shared_data):
        for one, two, three in zip(frames[::6], frames[1::6], frames[2::6], strict=False):
            whole.append(begins_whole(one, two, COLUMNS))
            entered = 2 * int(rng.integers(2 * COLUMNS, 118 * COLUMNS))
            stream = (one + two + three)[entered:]
            rolled.append(begins_whole(stream[:PICTURE], stream[PICTURE : 2 * PICTURE], COLUMNS))
    assert False not in whole
    assert True not in rolled
    assert whole.count(True) > 0.5 * len(whole) > 10
    assert rolled.count(False) > 0.5 * len(rolled)
