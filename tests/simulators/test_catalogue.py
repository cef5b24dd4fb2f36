"""Every device with every fault of a sensor: what it says changes where its model has the fault, and nowhere else."""

import pytest

from drivers.registry import spec
from simulators.catalogue import DEVICES, Unit, UnknownDevice, model
from simulators.plate import Plate
from simulators.scene import Place
from simulators.scenes import SCENES, Stage
from simulators.sensor_faults import SensorFaultKind, SensorFaults
from tests.simulators.devices.together import START

AT_S = 410.0
"""After two shutter corrections, and when a swinging plate is at its hottest."""
VISIBLE = {
    SensorFaultKind.RAMP: "ramp:1000",
    SensorFaultKind.GAIN: "gain:0.5",
    SensorFaultKind.EMISSIVITY: "emissivity:0.5",
}
"""Where the default size is below the last digit before a wall, or after so short a time."""


def said(name, faults=(), on_for_s=3600.0):
    """What the device says about `AT_S`, by itself or when its driver asks."""
    entry = model(name)
    stage = Stage(3, Place(mark_m=entry.mark_m), Plate.beside(entry.mark_m, emissivity=0.95, seed=3))
    device = entry.build(SCENES["empty"](stage), Unit(seed=3, faults=SensorFaults.parse(faults), on_for_s=on_for_s))
    device.power_up(0.0)
    for order in spec(name).start:
        device.hear(order, 1.0)
    decoder = spec(name).decoder("joined")
    told = [device.speak(AT_S + step)[0] for step in (0.0, 0.6)]
    for _question in range(8):
        told.append(device.hear(decoder.poll(), AT_S))
        decoder.feed(told[-1], START)
    return b"".join(told)


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_a_fault_shows_where_the_model_has_it_and_nowhere_else(name):
    healthy = said(name)
    assert healthy
    assert said(name) == healthy
    shows = {kind for kind in SensorFaultKind if said(name, [VISIBLE.get(kind, kind.value)]) != healthy}
    assert shows == model(name).faults


@pytest.mark.parametrize(
    "name", sorted(name for name, entry in DEVICES.items() if SensorFaultKind.NOISE in entry.faults)
)
def test_what_sees_heat_warms_up(name):
    assert said(name, on_for_s=0.0) != said(name)


def test_an_unknown_device_is_refused_by_naming_those_that_there_are():
    with pytest.raises(UnknownDevice, match="there are calex_miniusb, chuwo_32x32"):
        model("toaster")
