"""What a device has applied by itself is undone once: whatever it was set to, the same radiation gives the same value.

Every driver that screens, its simulated device, its decoder and the chain. A sample that cannot be undone
must say so (EMISSIVITY_UNKNOWN), and nothing is then decided on it.
"""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.clock import Instant
from contract.vocabulary import InstrumentState, Reason
from drivers import registry
from drivers.codec import Quantity
from drivers.devices import calex_miniusb, gy_614v, gy_mcu90640, optris_ct, senxor
from drivers.samples import Applied, SampleFlag, SpotReading, ThermalFrame
from edge.config import Instrument, Radiometry, Surroundings
from edge.events import Air
from edge.measure.chain import Chains
from edge.readiness import Readiness
from simulators.devices.calex_miniusb import CalexMiniusb
from simulators.devices.chuwo_32x32 import Chuwo32x32
from simulators.devices.cjmcu_90614 import Cjmcu90614
from simulators.devices.gy_614v import Gy614v
from simulators.devices.gy_mcu90614 import GyMcu90614
from simulators.devices.gy_mcu90640 import GyMcu90640
from simulators.devices.htpa32x32d import Htpa32x32d
from simulators.devices.infiray_p2 import InfirayP2
from simulators.devices.lepton_y16 import LeptonY16
from simulators.devices.optris_ct import OptrisCt
from simulators.devices.senxor import Senxor

START = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)
SENSOR_C, WALL_C = 29.0, 17.3
AIR = Air(23.0, 0.5, 50.0)
DEVICES = {
    "calex_miniusb": CalexMiniusb,
    "chuwo_32x32": Chuwo32x32,
    "cjmcu_90614": Cjmcu90614,
    "gy_614v": Gy614v,
    "gy_mcu90614": GyMcu90614,
    "gy_mcu90640": GyMcu90640,
    "htpa32x32d": Htpa32x32d,
    "infiray_p2": InfirayP2,
    "lepton_y16": LeptonY16,
    "optris_ct": OptrisCt,
    "senxor": Senxor,
}
SETS = {module.SPEC.name: module.set_emissivity for module in (calex_miniusb, gy_614v, gy_mcu90640, optris_ct, senxor)}
"""Devices whose emissivity can be changed, and the command that does it."""
THERMAL = [
    spec for spec in registry.specs().values() if spec.screens and spec.quantity in (Quantity.FRAME, Quantity.SPOT)
]
RESOLUTION_C = 0.055
"""Of the coarsest wire: tenths, rounded."""
SLOW = {"senxor": 7.0}
OTHERS_S = 2.0
"""How long it takes until a device has told what it was asked."""


class Checked:
    """The same radiation in the spot, or on every other pixel before a cooler wall."""

    def __init__(self, shape, seen_c):
        self._shape, self._seen_c = shape, seen_c

    def frame(self, _t_s):
        picture_c = np.full(self._shape, self._seen_c, np.float32)
        picture_c[::2, ::3] = WALL_C
        return picture_c

    def object_c(self, _t_s):
        return self._seen_c

    def sensor_c(self, _t_s):
        return SENSOR_C

    def shutter(self, _t_s):
        return False, 60.0


def samples(spec, seen_c, *, emissivity=None, set_up=True):
    """Return what a device says; `emissivity` is set behind the host's back."""
    device, decoder, found = DEVICES[spec.name](Checked(spec.shape, seen_c)), spec.decoder("lane-1"), []

    def take(data, t_s):
        events = decoder.feed(data, Instant(START, round(t_s * 1e9)))
        found.extend(event for event in events if isinstance(event, ThermalFrame | SpotReading))

    take(device.power_up(0.0), 0.0)
    for command in spec.start if set_up else ():
        take(device.hear(command, 0.6), 0.6)
    if emissivity is not None:
        device.hear(SETS[spec.name](emissivity), 0.7)
        if spec.name == "gy_mcu90640":
            take(device.hear(gy_mcu90640.query_emissivity(), 0.8), 0.8)
    before = len(found)
    for step in range(round(10 * SLOW.get(spec.name, OTHERS_S))):
        t_s = 1.0 + 0.1 * step
        take(device.speak(t_s)[0], t_s)
        if spec.poll_interval_s and step % max(1, round(spec.poll_interval_s / 0.1)) == 0:
            take(device.hear(decoder.poll(), t_s), t_s)
    return found[before:]


def undone_c(sample):
    """Return the radiance temperature that the chain makes of a sample: no air, no window, no certificate."""
    indicated_c = float(np.nanmax(sample.temps_c)) if isinstance(sample, ThermalFrame) else sample.object_c
    return Chains(Radiometry(), 0.0).of(sample, AIR, None).value(indicated_c)[0]


def test_no_driver_that_screens_is_left_out():
    assert {spec.name for spec in THERMAL} == set(DEVICES)


@pytest.mark.parametrize("spec", THERMAL, ids=lambda spec: spec.name)
@settings(max_examples=3)
@given(seen_c=st.floats(31, 42))
def test_as_the_host_sets_it_up_the_same_radiation_gives_the_same_value(spec, seen_c):
    heard = samples(spec, seen_c)
    assert heard
    settled = [sample for sample in heard if SampleFlag.EMISSIVITY_UNKNOWN not in sample.flags]
    assert settled
    for sample in settled:
        assert undone_c(sample) == pytest.approx(seen_c, abs=RESOLUTION_C)


@pytest.mark.parametrize("name", SETS)
@settings(max_examples=8)
@given(seen_c=st.floats(31, 42), percent=st.integers(85, 100))
def test_whatever_emissivity_it_applies_it_is_undone_once_or_said_to_be_unknown(name, seen_c, percent):
    heard = samples(registry.spec(name), seen_c, emissivity=percent / 100)
    told = heard[-3:]
    assert told
    for sample in told:
        doubted = SampleFlag.EMISSIVITY_UNKNOWN in sample.flags
        assert doubted or undone_c(sample) == pytest.approx(seen_c, abs=RESOLUTION_C)


@pytest.mark.parametrize("name", SETS)
def test_before_a_device_has_told_its_emissivity_nothing_is_decided(name):
    spec = registry.spec(name)
    instrument = Instrument(id="lane-1", driver=name, link="replay:///bench")
    first = next(iter(samples(spec, 36.0, set_up=False)), None)
    if first is None or SampleFlag.EMISSIVITY_UNKNOWN not in first.flags:
        assert first is None or undone_c(first) == pytest.approx(36.0, abs=RESOLUTION_C)  # it tells with each reading
        return
    reasons = Readiness(instrument, spec, Surroundings()).reasons(
        first, 0.0, AIR, certificate=None, state=InstrumentState.IN_SERVICE
    )
    assert Reason.OPAQUE_OUTPUT in reasons
    assert Applied.EMISSIVITY not in first.applied
