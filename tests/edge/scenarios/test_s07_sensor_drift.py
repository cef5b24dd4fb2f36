"""S7: the sensor drifts slowly. Must: no reading moves while a reference is in view; the drift itself is on record."""

import pytest

from simulators.scene import Enter
from tests.edge.scenarios.rig import Rig, stage


def test_a_drift_of_ten_degrees_a_day_reaches_no_reading_but_shows_in_the_offset():
    people = [Enter(f"p{i}", 36.8) for i in range(4)]
    rig = Rig(stage(people, gap_s=900.0), faults=("ramp:10",))
    for number in range(4):
        rig.jump(24 + 900 * number - 15)  # nobody comes between them
        rig.play(24 + 900 * number + 8)
    decided = rig.decided
    bodies = [event.measurement.body_c for event in decided]
    offsets = [event.measurement.reference_offset_c for event in decided]
    assert len(decided) == 4
    assert max(bodies) - min(bodies) < 0.45  # a pulse has 0.12, the shutter's pattern the rest
    assert offsets[-1] - offsets[0] == pytest.approx(10 * 2700 / 86400, abs=0.35)
