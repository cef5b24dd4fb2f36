"""From indication to radiance temperature: one value exactly, a frame as one curve."""

import numpy as np
import pytest

from contract.calibration import Correction, correct
from contract.clock import Instant
from drivers.samples import Applied, ThermalFrame
from edge.config import Radiometry
from edge.events import Air
from edge.measure.chain import Chain, Chains, Conditions
from edge.measure.radiometry import Path, air_transmittance, through, undo_emissivity

CORRECTION = Correction(a_c=0.27, b=-0.017, u_a_c=0.06, u_b=0.005)
PATH = Path(air=air_transmittance(1.0, 23.0, 50.0), air_c=23.0, window=0.9, window_c=25.0)
AIR = Air(23.0, 0.5, 50.0)


def frame(clock_now: Instant, value_c=36.0, **how):
    temps_c = np.full((4, 4), value_c, np.float32)
    return ThermalFrame("camera", 0, clock_now.at, clock_now.mono_ns, temps_c, **how)


def test_without_conditions_nothing_changes():
    value_c, steps = Chain(Conditions()).value(36.0)
    assert (value_c, steps) == (36.0, ())


def test_each_step_is_shown_in_order_and_they_add_up():
    chain = Chain(Conditions(0.95, 30.0, CORRECTION, PATH))
    value_c, steps = chain.value(36.0)
    assert [step.name for step in steps] == ["device", "certificate", "window", "atmosphere"]
    assert 36.0 + sum(step.size_c for step in steps) == pytest.approx(value_c, abs=1e-9)
    assert value_c == pytest.approx(through(correct(CORRECTION, undo_emissivity(36.0, 0.95, 30.0)), PATH), abs=1e-9)


def test_a_frame_agrees_with_its_values_to_a_millikelvin():
    chain = Chain(Conditions(0.95, 30.0, CORRECTION, PATH))
    values = np.linspace(10, 45, 36, dtype=np.float32).reshape(6, 6)
    exact = [chain.value(float(value))[0] for value in values.ravel()]
    assert chain.frame(values).ravel() == pytest.approx(np.array(exact), abs=2e-3)


def test_missing_pixels_stay_missing():
    values = np.array([[36.0, np.nan]], np.float32)
    assert np.isnan(Chain(Conditions(correction=CORRECTION)).frame(values)[0, 1])


def test_what_the_device_has_done_is_not_done_again(clock):
    chains = Chains(Radiometry(window_transmittance=0.9), 1.0)
    done = Applied.WINDOW | Applied.ATMOSPHERE
    assert chains.of(frame(clock.now(), applied=done), AIR, None).value(36.0) == (36.0, ())


def test_an_emissivity_that_the_device_has_set_to_one_is_not_undone(clock):
    sample = frame(clock.now(), applied=Applied.EMISSIVITY, emissivity=1.0)
    steps = Chains(Radiometry(), 1.0).of(sample, AIR, None).value(36.0)[1]
    assert [step.name for step in steps] == ["atmosphere"]


def test_the_chain_is_kept_until_something_that_matters_has_changed(clock):
    chains = Chains(Radiometry(), 1.0)
    first = chains.of(frame(clock.now()), AIR, CORRECTION)
    assert chains.of(frame(clock.now()), Air(23.05, 0.5, 52.0), CORRECTION) is first
    assert chains.of(frame(clock.now()), Air(24.0, 0.5, 50.0), CORRECTION) is not first
    changed = frame(clock.now(), applied=Applied.EMISSIVITY, emissivity=0.97)
    assert chains.of(changed, AIR, CORRECTION).value(36.0)[1][0].name == "device"


def test_a_new_certificate_counts_at_once(clock):
    chains = Chains(Radiometry(), 1.0)
    chains.of(frame(clock.now()), AIR, CORRECTION)
    other = Correction(a_c=0.5, b=0.0, u_a_c=0.06, u_b=0.005)
    assert chains.of(frame(clock.now()), AIR, other).value(37.0)[1][0].size_c == pytest.approx(-0.5)


def test_a_gate_without_air_still_has_a_picture(clock):
    chain = Chains(Radiometry(), 1.0).of(frame(clock.now()), Air(None, 0.5, 50.0), None)
    assert chain.value(36.0)[0] == 36.0
