"""Every simulated device behind a real pseudo-terminal or socket, read by its driver's own reader thread."""

import queue
import random
from contextlib import ExitStack, suppress

import pytest

from contract.clock import SystemClock
from drivers.codec import Quantity, Transport
from drivers.reader import Reader
from drivers.registry import spec
from drivers.samples import AmbientReading, DeviceReply, ReferenceReading, SpotReading, ThermalFrame
from simulators.catalogue import DEVICES, Unit
from simulators.devices.htpa32x32d import DATAGRAM_BYTES
from simulators.ports import PtyPort
from simulators.scene import Place
from simulators.scenes import SCENES, Stage
from simulators.udp_port import UdpPort
from tests.patience import PATIENCE_S

KINDS = {
    Quantity.FRAME: ThermalFrame,
    Quantity.SPOT: SpotReading,
    Quantity.AMBIENT: AmbientReading,
    Quantity.REFERENCE: ReferenceReading,
    Quantity.SIGNAL: DeviceReply,
}


def plugged(name, folder, clock):
    model = DEVICES[name]
    device = model.build(SCENES["empty"](Stage(3, Place(mark_m=model.mark_m))), Unit(seed=3))
    if spec(name).transport is Transport.UDP:
        return UdpPort(device, clock, datagram_bytes=DATAGRAM_BYTES)
    return PtyPort(device, folder / name, clock)


@pytest.fixture(scope="module")
def first_samples(tmp_path_factory):
    """What each device said first, all of them side by side: the slowest takes 1200 baud."""
    folder, clock = tmp_path_factory.mktemp("lines"), SystemClock()
    said = {name: queue.Queue() for name in DEVICES}
    with ExitStack() as stack:
        for name in DEVICES:
            port = stack.enter_context(plugged(name, folder, clock))
            reader = Reader(spec(name), port.url, name.replace("_", "-"), clock, said[name].put)
            reader.start()
            stack.callback(reader.stop)
        return {name: first(events, KINDS[spec(name).quantity]) for name, events in said.items()}


def first(events, kind):
    """The first event of that kind, or all that came instead."""
    others = []
    with suppress(queue.Empty):
        while True:
            event = events.get(timeout=PATIENCE_S)
            if isinstance(event, kind):
                return event
            others.append(event)
    return others


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_it_is_heard(first_samples, name):
    sample = first_samples[name]
    assert sample.instrument == name.replace("_", "-")
    match sample:
        case ThermalFrame():
            assert sample.temps_c.shape == spec(name).shape
        case SpotReading():
            assert 10 < sample.object_c < 40
        case AmbientReading():
            assert 5 < sample.ambient_c < 40
        case ReferenceReading():
            assert 20 < sample.actual_c < 60
        case DeviceReply():
            assert sample.value == "off"


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_nothing_that_it_hears_breaks_it(name):
    """Noise, other devices' questions, halves of its own."""
    model = DEVICES[name]
    device = model.build(SCENES["empty"](Stage(3, Place(mark_m=model.mark_m))), Unit(seed=3))
    device.power_up(0.0)
    noise = random.Random(name)
    asked = [spec(other).handshake.request for other in DEVICES if spec(other).handshake]
    known = [order for other in DEVICES for order in spec(other).start] + asked
    for step in range(400):
        told = noise.randbytes(noise.randrange(1, 60)) if step % 2 else noise.choice(known)
        assert isinstance(device.hear(told[: noise.randrange(1, len(told) + 1)] if told else b"\r", step / 50), bytes)
    if (handshake := spec(name).handshake) and handshake.request and device.baud:
        device.power_up(10.0)
        assert device.hear(handshake.request, 11.0)


def test_every_driver_has_its_simulator():
    from drivers import registry

    assert set(DEVICES) == set(registry.names())
