"""Complete, at the mark, looking here, still."""

import pytest

from contract.vocabulary import Reason, Site
from drivers.devices.lepton_y16 import SPEC
from edge.config import Instrument
from edge.measure.pose import pose
from edge.measure.tracks import Track
from edge.measure.validity import crowded, refusal
from edge.measure.view import view
from tests.edge.measure.pictures import face_at

VIEW = view(Instrument(id="c", driver="lepton_y16", link="x", rotate_deg=90, distance_m=0.58), SPEC, (120, 160))


def judged(site=Site.FACE_MAX, speed=0.0, **face):
    seen = face_at(**{"eyes_px": VIEW.eyes_px, **face})
    return refusal(Track(1, seen, 0.0, 0.0, speed), pose(seen), VIEW, site)


def test_a_still_face_at_the_mark_may_be_measured():
    assert judged() is None


@pytest.mark.parametrize(
    ("face", "reason"),
    [
        ({"eyes_px": 0.65 * VIEW.eyes_px}, Reason.TOO_FAR),
        ({"eyes_px": 1.5 * VIEW.eyes_px}, Reason.TOO_CLOSE),
        ({"turn": 0.4}, Reason.TURNED_AWAY),
        ({"nod": -0.4}, Reason.TURNED_AWAY),
        ({"x": 4.0}, Reason.TOO_FAR),
        ({"y": 150.0}, Reason.TOO_FAR),
        ({"speed": 4.0}, Reason.MOVING),
    ],
)
def test_what_spoils_a_frame(face, reason):
    assert judged(**face) is reason


@pytest.mark.parametrize("factor", [0.75, 1.0, 1.35])
def test_twenty_per_cent_nearer_or_farther_and_other_heads_are_measured(factor):
    assert judged(eyes_px=factor * VIEW.eyes_px) is None


def test_the_canthus_asks_for_a_straighter_head():
    turned = {"turn": 0.30}  # 17 degrees
    assert judged(**turned) is None
    assert judged(site=Site.CANTHUS, **turned) is Reason.TURNED_AWAY


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((40, 0, 80, 50), True),
        ((50, 0, 90, 50), True),
        ((52, 10, 92, 60), True),
        ((64, 0, 104, 50), False),
        ((10, 60, 50, 110), False),
        ((30, 5, 55, 35), False),
    ],
    ids=["over it", "cheek to cheek", "a hand's breadth", "apart", "a child in arms below", "small, behind"],
)
def test_a_face_next_to_another_is_crowded(other, expected):
    assert crowded((10, 0, 50, 50), [other]) is expected


def test_who_peeps_over_a_shoulder_is_crowded():
    assert crowded((30, 5, 55, 35), [(10, 0, 50, 50)])
