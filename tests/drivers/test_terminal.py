"""The picture in the terminal fits and shows hot as hot."""

import numpy as np
import pytest

from drivers.terminal import picture

SCENE = np.full((120, 160), 22.0, dtype=np.float32)
SCENE[40:80, 60:100] = 36.0
SCENE[0, :] = np.nan


@pytest.mark.parametrize(("columns", "rows"), [(80, 20), (10, 5), (300, 100)])
@pytest.mark.parametrize("colour", [True, False])
def test_it_fits(columns: int, rows: int, colour: bool) -> None:  # noqa: FBT001
    lines = picture(SCENE, columns, rows, colour=colour)
    assert len(lines) <= rows
    assert all((line.count("\u2580") if colour else len(line)) <= columns for line in lines)


def test_hot_is_bright_and_nothing_is_a_question() -> None:
    lines = picture(SCENE, 160, 120, colour=False)
    assert set(lines[0]) == {"?"}
    assert lines[60][80] == "@"
    assert lines[60][10] == " "


def test_a_picture_of_nothing_is_shown() -> None:
    assert picture(np.full((8, 8), np.nan, dtype=np.float32), 80, 20, colour=False) == ["????????"] * 8
