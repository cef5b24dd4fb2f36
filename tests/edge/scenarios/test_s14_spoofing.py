"""S14: cold water on the forehead, an ice pack, a photograph. Must: a low outlier is no result; a picture is nobody."""

import numpy as np
import pytest

from contract.vocabulary import Reason, VerdictKind
from simulators.people import Person
from simulators.scene import Enter
from tests.edge.scenarios.rig import Rig, kinds, reasons, stage


@pytest.mark.parametrize("cooled_c", [2.0, 2.8])
def test_cold_water_gives_no_result_not_a_pass(cooled_c):
    decided = Rig(stage([Enter("washed", 36.8, person=Person(low_c=cooled_c))])).play(33)
    assert kinds(decided) == [VerdictKind.NO_RESULT]
    assert Reason.TOO_COLD in reasons(decided)


def test_a_photograph_of_a_face_is_nobody():
    rig = Rig(stage([Enter("somebody", 36.8)]))
    face = rig.camera.frame(27.0)
    air_c = rig.scene.air.ambient_c(27.0)
    photograph = np.asarray(air_c + 0.02 * (face - air_c), np.float32)  # paper has no warmth of its own
    plate = rig.camera.frame(10.0)
    for step in range(30):
        picture = plate.copy()
        picture[40:, :] = photograph[40:, :]
        picture += np.float32(0.03) * np.random.default_rng(step).standard_normal(picture.shape, dtype=np.float32)
        rig.frame(21.0 + step / 8, picture)
    assert rig.decided == []


def test_a_heated_even_disc_is_no_face():
    rig = Rig(stage([Enter("nobody", None)]))
    empty = rig.camera.frame(10.0)
    rows, columns = np.mgrid[: empty.shape[0], : empty.shape[1]]
    disc = np.hypot(rows - 60, columns - 80) < 30
    for step in range(30):
        noise = np.random.default_rng(step).standard_normal(empty.shape, dtype=np.float32)
        rig.frame(21.0 + step / 8, np.where(disc, np.float32(35.5), empty) + np.float32(0.05) * noise)
    assert [event for event in rig.decided if event.verdict.kind is not VerdictKind.NO_RESULT] == []
