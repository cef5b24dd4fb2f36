"""One suite for every driver: what `tests/golden/<driver>` says must come out of its codec, however it goes in.

A new device needs nothing here: its file and its golden folder bring it in. What is asked of a wire format is
what that format can do (`drivers.codec.Integrity`).
"""

import random

import pytest

from drivers.codec import DriverSpec, Integrity
from drivers.samples import DecodeFault, Event, FaultKind
from tests.drivers.golden import Example, differences, same
from tests.drivers.suite import (
    PAUSE_S,
    START,
    TOLD_APART,
    agree,
    bytewise,
    checked,
    cut_at,
    cut_places,
    every,
    hear,
    samples,
    streaming,
    whole,
)

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
