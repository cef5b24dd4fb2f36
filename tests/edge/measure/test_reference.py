"""The reference in view: found, followed, held, lost, moved, implausible (science.md 2.6)."""

import numpy as np
import pytest

from edge.config import ReferenceView
from edge.events import ReferenceState
from edge.measure.reference import ADOPT_S, FINDS, HOLD_S, SEARCH_S, Reference
from tests.edge.measure.pictures import COLUMNS, ROWS, plate, wall

FPS = 9.0
REGION = (30, 130, 6)
SHAPE = (ROWS, COLUMNS)
OVER_THE_PLATE = (20.0, 110.0, 60.0, 159.0)


class Bench:
    """Pictures before one reference."""

    def __init__(self, region=REGION, warm_c=36.0, fps=FPS):
        self.reference = Reference(ReferenceView(region=region), 0.05, SHAPE)
        self.t_s = 0.0
        self.warm_c = warm_c
        self.fps = fps

    def show(self, picture=None, *, offset_c=0.0, **how):
        """Show one picture, the usual one if none is given, `offset_c` too warm everywhere."""
        if picture is None:
            picture = plate(wall(seed=int(self.t_s * 100)), c=self.warm_c)
        self.t_s += 1 / self.fps
        return self.reference.see(picture + np.float32(offset_c), self.t_s, 36.0, **how)

    def play(self, seconds, picture=None, **how):
        """Show pictures for so long; return the last answer."""
        for _ in range(round(seconds * self.fps)):
            seen = self.show(picture, **how)
        return seen


def test_a_configured_region_is_locked_with_the_first_picture():
    seen = Bench().show(offset_c=0.4)
    assert seen.state is ReferenceState.LOCKED
    assert seen.region == REGION
    assert seen.offset_c == pytest.approx(0.4, abs=0.05)
    assert seen.measured_c == pytest.approx(36.4, abs=0.05)


def test_a_plate_is_found_by_itself_within_half_a_second():
    bench = Bench(region=None)
    states = [bench.show(offset_c=-1.2).state for _ in range(FINDS + 1)]
    assert states[0] is ReferenceState.SETTLING
    seen = bench.show(offset_c=-1.2)
    assert seen.state is ReferenceState.LOCKED
    assert seen.region[:2] == REGION[:2]
    assert seen.offset_c == pytest.approx(-1.2, abs=0.05)
    assert bench.t_s < 1.0


def test_a_plate_that_wanders_is_not_taken():
    bench = Bench(region=None)
    for step in range(20):
        seen = bench.show(plate(wall(), x=30 + 3 * step))
        assert seen.state is ReferenceState.SETTLING


def test_without_a_plate_it_is_lost_after_the_search():
    bench = Bench(region=None)
    assert bench.play(SEARCH_S - 1, wall()).state is ReferenceState.SETTLING
    assert bench.play(2, wall()).state is ReferenceState.LOST


def test_the_offset_is_that_of_the_same_picture_after_a_shutter():
    bench = Bench()
    bench.play(5)
    seen = bench.show(offset_c=1.0, shutter=True)
    assert seen.state is ReferenceState.LOCKED
    assert seen.offset_c == pytest.approx(1.0, abs=0.05)


def test_a_person_before_it_holds_the_offset():
    bench = Bench()
    bench.play(5, offset_c=0.3)
    picture = wall(33.0)
    seen = bench.show(picture, people=[OVER_THE_PLATE])
    assert seen.state is ReferenceState.HOLD
    assert seen.offset_c == pytest.approx(0.3, abs=0.05)
    assert bench.show(offset_c=0.3).state is ReferenceState.LOCKED


def test_something_before_it_that_is_no_person_holds_it_too_and_then_it_is_lost():
    bench = Bench()
    bench.play(5, offset_c=0.3)
    bag = wall(27.0)
    assert bench.show(bag).state is ReferenceState.HOLD
    assert bench.play(HOLD_S - 5, bag).state is ReferenceState.HOLD
    lost = bench.play(10, bag)
    assert lost.state is ReferenceState.LOST
    assert lost.held_s > HOLD_S
    assert bench.show(offset_c=0.3).state is ReferenceState.LOCKED


def test_a_patchy_region_is_not_believed():
    bench = Bench()
    bench.play(3)
    half = plate(wall())
    half[125:131] = 30.0
    assert bench.show(half).state is ReferenceState.HOLD


def test_a_missing_row_in_it_is_not_believed():
    bench = Bench()
    bench.play(3)
    broken = plate(wall())
    broken[130] = np.nan
    seen = bench.show(broken)
    assert seen.state is ReferenceState.HOLD
    assert seen.measured_c is None


def test_a_first_picture_without_values_is_no_answer():
    bench = Bench()
    seen = bench.show(np.full(SHAPE, np.nan, np.float32))
    assert seen.state is ReferenceState.SETTLING
    assert seen.offset_c is None
    assert bench.show(offset_c=0.2).offset_c == pytest.approx(0.2, abs=0.05)


def test_a_plate_elsewhere_has_moved_and_is_taken_once_it_has_stood_still():
    bench = Bench(region=None)
    bench.play(2)
    elsewhere = plate(wall(), x=90, y=40)
    assert bench.play(7, elsewhere).state is ReferenceState.MOVED
    seen = bench.play(ADOPT_S + 2, elsewhere)
    assert seen.state is ReferenceState.LOCKED
    assert seen.region[:2] == (90, 40)


def test_a_configured_region_is_never_left():
    bench = Bench()
    bench.play(2)
    elsewhere = plate(wall(), x=90, y=40)
    assert bench.play(3 * ADOPT_S, elsewhere).state is ReferenceState.MOVED
    assert bench.play(1).state is ReferenceState.LOCKED


def test_a_plate_that_reads_four_degrees_off_from_the_first_is_implausible():
    bench = Bench(warm_c=32.0)
    assert bench.play(7).state is ReferenceState.IMPLAUSIBLE


def test_a_plate_that_goes_cold_is_never_corrected_away():
    bench = Bench(fps=2.0)
    bench.play(3)
    screened_at_c = []
    for _ in range(int(5 * 60 * bench.fps)):
        bench.warm_c -= 1.0 / 60 / bench.fps
        seen = bench.show()
        if seen.state is ReferenceState.LOCKED:
            screened_at_c.append(bench.warm_c)
    assert min(screened_at_c) > 36.0 - 1.2
    assert seen.state in (ReferenceState.IMPLAUSIBLE, ReferenceState.LOST)


def test_a_plate_that_says_it_is_not_stable_is_settling():
    assert Bench().show(steady=False).state is ReferenceState.SETTLING


def test_drift_is_told_once_it_can_be():
    bench = Bench()
    bench.play(30)
    assert bench.reference.drift_c_per_h(60) is None
    bench.play(60)
    assert bench.reference.drift_c_per_h(60) == pytest.approx(0.0, abs=3.0)


@pytest.mark.parametrize("hidden_c", [22.0, 33.0, 34.5, 35.6, 37.0])
def test_what_hides_it_just_after_a_shutter_is_never_taken_for_an_offset(hidden_c):
    bench = Bench()
    bench.play(5, offset_c=0.3)
    luggage = wall(hidden_c, seed=5)
    seen = bench.show(luggage, offset_c=0.5, shutter=True)
    assert seen.state is ReferenceState.HOLD
    assert seen.offset_c == pytest.approx(0.3, abs=0.05)
    seen = bench.play(12, luggage, offset_c=0.5)
    assert seen.state is not ReferenceState.LOCKED
    assert seen.offset_c == pytest.approx(0.3, abs=0.05)
    seen = bench.show(offset_c=0.5)
    assert seen.state is ReferenceState.LOCKED
    assert seen.offset_c == pytest.approx(0.5, abs=0.1)


def test_a_coat_or_a_wall_that_warms_behind_it_changes_nothing():
    bench = Bench()
    bench.play(5)
    assert bench.show(plate(wall(28.0), c=36.0)).state is ReferenceState.LOCKED


def test_a_region_inside_a_large_plate_needs_no_rim():
    bench = Bench()
    large = plate(wall(), radius=16)
    assert bench.play(5, large, offset_c=0.2).state is ReferenceState.LOCKED


@pytest.mark.parametrize("region", [(400, 60, 6), (30, 118 + 40, 6), (0, 60, 6), (30, -20, 6)])
def test_a_region_outside_the_picture_is_lost_from_the_first_and_says_so(region):
    columns, rows = COLUMNS, ROWS
    inside = region[0] + 3 < columns and region[1] + 3 < rows and min(region[:2]) >= 3
    bench = Bench(region=region)
    assert bench.reference.outside is not inside
    seen = bench.show()
    assert seen.state is (ReferenceState.LOCKED if inside else ReferenceState.LOST)
