"""The face map agrees with the reference map; the detail added to it leaves the measured sites alone."""

import numpy as np
import pytest

from contract.vocabulary import Site
from simulators.face import Face, face_of, portrait
from simulators.people import Person

POINTS_MM = [
    (15.5, 4), (-15.5, 4), (0, -50), (35, -45), (0, 38), (45, 40), (33, 1),
    (0, 72), (0, -90), (0, 110), (70, 15), (0, 200), (130, 0),
]  # fmt: skip
"""Canthi, forehead centre, temple, nose, cheek, eye, lips, hair, chin, limb, cloth, wall."""

REFERENCE = [
    (
        Face(),
        [35.6106, 35.5706, 34.3565, 35.0676, 31.9683, 34.032, 33.4228, 34.2952, 28.0648, 34.0317, 33.6577, 27.5, 23.5],
    ),
    (
        Face(core_c=38.5, feels_c=18, air_c=18, yaw_deg=12, glasses=True, canthus_c=0.2, forehead_c=-0.3, nose_c=0.4),
        [23.6, 23.6, 34.4487, 35.5782, 31.626, 34.2699, 23.6, 34.6715, 25.3346, 34.2698, 33.1669, 24.75, 18.5],
    ),
    (
        Face(air_c=28, feels_c=28, mask=True, hat=True, sun_c=1.5, hair=0.7),
        [36.4684, 36.1792, 30.5223, 37.0941, 32.68, 32.68, 35.6254, 32.68, 30.5223, 32.68, 36.278, 30.25, 28.5],
    ),
]


def at(face, x_mm, y_mm, *, detail):
    drawn = portrait(face, np.array([float(x_mm)]), np.array([float(y_mm)]), detail=detail)
    return float(drawn.temps_c[0, 0])


@pytest.mark.parametrize(("face", "expected_c"), REFERENCE)
def test_the_map_agrees_with_the_reference(face, expected_c):
    found = [at(face, x, y, detail=False) for x, y in POINTS_MM]
    assert found == pytest.approx(expected_c, abs=1e-4)


def test_detail_leaves_canthi_and_forehead_alone():
    face = Face()
    for x, y in [(15.5, 4), (-15.5, 4), (0, -50), (35, -45)]:
        assert at(face, x, y, detail=True) == pytest.approx(at(face, x, y, detail=False), abs=0.08)


def test_detail_never_makes_the_face_hotter():
    x, y = np.arange(-75.0, 76.0, 2.0), np.arange(-60.0, 80.0, 2.0)
    plain = portrait(Face(), x, y, detail=False).temps_c.max()
    assert portrait(Face(), x, y).temps_c.max() == pytest.approx(plain, abs=0.02)


def test_a_person_covers_what_is_behind_head_neck_and_shoulders_only():
    drawn = portrait(Face(), np.array([-200.0, 0.0]), np.array([0.0, 300.0]))
    assert drawn.cover.tolist() == [[0.0, 1.0], [1.0, 1.0]]


def test_a_turned_head_loses_the_canthus_and_a_low_reader_reads_low():
    straight = face_of(Person(), 23.0, 23.0)
    assert face_of(Person(yaw_deg=15.0), 23.0, 23.0).canthus_c == pytest.approx(straight.canthus_c - 0.45)
    assert face_of(Person(low_c=1.0), 23.0, 23.0).forehead_c == pytest.approx(straight.forehead_c - 1.0)


def test_fever_and_cold_air_show_on_the_skin():
    person = Person(core_c=39.0)
    assert person.skin_c(Site.CANTHUS, 23.0) > Person().skin_c(Site.CANTHUS, 23.0) + 1.8
    assert person.skin_c(Site.CANTHUS, 0.0) < person.skin_c(Site.CANTHUS, 23.0) - 1.5


def test_glasses_hide_the_canthi_and_a_mask_breathes():
    assert at(Face(glasses=True), 15.5, 4, detail=True) < 28
    drawn = portrait(Face(mask=True), np.array([0.0]), np.array([0.0, 70.0]))
    assert drawn.mask.ravel().tolist() == [0.0, 1.0]
