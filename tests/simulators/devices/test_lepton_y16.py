"""The simulated Lepton joined with the real codec: frames, telemetry, shutter, jitter."""

import numpy as np
import pytest

from contract.clock import SystemClock
from drivers.devices import lepton_y16 as codec
from drivers.link import LinkLost
from drivers.samples import DecodeFault, SampleFlag, ThermalFrame
from drivers.uvc_link import UvcLink
from simulators.camera import Camera
from simulators.detector import SHUTTER_PHASE_S
from simulators.devices.lepton_y16 import FPS, LeptonY16
from simulators.geometry import LEPTON_35
from simulators.ports import TcpPort
from simulators.scene import Enter, Place, Scene


def camera():
    return Camera(Scene.script([Enter("a", at_s=0.0)], place=Place(mark_m=0.55)), LEPTON_35, seed=3, on_for_s=7200.0)


def spoken(device, from_s, until_s):
    """Messages with the times at which they were said."""
    said, t_s = [], from_s
    while t_s < until_s:
        message, next_s = device.speak(t_s)
        if message:
            said.append((t_s, message))
        t_s = next_s
    return said


def started(at_s=0.0, **kwargs):
    device = LeptonY16(camera(), seed=5, **kwargs)
    device.power_up(at_s)
    return device


def test_frames_with_telemetry_decode_to_what_the_camera_saw(clock):
    said = spoken(started(), 0.0, 2.0)
    decoder = codec.SPEC.decoder("a")
    events = [event for _, message in said for event in decoder.feed(message, clock.advance(0.11))]
    assert not [event for event in events if isinstance(event, DecodeFault)]
    assert len(events) == len(said) >= 15
    frame = events[10]
    assert isinstance(frame, ThermalFrame)
    number = round(frame.device_counter / 26 * FPS)
    assert np.nanmax(np.abs(frame.temps_c - camera().frame(number / FPS))) < 0.006
    assert frame.sensor_c == pytest.approx(31.0, abs=0.2)
    assert frame.flags is SampleFlag.NONE


def test_frames_without_telemetry_are_38400_bytes():
    assert {len(message) for _, message in spoken(started(telemetry=False), 0.0, 1.0)} == {38_400}


def test_the_shutter_is_announced_shown_and_over(clock):
    device = started(SHUTTER_PHASE_S - 3.0)
    decoder = codec.SPEC.decoder("a")
    frames = []
    for t_s, message in spoken(device, SHUTTER_PHASE_S - 3.0, SHUTTER_PHASE_S + 4.0):
        frames += [(t_s, event) for event in decoder.feed(message, clock.advance(0.11))]
    closed = [t_s - SHUTTER_PHASE_S for t_s, frame in frames if SampleFlag.SHUTTER in frame.flags]
    assert min(closed) == pytest.approx(-0.5, abs=0.4)
    assert max(closed) == pytest.approx(0.8, abs=0.4)
    repeated = [frame for t_s, frame in frames if SampleFlag.REPEATED in frame.flags]
    assert 4 <= len(repeated) <= 9
    since_s = frames[-1][1].since_shutter_s
    assert since_s == pytest.approx(4.0 - 0.8, abs=0.3)


def test_frames_come_as_unevenly_as_recorded():
    times = np.array([t_s for t_s, _ in spoken(started(), 0.0, 60.0)])
    gaps = np.diff(times)
    assert len(times) / 60 == pytest.approx(FPS, rel=0.03)
    assert np.median(gaps) == pytest.approx(0.114, abs=0.02)
    assert gaps.min() >= 0.0149
    assert gaps.max() > 0.25


def test_raw_video_over_tcp_reaches_opencv_exactly():
    with TcpPort(LeptonY16(camera(), seed=5, telemetry=False), SystemClock()) as port:
        link = UvcLink(port.url, codec.SPEC)
        try:
            frames = [frame for _ in range(4) if (frame := link.read(1.0))]
        except LinkLost:
            pytest.fail("no video came")
        finally:
            link.close()
    pictures = [np.frombuffer(frame, dtype="<u2").reshape(120, 160) / 100 - 273.15 for frame in frames]
    assert all(20 < picture.mean() < 30 for picture in pictures)
    assert pictures[-1].std() < 10
