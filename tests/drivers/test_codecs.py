"""One suite for every driver: what `tests/golden/<driver>` says must come out of its codec, however it goes in.

A new device needs nothing here: its file and its golden folder bring it in. What is asked of a wire format is
what that format can do (`drivers.codec.Integrity`).
"""

import dataclasses
import gc
import importlib
import pkgutil
import random
import sys
import types
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.clock import Instant
from drivers import devices, registry
from drivers.codec import Decoder, DriverSpec, Evidence, Integrity, Quantity, Transport
from drivers.samples import (
    AmbientReading,
    DecodeFault,
    DeviceReply,
    Event,
    FaultKind,
    ReferenceReading,
    Sample,
    SpotReading,
    ThermalFrame,
)
from tests.drivers.golden import FOLDER, Example, differences, examples, same

START = Instant(datetime(2026, 1, 24, 8, 0, tzinfo=UTC), 1_000_000_000)
PAUSE_S = 1.0
MODULES = [importlib.import_module(f"drivers.devices.{item.name}") for item in pkgutil.iter_modules(devices.__path__)]
SPECS: dict[str, DriverSpec] = {module.SPEC.name: module.SPEC for module in MODULES if hasattr(module, "SPEC")}
EXAMPLES = {name: examples(name) for name in SPECS}
Cut = Callable[[bytes], list[bytes]]

KINDS: dict[Quantity, type[Sample]] = {
    Quantity.FRAME: ThermalFrame,
    Quantity.SPOT: SpotReading,
    Quantity.AMBIENT: AmbientReading,
    Quantity.REFERENCE: ReferenceReading,
    Quantity.SIGNAL: DeviceReply,
}
TOLD_APART = frozenset({"flags", "applied", "emissivity", "mode", "since_shutter_s", "housing_c", "device_counter"})
"""What a lone frame cannot repeat of a conversation, and what `says` need not repeat of a sample."""


def every(want: Callable[[DriverSpec, Example], bool] = lambda _spec, _example: True) -> Any:
    cases = [
        pytest.param(SPECS[name], example, id=f"{name}-{example.name}")
        for name, found in EXAMPLES.items()
        for example in found
        if example.steps and want(SPECS[name], example)
    ]
    return pytest.mark.parametrize(("spec", "example"), cases)


every_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))


def checked(spec: DriverSpec, _example: Example) -> bool:
    return spec.integrity is Integrity.CHECKSUM


def streaming(spec: DriverSpec, example: Example) -> bool:
    return spec.integrity is Integrity.CHECKSUM and example.speaks_first


# --- hearing ----------------------------------------------------------------------------------------------------------


def whole(data: bytes) -> list[bytes]:
    return [data]


def bytewise(data: bytes) -> list[bytes]:
    return [data[index : index + 1] for index in range(len(data))]


def cut_at(place: int) -> Cut:
    return lambda data: [data[:place], data[place:]]


def cut_places(length: int) -> list[int]:
    """Every cut of a short reply; of a long one the ends and a spread of the middle."""
    if length <= 2000:
        return list(range(1, length))
    return sorted({*range(1, 60), *range(length - 60, length), *range(60, length, max(1, length // 97))})


def hear(spec: DriverSpec, example: Example, cut: Cut = whole, damage: Cut = whole) -> list[list[Event]]:
    """Live through an example; return the events of each step. `damage` changes a reply before it is cut."""
    decoder = spec.decoder("golden")
    at = START
    heard = []
    for step in example.steps:
        if step.host is not None:
            assert decoder.poll() == step.host
        events: list[Event] = []
        for damaged in damage(step.device):
            for piece in cut(damaged):
                events += decoder.feed(piece, at)
        at = at.later(PAUSE_S)
        events += decoder.feed(b"", at)
        heard.append(events)
    return heard


def samples(events: list[Event]) -> list[Sample]:
    return [event for event in events if not isinstance(event, DecodeFault)]


def agree(found: list[Event] | list[Sample], wanted: list[Event] | list[Sample]) -> bool:
    return len(found) == len(wanted) and all(same(one, other) for one, other in zip(found, wanted, strict=True))


# --- the SPEC itself --------------------------------------------------------------------------------------------------


def test_every_device_file_is_registered_under_its_own_name() -> None:
    assert {module.__name__.rpartition(".")[2] for module in MODULES} == set(SPECS)
    assert registry.specs() == SPECS


@every_spec
def test_a_driver_says_what_it_is_and_where_its_facts_come_from(spec: DriverSpec) -> None:
    assert spec.title
    assert spec.sources
    assert all(spec.sources)
    if spec.transport is Transport.SERIAL:
        assert spec.line is not None
        assert spec.wiring
    if spec.quantity is Quantity.FRAME:
        assert spec.shape is not None
    module = sys.modules[spec.decoder.__module__]
    assert module.__doc__ is not None
    assert len(module.__doc__.splitlines()) > 8, "the byte ruler is missing"


@every_spec
def test_a_driver_has_golden_examples_of_the_evidence_that_it_claims(spec: DriverSpec) -> None:
    found = EXAMPLES[spec.name]
    assert any(example.steps for example in found), f"no example in tests/golden/{spec.name}"
    if spec.evidence is Evidence.CAPTURED:
        assert any(example.evidence == "captured" for example in found)


def test_golden_folders_belong_to_drivers() -> None:
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    assert folders <= set(SPECS)


@pytest.mark.parametrize(
    ("spec", "command"),
    [
        pytest.param(SPECS[name], command, id=f"{name}-{command.call}-{index}")
        for name, found in EXAMPLES.items()
        for example in found
        for index, command in enumerate(example.commands)
    ],
)
def test_commands_are_encoded_as_documented(spec: DriverSpec, command: Any) -> None:
    module = importlib.import_module(spec.decoder.__module__)
    assert getattr(module, command.call)(*command.arguments, **command.named) == command.data


# --- good bytes, cut in any way ---------------------------------------------------------------------------------------


@every()
def test_examples_decode_as_expected(spec: DriverSpec, example: Example) -> None:
    for events, step in zip(hear(spec, example), example.steps, strict=True):
        assert differences(events, step.expected) == []


@every()
def test_byte_by_byte_is_the_same_as_whole(spec: DriverSpec, example: Example) -> None:
    for one, other in zip(hear(spec, example, bytewise), hear(spec, example), strict=True):
        assert agree(one, other)


@every()
def test_cut_anywhere_is_the_same_as_whole(spec: DriverSpec, example: Example) -> None:
    wanted = hear(spec, example)
    for place in cut_places(max(len(step.device) for step in example.steps)):
        for one, other in zip(hear(spec, example, cut_at(place)), wanted, strict=True):
            assert agree(one, other), f"cut at {place}"


@every(lambda _spec, example: example.speaks_first)
def test_merged_frames_are_all_found(spec: DriverSpec, example: Example) -> None:
    stream = b"".join(step.device for step in example.steps) * 3
    decoder = spec.decoder("golden")
    events = [*decoder.feed(stream, START), *decoder.feed(b"", START.later(PAUSE_S))]
    assert len(samples(events)) == 3 * sum(len(samples(heard)) for heard in hear(spec, example))
    assert not [event for event in events if isinstance(event, DecodeFault) and event.kind is FaultKind.RESYNC]


# --- bad bytes --------------------------------------------------------------------------------------------------------


def garbage_for(spec: DriverSpec, reply: bytes) -> list[bytes]:
    """Things that stand on a line between frames, and hold none themselves."""
    rng = random.Random(20260124)
    noises = [
        bytes(rng.randrange(256) for _ in range(37)),
        b"\x00" * 11,
        b"\xff" * 3,
        b"\nThank you for using our modules\r\n",
        reply[: len(reply) // 2],
        reply[: min(len(reply) - 1, 5)] * 3,
        reply[len(reply) // 2 :],
        reply[1:],
    ]
    return [
        noise
        for noise in noises
        if not any(not says_nothing(event) for event in spec.decoder("noise").feed(noise, START))
    ]


def says_nothing(event: Event) -> bool:
    return isinstance(event, DecodeFault) and event.kind is not FaultKind.CONTENT


@every(checked)
@pytest.mark.parametrize("where", ["before", "after", "both"])
def test_garbage_around_a_reply_costs_no_reply_and_is_counted(spec: DriverSpec, example: Example, where: str) -> None:
    wanted = hear(spec, example)
    for index in range(min(len(garbage_for(spec, step.device)) for step in example.steps)):

        def damage(reply: bytes, index: int = index) -> list[bytes]:
            noise = garbage_for(spec, reply)[index]
            return [(noise if where != "after" else b"") + reply + (noise if where != "before" else b"")]

        heard = hear(spec, example, damage=damage)
        for events, clean, step in zip(heard, wanted, example.steps, strict=True):
            assert agree(samples(events), samples(clean)), f"garbage {index}"
            noise = garbage_for(spec, step.device)[index]
            assert dropped(events) == dropped(clean) + len(noise) * (2 if where == "both" else 1)


def dropped(events: list[Event]) -> int:
    return sum(event.dropped_bytes for event in events if isinstance(event, DecodeFault))


@every(streaming)
def test_garbage_between_frames_costs_no_frame_wherever_it_is_cut(spec: DriverSpec, example: Example) -> None:
    stream = b"".join(step.device for step in example.steps)
    per_pass = sum(len(samples(heard)) for heard in hear(spec, example))
    for noise in garbage_for(spec, stream):
        data = stream + noise + stream + noise + stream
        for cut in (whole, bytewise, cut_at(len(stream) + len(noise) // 2)):
            decoder = spec.decoder("golden")
            events = [event for piece in cut(data) for event in decoder.feed(piece, START)]
            events += decoder.feed(b"", START.later(PAUSE_S))
            assert len(samples(events)) == 3 * per_pass


@every(lambda spec, _example: spec.integrity is Integrity.DELIMITED)
def test_a_line_is_found_again_behind_the_next_mark(spec: DriverSpec, example: Example) -> None:
    """Garbage may cost the reply it touches; the conversation held afterwards is heard in full."""
    wanted = hear(spec, example)
    decoder = spec.decoder("golden")
    decoder.feed(b"\x00\xff\x13garbage\r\n", START)
    decoder.feed(b"", START.later(PAUSE_S))
    for step, clean in zip(example.steps, wanted, strict=True):
        if step.host is not None:
            assert decoder.poll() == step.host
        events = [*decoder.feed(step.device, START.later(2)), *decoder.feed(b"", START.later(2 + PAUSE_S))]
        assert agree(samples(events), samples(clean))


def flips(length: int) -> list[int]:
    """Every bit of a short frame, a spread of a long one's, its head and tail always."""
    bits = 8 * length
    if bits <= 1200:
        return list(range(bits))
    return sorted({*range(80), *range(bits - 80, bits), *range(80, bits, max(1, bits // 301))})


@every(lambda spec, example: checked(spec, example) and all(step.checked for step in example.steps))
def test_a_flipped_bit_never_becomes_a_sample(spec: DriverSpec, example: Example) -> None:
    clean = hear(spec, example)
    genuine = [sample for events in clean for sample in samples(events)]
    for position in flips(max(len(step.device) for step in example.steps)):

        def flip(reply: bytes, position: int = position) -> list[bytes]:
            if position >= 8 * len(reply):
                return [reply]
            damaged = bytearray(reply)
            damaged[position // 8] ^= 1 << position % 8
            return [bytes(damaged)]

        for events in hear(spec, example, damage=flip):
            for sample in samples(events):
                assert any(same(sample, other, besides=TOLD_APART) for other in genuine), f"bit {position}"


@every(lambda spec, example: streaming(spec, example) and all(step.checked for step in example.steps))
def test_the_frame_after_a_damaged_one_is_heard(spec: DriverSpec, example: Example) -> None:
    stream = b"".join(step.device for step in example.steps)
    per_pass = sum(len(samples(heard)) for heard in hear(spec, example))
    for position in flips(len(stream)):
        damaged = bytearray(stream)
        damaged[position // 8] ^= 1 << position % 8
        decoder = spec.decoder("golden")
        events = list(decoder.feed(stream + bytes(damaged) + stream, START))
        events += decoder.feed(b"", START.later(PAUSE_S))
        found = len(samples(events))
        assert 2 * per_pass <= found <= 3 * per_pass, f"bit {position}"
        assert any(isinstance(event, DecodeFault) for event in events)


@every(lambda spec, example: example.speaks_first and spec.integrity is not Integrity.SIZE)
def test_a_frame_cut_short_does_not_cost_the_next(spec: DriverSpec, example: Example) -> None:
    stream = b"".join(step.device for step in example.steps)
    per_pass = sum(len(samples(heard)) for heard in hear(spec, example))
    for place in cut_places(len(stream))[:: max(1, len(stream) // 64)]:
        decoder = spec.decoder("golden")
        events = [*decoder.feed(stream[:place] + stream, START), *decoder.feed(b"", START.later(PAUSE_S))]
        assert len(samples(events)) >= per_pass, f"cut at {place}"


# --- any bytes --------------------------------------------------------------------------------------------------------


def footprint(root: object) -> int:
    """Bytes held by everything that the object alone refers to."""
    seen: set[int] = set()
    waiting = [root]
    total = 0
    shared = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType)
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, shared):
            continue
        seen.add(id(item))
        total += item.nbytes if isinstance(item, np.ndarray) else sys.getsizeof(item)
        waiting.extend(gc.get_referents(item))
    return total


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
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
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


# --- the device's own role --------------------------------------------------------------------------------------------


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


def worlds(spec: DriverSpec) -> Iterator[Sample]:
    for example in EXAMPLES[spec.name]:
        if all(step.checked for step in example.steps):
            for events in hear(spec, example):
                yield from (event for event in samples(events) if isinstance(event, KINDS[spec.quantity]))


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
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
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


@every_spec
def test_a_handshake_knows_its_own_device_and_no_other(spec: DriverSpec) -> None:
    if spec.handshake is None:
        return
    recognises = spec.handshake.recognises
    assert recognises(b"") is False
    assert recognises(random.Random(3).randbytes(5000)) is False
    for name, found in EXAMPLES.items():
        heard = b"".join(step.device for example in found for step in example.steps)
        if name == spec.name:
            assert any(recognises(step.device) for example in found for step in example.steps)
        else:
            assert recognises(heard) is False, f"takes a {name} for a {spec.name}"
