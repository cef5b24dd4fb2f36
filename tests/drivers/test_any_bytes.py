"""Whatever bytes come: nothing is raised, what comes out are events, what is kept is bounded."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.codec import Decoder, DriverSpec, Integrity
from drivers.samples import (
    AmbientReading,
    DecodeFault,
    DeviceReply,
    Event,
    ReferenceReading,
    SpotReading,
    ThermalFrame,
)
from tests.drivers.suite import EXAMPLES, START, every_spec, footprint, hear, samples


def drain(decoder: Decoder, pieces: list[bytes], *, polled: bool) -> list[Event]:
    events: list[Event] = []
    at = START
    for piece in pieces:
        if polled:
            assert isinstance(decoder.poll(), bytes)
        at = at.later(0.3)
        events += decoder.feed(piece, at)
        events += decoder.feed(b"", at)
    return events


def fragments(spec: DriverSpec) -> st.SearchStrategy[bytes]:
    """Garbage that looks like the device: pieces of its own frames, cut and joined at random."""
    genuine = [step.device for example in EXAMPLES[spec.name] for step in example.steps if step.device]
    genuine += [step.host for example in EXAMPLES[spec.name] for step in example.steps if step.host]

    @st.composite
    def piece(draw: st.DrawFn) -> bytes:
        data = draw(st.sampled_from(genuine))
        start = draw(st.integers(0, len(data)))
        return data[start : draw(st.integers(start, len(data)))]

    return st.one_of(st.binary(max_size=64), piece(), st.sampled_from(genuine))


@every_spec
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_input_raises_and_what_comes_out_is_an_event(spec: DriverSpec, data: st.DataObject) -> None:
    pieces = data.draw(st.lists(fragments(spec), max_size=8))
    polled = data.draw(st.booleans())
    decoder = spec.decoder("fuzz")
    for event in drain(decoder, pieces, polled=polled):
        assert isinstance(
            event, DecodeFault | ThermalFrame | SpotReading | AmbientReading | ReferenceReading | DeviceReply
        )
        assert event.mono_ns >= START.mono_ns
    # and behind any input, after a pause, the device is heard again
    example = next(item for item in EXAMPLES[spec.name] if item.steps)
    decoder.feed(b"", START.later(100))
    if spec.integrity is Integrity.CHECKSUM and example.speaks_first:
        wanted = sum(len(samples(heard)) for heard in hear(spec, example))
        found = [event for step in example.steps for event in decoder.feed(step.device, START.later(101))]
        found += decoder.feed(b"", START.later(103))
        assert len(samples(found)) >= wanted


@every_spec
def test_a_flood_of_garbage_is_not_kept(spec: DriverSpec) -> None:
    rng = random.Random(7)
    genuine = [step.device for example in EXAMPLES[spec.name] for step in example.steps]
    largest = max(map(len, genuine))
    decoder = spec.decoder("flood")
    decoder.poll()
    for _ in range(40):
        noise = rng.randbytes(3000) + genuine[rng.randrange(len(genuine))][: rng.randrange(1, largest + 1)]
        for _event in decoder.feed(noise * 2, START):
            pass
    assert footprint(decoder) < 65_536 + 8 * largest
