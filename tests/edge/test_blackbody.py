"""Two references in one picture: their mean and its uncertainty, their disagreement, one without the other."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from contract.vocabulary import Reason
from drivers.samples import ReferenceReading
from edge.blackbody import DISAGREE_S, References
from edge.config import ReferenceView
from edge.events import ReferenceState
from tests.edge.measure.pictures import COLUMNS, ROWS, plate, wall

START = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)
FPS = 9.0
LEFT, RIGHT = (30, 130, 6), (90, 130, 6)
OVER_THE_LEFT, OVER_THE_RIGHT = (20.0, 110.0, 60.0, 159.0), (70.0, 110.0, 119.0, 159.0)


def view(region, **how):
    return ReferenceView(**({"region": region, "emissivity": 1.0} | how))


class Bench:
    """Pictures with two plates before the references of one camera."""

    def __init__(self, left=None, right=None):
        views = (left or view(LEFT), right or view(RIGHT))
        self.references = References(views, 0.05, (ROWS, COLUMNS))
        self.t_s = 0.0

    def play(self, seconds, left_c=36.0, right_c=36.0, people=()):
        """Show pictures for so long; return both references and the reason of the last one."""
        for _ in range(round(seconds * FPS)):
            self.t_s += 1 / FPS
            picture = plate(wall(seed=int(self.t_s * 100)), *LEFT, c=left_c)
            plate(picture, *RIGHT, c=right_c)
            at = START + timedelta(seconds=self.t_s)
            seen, reason = self.references.see(picture, at, self.t_s, 23.0, list(people), shutter=False)
        return seen, reason


def test_the_offset_is_the_mean_weighted_by_the_certainty_of_each():
    bench = Bench(view(LEFT, u_c=0.10), view(RIGHT, u_c=0.20))
    (left, right), reason = bench.play(2, 36.4, 36.2)
    assert reason is None
    assert left.offset_c == right.offset_c == pytest.approx(0.8 * 0.4 + 0.2 * 0.2, abs=0.03)
    assert bench.references.u_c == pytest.approx(0.1 * 0.2 / np.hypot(0.1, 0.2))
    assert bench.references.filter_u_c < 0.05


def test_plates_of_two_temperatures_stand_for_the_one_between_them():
    bench = Bench(view(LEFT, set_c=35.0), view(RIGHT, set_c=37.0))
    seen, reason = bench.play(2, 35.3, 37.3)
    assert reason is None
    assert seen[0].offset_c == pytest.approx(0.3, abs=0.05)
    assert bench.references.apparent_c == pytest.approx(36.0)


@pytest.mark.parametrize(("people", "alone"), [(OVER_THE_LEFT, 1), (OVER_THE_RIGHT, 0)])
def test_while_one_is_hidden_the_other_goes_on_alone_and_is_less_sure(people, alone):
    bench = Bench(view(LEFT, u_c=0.10), view(RIGHT, u_c=0.15))
    bench.play(2, 36.1, 36.3)
    seen, reason = bench.play(2, 36.1, 36.3, [people])
    assert reason is None
    assert seen[1 - alone].doubt is Reason.REFERENCE_HOLD
    assert seen[0].offset_c == seen[1].offset_c == pytest.approx((0.1, 0.3)[alone], abs=0.05)
    assert bench.references.u_c == (0.10, 0.15)[alone]


def test_while_one_that_is_long_lost_stays_away_a_hidden_one_is_waited_for():
    bench = Bench()
    bench.play(1)
    assert bench.play(62, people=[OVER_THE_LEFT])[0][0].state is ReferenceState.LOST
    assert bench.play(1, people=[OVER_THE_LEFT, OVER_THE_RIGHT])[1] is Reason.REFERENCE_HOLD


def test_apart_they_stop_the_gate_until_they_agree_again():
    bench = Bench()
    assert bench.play(1, 36.0, 36.6)[1] is Reason.REFERENCE_HOLD
    assert bench.play(DISAGREE_S, 36.0, 36.6)[1] is Reason.REFERENCES_DISAGREE
    assert bench.play(2, 36.0, 36.6, [OVER_THE_LEFT])[1] is Reason.REFERENCES_DISAGREE, "hidden is not agreed"
    assert bench.play(2 * DISAGREE_S, 36.0, 36.0)[1] is None


def test_what_their_uncertainties_allow_is_no_disagreement():
    assert Bench().play(DISAGREE_S + 1, 36.0, 36.2)[1] is None
    assert Bench(view(LEFT, u_c=0.3)).play(DISAGREE_S + 1, 36.0, 36.5)[1] is None


def test_one_that_jumps_is_left_aside_at_once():
    bench = Bench()
    bench.play(2)
    seen, reason = bench.play(1, 36.6)
    assert reason is None
    assert seen[0].doubt is Reason.REFERENCE_HOLD
    assert seen[0].offset_c == pytest.approx(0.0, abs=0.05)


def test_an_implausible_one_stops_the_gate_whatever_the_other_shows():
    assert Bench().play(2, 38.5)[1] is Reason.REFERENCE_IMPLAUSIBLE


def test_each_is_told_by_its_own_line_and_one_that_is_not_settled_is_left_aside():
    bench = Bench(view(LEFT, source="one"), view(RIGHT, source="other"))
    for name, actual_c, stable in (("one", 35.0, True), ("other", 37.0, False)):
        reading = ReferenceReading(name, 0, START, 0, actual_c, actual_c, stable=stable, u_c=0.0)
        bench.references.told(reading)
    seen, reason = bench.play(2, 35.2, 37.9)
    assert reason is None
    assert [one.doubt for one in seen] == [None, Reason.REFERENCE_NOT_SETTLED]
    assert seen[0].offset_c == pytest.approx(0.2, abs=0.05)
