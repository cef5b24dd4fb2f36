"""The whole gate is linear for every kind of instrument; `make eval` runs all quarter degrees."""

import pytest

from tests.evaluation.linearity import BOUNDS, KINDS, STEPS_C, linearity, sweep


@pytest.mark.parametrize("name", KINDS)
def test_the_gate_follows_a_phantom_from_35_to_40_through_device_driver_and_lane(name):
    kind = KINDS[name]
    found = linearity(kind, STEPS_C[:: 5 if kind.plate else 2])
    assert found["n"] == found["wanted"]
    assert BOUNDS[0] <= found["slope"] <= BOUNDS[1]
    assert found["body_slope"] == pytest.approx(1.0, abs=0.03)  # the drawn face's k is not quite the table's


def test_hotter_phantoms_never_read_colder():
    _, skins_c, bodies_c = sweep(KINDS["GY-614V single point"], STEPS_C[::2])
    assert (skins_c[1:] > skins_c[:-1]).all()
    assert (bodies_c[1:] - bodies_c[:-1] >= skins_c[1:] - skins_c[:-1]).all()
