"""InfiRay P2 layout: a stream entered anywhere gives whole pictures only, because the neutral chroma marks them."""

from datetime import UTC, datetime

import numpy as np
import pytest

from contract.clock import Instant
from drivers.devices.infiray_p2 import FRAME_BYTES, HALF_BYTES, InfirayP2Decoder, encode_frame
from drivers.samples import DecodeFault, ThermalFrame

AT = Instant(datetime(2026, 1, 24, tzinfo=UTC), 10**9)
SCENE = np.add.outer(np.linspace(20, 24, 192), np.linspace(0, 10, 256))


@pytest.mark.parametrize("read", [FRAME_BYTES, 4096])
@pytest.mark.parametrize("at_byte", [1, 2, 512, 60_001, HALF_BYTES, HALF_BYTES + 1, 150_000, FRAME_BYTES - 2])
def test_a_stream_entered_within_a_frame_gives_whole_frames_only(at_byte: int, read: int) -> None:
    stream = b"".join(encode_frame(SCENE + number) for number in range(4))[at_byte:]
    decoder = InfirayP2Decoder("cam")
    events = [
        event for place in range(0, len(stream), read) for event in decoder.feed(stream[place : place + read], AT)
    ]
    frames = [event for event in events if isinstance(event, ThermalFrame)]
    assert len(frames) == 3
    for number, frame in enumerate(frames, start=1):
        np.testing.assert_allclose(frame.temps_c, SCENE + number, atol=0.04)
    assert sum(event.dropped_bytes for event in events if isinstance(event, DecodeFault)) == FRAME_BYTES - at_byte
