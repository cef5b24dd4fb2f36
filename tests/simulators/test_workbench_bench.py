"""The bench through its drivers' codecs: what is hidden can be found by who drives the blackbody."""

import pytest

from simulators.workbench_hidden import LEVELS, SIZES, BenchFault, Hidden, hidden, key_of_seed, seal
from simulators.workbench_score import TOLERANCE
from tests.simulators.workbench_technician import Technician

KEY = key_of_seed(1)


def middling(level, fault, sign):
    span = SIZES[level].get(fault)
    if span is None:
        return 0.0
    return round((span.low + span.high) / 2 * (sign if span.signed else 1), 3)


@pytest.mark.parametrize(("kind", "sign"), [("camera", 1), ("array", -1), ("spot", 1)])
def test_every_fault_is_found_with_its_size_by_driving_the_blackbody(kind, sign):
    truth = [
        Hidden(f"{kind}-{number}", fault, middling("hard", fault, sign)) for number, fault in enumerate(BenchFault, 1)
    ]
    technician = Technician(KEY, truth)
    technician.work()
    found = {one.device: technician.finds(one.device) for one in truth}
    assert {device: fault for device, (fault, _, _) in found.items()} == {one.device: one.fault for one in truth}
    _, offset_c, _ = found[f"{kind}-2"]
    assert offset_c == pytest.approx(truth[1].size, abs=TOLERANCE["hard"][BenchFault.OFFSET])
    _, _, gain = found[f"{kind}-3"]
    assert gain == pytest.approx(truth[2].size, abs=TOLERANCE["hard"][BenchFault.GAIN])


@pytest.mark.parametrize("level", LEVELS)
def test_a_seed_hides_each_fault_once_within_its_sizes_and_always_the_same(level):
    devices = tuple(f"spot-{number}" for number in range(len(BenchFault)))
    truth = hidden(KEY, level, devices)
    assert truth == hidden(KEY, level, devices)
    assert {one.fault for one in truth} == set(BenchFault)
    assert seal(truth) != seal(hidden(key_of_seed(2), level, devices))
    for one in truth:
        span = SIZES[level].get(one.fault)
        assert one.size == 0.0 if span is None else span.low <= abs(one.size) <= span.high


def test_every_fault_is_the_answer_for_some_device_of_some_seed():
    first = {hidden(key_of_seed(seed), "easy", ("camera-1",))[0].fault for seed in range(200)}
    assert first == set(BenchFault)
