"""The device's own role: what it says of a world is what its host hears."""

import dataclasses

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.codec import DriverSpec, Quantity
from drivers.samples import (
    AmbientReading,
    DecodeFault,
    DeviceReply,
    FaultKind,
    ReferenceReading,
    Sample,
    SpotReading,
    ThermalFrame,
)
from tests.drivers.golden import same
from tests.drivers.suite import START, TOLD_APART, every_spec, worlds


def converse(spec: DriverSpec, world: Sample) -> Sample | None:
    """Let the device, in the world of that sample, talk to a fresh decoder; return the sample it makes of it."""
    decoder = spec.decoder(world.instrument)
    for turn in range(8):
        at = START.later(turn)
        request = decoder.poll()
        events = [*decoder.feed(spec.says(request, world), at), *decoder.feed(b"", at.later(0.9))]
        for event in events:
            assert not isinstance(event, DecodeFault), event
            if isinstance(event, type(world)):
                return event
    return None


@every_spec
def test_what_the_device_says_is_what_the_host_hears(spec: DriverSpec) -> None:
    if spec.quantity is Quantity.SIGNAL:
        return
    told = list(worlds(spec))
    assert told, "no golden example shows a measurement"
    for world in told:
        if isinstance(world, ThermalFrame) and not np.isfinite(world.temps_c).all():
            continue
        heard = converse(spec, world)
        assert heard is not None
        assert same(heard, world, besides=TOLD_APART)


@every_spec
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_measurement_survives_the_wire(spec: DriverSpec, data: st.DataObject) -> None:
    """Within the device's resolution once, exactly from then on."""
    world = next(iter(worlds(spec)), None)
    if world is None or isinstance(world, DeviceReply):
        return
    temperature = st.floats(20.0, 44.0).map(lambda value: round(value, 3))
    match world:
        case ThermalFrame():
            seed = data.draw(st.integers(0, 1000))
            temps_c = np.random.default_rng(seed).uniform(20, 44, world.temps_c.shape).astype(np.float32)
            changed: Sample = dataclasses.replace(world, temps_c=temps_c)
        case SpotReading():
            changed = dataclasses.replace(world, object_c=data.draw(temperature))
        case AmbientReading():
            changed = dataclasses.replace(world, ambient_c=data.draw(temperature))
        case ReferenceReading():
            changed = dataclasses.replace(world, actual_c=data.draw(temperature), setpoint_c=data.draw(temperature))
    once = converse(spec, changed)
    assert once is not None
    twice = converse(spec, once)
    assert twice is not None
    assert same(once, twice)
    if isinstance(once, ThermalFrame) and isinstance(changed, ThermalFrame):
        assert np.abs(once.temps_c - changed.temps_c).max() <= 0.51
    if isinstance(once, SpotReading) and isinstance(changed, SpotReading):
        assert abs(once.object_c - changed.object_c) <= 0.51


@every_spec
def test_a_question_asked_again_gives_the_old_one_up(spec: DriverSpec) -> None:
    decoder = spec.decoder("golden")
    if not decoder.poll():
        assert decoder.poll() == b""
        return
    decoder.poll()
    first = next(iter(decoder.feed(b"", START)), None)
    assert isinstance(first, DecodeFault)
    assert first.kind is FaultKind.TIMEOUT
    assert not list(decoder.feed(b"", START))
