"""The Heimann HTPA32x32d: a real recording, the conversation, datagrams that get lost, a real UDP socket."""

import re
import socket
import struct

import numpy as np
import pytest

from contract.clock import SystemClock
from drivers.devices import htpa32x32d as codec
from drivers.samples import DecodeFault, DeviceReply, ThermalFrame
from simulators.devices.htpa32x32d import DATAGRAM_BYTES, Htpa32x32d
from simulators.udp_port import UdpPort
from tests.simulators.devices.together import START, Still, Together, picture, told


@pytest.fixture(scope="module")
def recorded(shared_data):
    """Seconds and both datagrams of each image of a real device."""
    lines = (shared_data / "device_captures" / "htpa32x32d_ID121.txt").read_text().splitlines()[1:]
    images = []
    for line in lines:
        words, _, seconds = line.partition("t:")
        if seconds:
            data = struct.pack("<1290h", *map(int, words.split()))
            images.append((float(seconds), data[: codec.FIRST_BYTES], data[codec.FIRST_BYTES :]))
    return images


def test_a_real_recording_is_a_room_at_room_temperature(recorded):
    decoder = codec.SPEC.decoder("real")
    frames = []
    for seconds, first, second in recorded:
        at = START.later(seconds)
        assert not decoder.feed(first, at)
        frames += decoder.feed(second, at)
    assert len(frames) == len(recorded) == 14
    for frame, (_, first, second) in zip(frames, recorded, strict=True):
        words = np.frombuffer(first + second, "<i2")[:1024].reshape(32, 32)
        assert np.allclose(frame.temps_c, words / 10 - 273.15, atol=1e-4)
        assert 13 < frame.temps_c.min() < frame.temps_c.max() < 30
        assert frame.sensor_c == pytest.approx(37.25)


@pytest.mark.parametrize("lost", ["first", "second"])
def test_a_lost_datagram_costs_its_image_and_never_makes_one_of_two_halves(recorded, lost):
    decoder = codec.SPEC.decoder("real")
    events = []
    for number, (seconds, first, second) in enumerate(recorded):
        for name, datagram in (("first", first), ("second", second)):
            if number != 5 or name != lost:
                events += decoder.feed(datagram, START.later(seconds))
    frames = [event for event in events if isinstance(event, ThermalFrame)]
    wanted = [np.frombuffer(first, "<i2")[0] for number, (_, first, _) in enumerate(recorded) if number != 5]
    assert [round((frame.temps_c[0, 0] + 273.15) * 10) for frame in frames] == wanted
    assert sum(event.dropped_bytes for event in events if isinstance(event, DecodeFault)) in (1288, 1292)


def test_it_streams_only_to_a_host_that_has_bound_it():
    device = Htpa32x32d(Still(picture=picture(32, 32)))
    device.power_up(0.0)
    assert device.hear(codec.start_stream(), 0.1) == b""
    assert device.speak(1.0)[0] == b""
    assert device.hear(codec.call(), 1.0).startswith(b"HTPA series responded! I am Arraytype 10 MODTYPE ")
    assert device.hear(codec.bind(), 1.0).startswith(b"HW Filter is ")
    assert device.hear(codec.bind(), 1.0) == b"Device already bound\n\r"
    device.hear(codec.start_stream(), 1.0)
    assert len(device.speak(2.0)[0]) == codec.FRAME_BYTES
    assert device.hear(codec.release(), 2.0) == b"HW-Filter released\r\n"
    assert device.speak(3.0)[0] == b""


def test_started_by_the_driver_it_sends_the_picture():
    together = Together(Htpa32x32d(Still(sensor_c=30.55, picture=picture(32, 32))), codec.SPEC)
    events = together.run(2.0)
    assert [name for name, _ in told(events)] == ["identity", "bound"]
    frames = [event for event in events if isinstance(event, ThermalFrame)]
    assert len(frames) == pytest.approx(17, abs=2)
    assert np.allclose(frames[0].temps_c, picture(32, 32), atol=0.06)
    assert frames[0].sensor_c == pytest.approx(30.55)


def test_images_come_as_unevenly_as_recorded():
    """14 images of a real device: 1.48 s, 0.03 to 0.16 s apart, the middle one 0.11 s."""
    device = Htpa32x32d(Still(picture=picture(32, 32)), seed=3)
    device.power_up(0.0)
    for order in codec.SPEC.start:
        device.hear(order, 0.0)
    times, t_s = [], 0.0
    while t_s < 60.0:
        said, next_s = device.speak(t_s)
        times += [t_s] * bool(said)
        t_s = next_s
    gaps = np.diff(times)
    assert len(times) / 60 == pytest.approx(13 / 1.48, rel=0.02)
    assert np.median(gaps) == pytest.approx(0.114, abs=0.01)
    assert 0.03 <= gaps.min() < 0.08
    assert 0.14 < gaps.max() < 0.2


def test_over_a_real_socket_an_image_is_two_datagrams():
    with (
        UdpPort(Htpa32x32d(Still(picture=picture(32, 32))), SystemClock(), datagram_bytes=DATAGRAM_BYTES) as port,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host,
    ):
        host.settimeout(5)
        host.connect(("127.0.0.1", port.port))
        decoder, events, sizes = codec.SPEC.decoder("udp"), [], []
        for order in codec.SPEC.start:
            host.send(order)
        while not any(isinstance(event, ThermalFrame) for event in events):
            datagram = host.recv(4096)
            sizes.append(len(datagram))
            events += decoder.feed(datagram, SystemClock().now())
    assert sizes[-2:] == [1292, 1288]
    assert any(isinstance(event, DeviceReply) and re.match("HW Filter is", event.value) for event in events)
