"""S15: firmware that pulls readings to 37 °C. Must: the sweep shows it; a body-mode device decides on no fever."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from contract.vocabulary import Reason, VerdictKind
from drivers.samples import Applied, ThermalFrame
from simulators import optics
from simulators.geometry import ARRAY_384X288
from simulators.plate import Plate
from simulators.scene import Enter, Place, Scene
from tests.edge.scenarios.rig import START, STEADY, Rig, kinds, reasons, stage

STEPS_C = np.arange(35.0, 40.01, 0.5)
GAP_S = 9.0


MARK_M = 1.0
PLATE = Plate(36.0, emissivity=0.97, x_mm=-172, y_mm=-118, radius_mm=24)
"""A fine camera measures the canthi there, at 1.1 mm a pixel; `tests.evaluation.linearity` does it for the others."""


def sweep(monkeypatch, cores_c, faults=()):
    """Put a phantom head of each temperature before the gate; return the slope of the body temperature on it."""
    monkeypatch.setattr(optics, "PULSE_SD_C", 0.0)  # a phantom does not breathe
    aside_mm = np.random.default_rng(1).uniform(-2, 2, len(cores_c))  # the correction is right on average over pixels
    heads = [
        Enter(f"{core_c:.2f}", float(core_c), at_s=24 + GAP_S * i, stand_s=2.0, aside_mm=float(aside_mm[i]))
        for i, core_c in enumerate(cores_c)
    ]
    scene = Scene.script(heads, place=Place(mark_m=MARK_M, climate=STEADY), plate=PLATE)
    rig = Rig(scene, geometry=ARRAY_384X288, faults=faults, fps=5.0)
    decided = rig.play(24 + GAP_S * len(heads))
    assert len(decided) == len(heads)
    return float(np.polyfit(cores_c, [event.measurement.body_c for event in decided], 1)[0])


@pytest.mark.slow
def test_the_whole_gate_is_linear_from_35_to_40_in_half_degrees(monkeypatch):
    assert sweep(monkeypatch, STEPS_C) == pytest.approx(1.0, abs=0.02)


def test_a_sensor_that_normalises_fails_the_sweep(monkeypatch):
    assert sweep(monkeypatch, STEPS_C[::5], ("normalising:0.6",)) < 0.9


def test_a_device_in_body_mode_decides_on_nothing():
    rig = Rig(stage([Enter("fever", 39.5)]))
    original = rig.lane.feed

    def body_mode(sample: ThermalFrame, air):
        return original(replace(sample, applied=Applied.BODY), air)

    rig.lane.feed = body_mode
    decided = rig.play(33)
    assert kinds(decided) == [VerdictKind.NO_RESULT]
    assert reasons(decided) == {Reason.OPAQUE_OUTPUT}


def test_even_a_normalising_sensor_cannot_hide_a_fever_behind_a_later_step():
    decided = Rig(stage([Enter("fever", 39.5)]), faults=("normalising:0.6",)).play(33)
    assert decided[0].measurement.at - START > timedelta(seconds=24)
    assert decided[0].verdict.kind is VerdictKind.ALARM
