"""The replay of blackbody offsets: its sums on made-up days, and what the policy does on the real ones."""

from datetime import date, timedelta

import pytest

from tests.evaluation import blackbody_offsets
from tests.evaluation.face_oral import load


def days(*medians_c):
    start = date(2020, 1, 1)
    return {
        start + timedelta(days=i): {"offsets_c": [value - 0.1, value, value + 0.1], "refused": 0}
        for i, value in enumerate(medians_c)
    }


def test_a_day_more_than_a_degree_from_the_usual_is_flagged_and_the_next_ones_are_not():
    lines = blackbody_offsets.replay(days(0.5, 0.6, 0.5, 0.5, 0.6, 1.7, 0.5))["days"]
    assert [line["offset_excess"] for line in lines] == [False, False, False, False, False, True, False]


def test_a_slow_slide_is_seen_by_the_chart_alone():
    replayed = blackbody_offsets.replay(days(*[0.5] * 10, *[0.5 + 0.05 * i for i in range(10)]))
    sums = blackbody_offsets.costs(replayed)
    assert sums["offset_excess"] == []
    assert sums["chart_alarms"] >= 1


@pytest.mark.parametrize("camera", ["FLIR", "ICI"])
def test_on_the_real_days_the_policy_stays_cheap(shared_data, camera):
    folder = shared_data / "face_oral_temp"
    if not folder.is_dir():
        pytest.skip("the face and oral temperatures are not here")
    sums = blackbody_offsets.costs(blackbody_offsets.replay(blackbody_offsets.by_day(load(folder, camera))))
    assert sums["days"] > 100
    assert len(sums["offset_excess"]) <= 3
    assert sums["refused_shots"] < 0.05 * sums["shots"]
