"""The InfiRay P2 Pro / TC001: alignment by chroma, look-alikes refused by name, a .bin decoded as a stream."""

import numpy as np
import pytest

from drivers.devices import infiray_p2 as codec
from drivers.samples import DecodeFault, FaultKind, SampleFlag, ThermalFrame
from simulators.devices.infiray_p2 import InfirayP2
from tests.simulators.devices.together import START, Still, Together, picture

SCENE = picture(codec.ROWS, codec.COLUMNS)


def frames_of(events):
    return [event for event in events if isinstance(event, ThermalFrame)]


def test_twenty_five_frames_a_second_in_steps_of_a_sixteenth_kelvin():
    frames = Together(InfirayP2(Still(picture=SCENE)), codec.SPEC).samples(1.0, ThermalFrame)
    assert len(frames) == pytest.approx(25, abs=2)
    assert np.abs(frames[0].temps_c - SCENE).max() <= 1 / 32 + 1e-4
    assert frames[0].temps_c.shape == (192, 256)
    assert frames[0].flags is SampleFlag.UNCHECKED


def test_while_the_shutter_is_closed_nothing_comes():
    still = Still(picture=SCENE)
    together = Together(InfirayP2(still), codec.SPEC)
    together.run(0.5)
    still.closed = True
    assert together.run(0.5) == []
    still.closed = False
    assert together.run(0.5)


@pytest.mark.parametrize("skipped", [1, 2, 513, 98_304, 98_305, 150_001, 196_607])
def test_a_stream_that_begins_anywhere_is_aligned_and_loses_only_the_first_frame(skipped):
    frame = codec.encode_frame(SCENE)
    data = (frame * 3)[skipped:]
    for size in (len(data), 65_536, 1 << 18):
        decoder, events = codec.SPEC.decoder("x"), []
        for start in range(0, len(data), size):
            events += decoder.feed(data[start : start + size], START)
        assert len(frames_of(events)) == 2
        assert all(np.abs(found.temps_c - SCENE).max() < 0.04 for found in frames_of(events))
        lost = [event.dropped_bytes for event in events if isinstance(event, DecodeFault)]
        assert lost == [len(frame) - skipped]


def test_a_torn_frame_is_dropped_and_the_next_one_found():
    frame = codec.encode_frame(SCENE)
    torn = frame[:70_000] + frame[90_001:]
    events = list(codec.SPEC.decoder("x").feed(frame + torn + frame + frame, START))
    assert len(frames_of(events)) == 3


def test_a_frame_cut_short_is_told_and_the_stream_goes_on():
    frame = codec.encode_frame(SCENE)
    decoder = codec.SPEC.decoder("x")
    assert len(frames_of(decoder.feed(frame + frame[:100_000], START))) == 1
    assert decoder.feed(b"", START.later(0.1)) == []
    (fault,) = decoder.feed(b"", START.later(1))
    assert (fault.kind, fault.dropped_bytes) == (FaultKind.LENGTH, 100_000)
    assert len(frames_of(decoder.feed(frame, START.later(2)))) == 1


def test_a_picture_in_colour_is_no_frame_and_the_fault_says_what_to_change():
    events = Together(InfirayP2(Still(picture=SCENE), colour=True), codec.SPEC).run(1.0)
    assert events
    assert all(isinstance(event, DecodeFault) and "palette" in event.detail for event in events)


def test_temperatures_that_the_camera_cannot_measure_are_nobodys_fever():
    frame = bytearray(codec.encode_frame(SCENE))
    frame[codec.HALF_BYTES : codec.HALF_BYTES + 2] = (4096).to_bytes(2, "little")  # -209 degC, as a look-alike shows
    (found,) = codec.SPEC.decoder("x").feed(bytes(frame), START)
    assert np.isnan(found.temps_c[0, 0])
    assert SampleFlag.BAD_PIXELS in found.flags
    assert np.isfinite(found.temps_c.ravel()[1:]).all()


def test_the_camera_itself_is_accepted():
    assert codec.refusal(0x0BDA, 0x5830, (256, 384)) is None


@pytest.mark.parametrize(
    ("vid", "pid", "geometry", "word"),
    [
        (0x3474, 0x4321, (256, 384), "Thermal Cam Co"),
        (0x3474, 0x45A2, (256, 384), "Thermal Master P3"),
        (0x3474, 0x45C2, (256, 384), "Thermal Master P1"),
        (0x1E4E, 0x0100, (160, 120), "unknown camera"),
        (0x0BDA, 0x5830, (256, 192), "picture only"),
        (0x0BDA, 0x5830, (512, 484), "TC002C Duo"),
        (0x0BDA, 0x5830, (640, 480), "unknown layout"),
    ],
)
def test_look_alikes_are_refused_by_name(vid, pid, geometry, word):
    assert word in codec.refusal(vid, pid, geometry)
