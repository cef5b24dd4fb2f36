"""Cameras: an injected capture object for what only hardware gives, the real cv2 for raw video over TCP."""

import builtins
import os
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from contract.clock import SystemClock
from drivers import registry
from drivers.devices import infiray_p2, lepton_y16
from drivers.link import LinkLost, LinkRefused
from drivers.samples import DecodeFault, ThermalFrame
from drivers.uvc_link import UvcLink, cameras, find_camera, opencv

LEPTON = registry.spec("lepton_y16")
P2 = registry.spec("infiray_p2")
TELEMETRY = lepton_y16.Telemetry(60_000, 1, last_ffc_ms=30_000)
COUNTS = np.add.outer(np.arange(120) * 2, np.arange(160) * 3 + 30000).astype(np.uint16)
FRAME = np.frombuffer(lepton_y16.encode_counts(COUNTS, TELEMETRY), dtype="<u2").reshape(122, 160)


class FakeCamera:
    """A camera that offers some geometries and gives frames as an operating system does."""

    def __init__(self, geometries: set[tuple[int, int]], frames: list[Any]) -> None:
        self.geometries = geometries
        self.frames = list(frames)
        self.calls: list[tuple[int, float]] = []
        self.asked = [640, 480]
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def set(self, prop: int, value: float) -> bool:
        self.calls.append((prop, value))
        if prop == cv2.CAP_PROP_FRAME_WIDTH:
            self.asked[0] = int(value)
        if prop == cv2.CAP_PROP_FRAME_HEIGHT:
            self.asked[1] = int(value)
        return True

    def get(self, prop: int) -> float:
        width, height = tuple(self.asked) if tuple(self.asked) in self.geometries else min(self.geometries)
        return {cv2.CAP_PROP_FRAME_WIDTH: width, cv2.CAP_PROP_FRAME_HEIGHT: height}[prop]

    def read(self) -> tuple[bool, Any]:
        return (True, self.frames.pop(0)) if self.frames else (False, None)

    def release(self) -> None:
        self.released = True


def sysfs_with(tmp_path: Path, vid: str, pid: str, product: str, node: str = "video0") -> Path:
    """A /sys/class/video4linux with one camera, laid out as the kernel does: the interface below the device."""
    usb = tmp_path / "devices" / f"usb-{node}"
    interface = usb / "1-1:1.0"
    interface.mkdir(parents=True)
    (usb / "idVendor").write_text(f"{vid}\n")
    (usb / "idProduct").write_text(f"{pid}\n")
    (usb / "product").write_text(f"{product}\n")
    folder = tmp_path / "class" / node
    folder.mkdir(parents=True)
    (folder / "device").symlink_to(interface)
    (folder / "index").write_text("0\n")
    return tmp_path / "class"


def link_to(camera: FakeCamera, sysfs: Path, spec: Any = LEPTON) -> UvcLink:
    return UvcLink("uvc:///dev/video0", spec, lambda *_arguments: camera, sysfs)


SHAPES = {
    "rows and columns of 16 bits": FRAME,
    "rows and columns of two bytes": FRAME.view(np.uint8).reshape(122, 160, 2),
    "one row of bytes": FRAME.view(np.uint8).reshape(1, -1),
    "one column of bytes": FRAME.view(np.uint8).reshape(-1, 1),
}


@pytest.mark.parametrize("frame", SHAPES.values(), ids=SHAPES.keys())
def test_every_shape_gives_the_same_bytes(frame: Any, tmp_path: Path) -> None:
    link = link_to(FakeCamera({(160, 122), (160, 120)}, [frame]), tmp_path)
    data = link.read(1.0)
    decoder = lepton_y16.LeptonY16Decoder("cam")
    (sample,) = decoder.feed(data, SystemClock().now())
    assert isinstance(sample, ThermalFrame)
    np.testing.assert_allclose(sample.temps_c, COUNTS / 100 - 273.15, atol=1e-4)
    link.close()


def test_the_format_is_asked_for_before_conversion_is_switched_off(tmp_path: Path) -> None:
    camera = FakeCamera({(160, 122)}, [])
    link_to(camera, tmp_path)
    order = [prop for prop, _value in camera.calls]
    assert order.index(cv2.CAP_PROP_FOURCC) < order.index(cv2.CAP_PROP_CONVERT_RGB)
    assert dict(camera.calls)[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"Y16 ")
    assert dict(camera.calls)[cv2.CAP_PROP_CONVERT_RGB] == 0


def test_without_telemetry_firmware_the_plain_picture_is_taken(tmp_path: Path) -> None:
    link = link_to(FakeCamera({(160, 120)}, [COUNTS]), tmp_path)
    assert len(link.read(1.0)) == lepton_y16.PICTURE_BYTES


def test_a_camera_that_stops_is_lost(tmp_path: Path) -> None:
    link = link_to(FakeCamera({(160, 122)}, [FRAME]), tmp_path)
    link.read(1.0)
    with pytest.raises(LinkLost):
        link.read(1.0)


def test_one_short_frame_is_left_out_and_many_are_another_mode(tmp_path: Path) -> None:
    link = link_to(FakeCamera({(160, 122)}, [FRAME[:50], FRAME]), tmp_path)
    assert link.read(1.0) == b""
    assert len(link.read(1.0)) == lepton_y16.FRAME_BYTES
    link = link_to(FakeCamera({(160, 122)}, [np.zeros((122, 160, 3), np.uint8)] * 10), tmp_path)
    for _ in range(9):
        assert link.read(1.0) == b""
    with pytest.raises(LinkRefused, match="another video mode"):
        link.read(1.0)


def test_a_look_alike_of_another_id_is_refused_by_name(tmp_path: Path) -> None:
    sysfs = sysfs_with(tmp_path, "3474", "4321", "Thermal Cam Co")
    with pytest.raises(LinkRefused, match="3474:4321 Thermal Cam Co"):
        link_to(FakeCamera({(256, 384)}, []), sysfs, P2)
    with pytest.raises(LinkRefused, match="Lepton"):
        link_to(FakeCamera({(160, 122)}, []), sysfs)


def test_the_right_id_with_another_geometry_is_refused(tmp_path: Path) -> None:
    sysfs = sysfs_with(tmp_path, "0bda", "5830", "USB Camera")
    with pytest.raises(LinkRefused, match="512x484"):
        link_to(FakeCamera({(512, 484)}, []), sysfs, P2)
    with pytest.raises(LinkRefused, match="offers 640x480"):
        link_to(FakeCamera({(640, 480)}, []), tmp_path)


def test_a_camera_is_found_by_its_id_and_metadata_nodes_are_left_out(tmp_path: Path) -> None:
    sysfs = sysfs_with(tmp_path, "1e4e", "0100", "PureThermal", "video3")
    metadata = sysfs_with(tmp_path / "m", "1e4e", "0100", "PureThermal", "video4") / "video4"
    (metadata / "index").write_text("1\n")
    metadata.rename(sysfs / "video4")
    assert list(cameras(sysfs)) == [(Path("/dev/video3"), (0x1E4E, 0x0100, "PureThermal"))]
    assert find_camera("uvc://1e4e:0100", sysfs) == Path("/dev/video3")
    with pytest.raises(LinkLost, match="no camera"):
        find_camera("uvc://0bda:5830", sysfs)
    with pytest.raises(LinkRefused, match="write uvc"):
        find_camera("uvc://camera", sysfs)


def test_two_cameras_alike_need_their_paths(tmp_path: Path) -> None:
    sysfs_with(tmp_path, "1e4e", "0100", "PureThermal", "video0")
    sysfs = sysfs_with(tmp_path, "1e4e", "0100", "PureThermal", "video2")
    with pytest.raises(LinkRefused, match=r"fits /dev/video0, /dev/video2: use a path in /dev/v4l/by-path"):
        find_camera("uvc://1e4e:0100", sysfs)


def test_where_opencv_cannot_be_loaded_the_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def broken(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
        return real_import(name, *arguments, **named)

    monkeypatch.delitem(sys.modules, "cv2")
    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(LinkRefused, match=r"libGL\.so\.1.*apt-get install libgl1"):
        opencv()


def serve_video(frames: list[bytes]) -> tuple[str, threading.Thread]:
    """Send raw video to whoever connects, then hang up."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(10)

    def serve() -> None:
        with server:
            peer, _address = server.accept()
            with peer, suppress(ConnectionError):  # whoever has seen enough hangs up first
                for frame in frames:
                    peer.sendall(frame)

    thread = threading.Thread(target=serve)
    thread.start()
    return f"raw+tcp://127.0.0.1:{server.getsockname()[1]}", thread


def numbered(index: int) -> bytes:
    return lepton_y16.encode_counts(COUNTS + np.uint16(index), lepton_y16.Telemetry(1000 * index, index))


def test_raw_video_over_tcp_through_the_real_opencv_is_exact() -> None:
    frames = [numbered(index) for index in range(1, 9)]
    url, thread = serve_video(frames)
    link = UvcLink(f"{url}?size=160x122", LEPTON)
    heard = [link.read(1.0) for _ in range(6)]
    link.close()
    thread.join()
    first = frames.index(heard[0])
    assert heard == frames[first : first + 6]
    assert first <= 1, "only the first frame may be eaten by probing"
    assert "OPENCV_FFMPEG_CAPTURE_OPTIONS" not in os.environ


def test_the_p2_layout_over_tcp_is_exact() -> None:
    rng = np.random.default_rng(3)
    frames = [infiray_p2.encode_frame(rng.uniform(20, 40, (192, 256))) for _ in range(5)]
    url, thread = serve_video(frames)
    link = UvcLink(url, P2)  # it has one size only
    assert link.read(1.0) in frames
    link.close()
    thread.join()


def test_a_tcp_camera_that_hangs_up_is_lost() -> None:
    url, thread = serve_video([numbered(index) for index in range(1, 4)])
    link = UvcLink(f"{url}?size=160x122", LEPTON)
    with pytest.raises(LinkLost):
        list(iter(lambda: link.read(1.0), None))
    link.close()
    thread.join()


def test_nobody_behind_the_address_may_come() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LinkLost, match="nobody sends video"):
        UvcLink(f"raw+tcp://127.0.0.1:{port}?size=160x120", LEPTON)


def test_a_camera_of_two_sizes_is_not_guessed() -> None:
    wanted = r"write raw\+tcp://127.0.0.1:1\?size=160x122 or raw\+tcp://127.0.0.1:1\?size=160x120"
    with pytest.raises(LinkRefused, match=wanted):
        UvcLink("raw+tcp://127.0.0.1:1", LEPTON)


@pytest.mark.parametrize(("sent", "told"), [("160x120", "160x122"), ("160x122", "160x120")])
def test_a_size_told_wrongly_gives_no_shifted_picture(sent: str, told: str) -> None:
    frames = [
        numbered(index) if sent == "160x122" else lepton_y16.encode_counts(COUNTS + np.uint16(index))
        for index in range(1, 60)
    ]
    url, thread = serve_video(frames)
    link, decoder, at = UvcLink(f"{url}?size={told}", LEPTON), LEPTON.decoder("cam"), SystemClock().now()
    events = [event for index in range(50) for event in decoder.feed(link.read(1.0), at.later(0.115 * index))]
    link.close()
    thread.join()
    assert events
    for event in events:
        assert isinstance(event, DecodeFault) or event.device_counter is not None


def test_raw_video_entered_within_a_picture_gives_no_rolled_one() -> None:
    """FFmpeg eats its first frame, or what came of it until then: it may so find the border by itself."""
    frames = [lepton_y16.encode_counts(COUNTS + np.uint16(index)) for index in range(20)]
    url, thread = serve_video([frames[0][20_000:], *frames[1:]])
    link, decoder, at = UvcLink(f"{url}?size=160x120", LEPTON), LEPTON.decoder("cam"), SystemClock().now()
    events = [event for index in range(10) for event in decoder.feed(link.read(1.0), at.later(0.115 * index))]
    link.close()
    thread.join()
    assert events
    for event in events:
        if not (isinstance(event, DecodeFault) and "seam" in event.detail):
            np.testing.assert_allclose(event.temps_c - event.temps_c[0, 0], (COUNTS - COUNTS[0, 0]) / 100, atol=1e-3)


def test_a_size_that_the_driver_does_not_know_is_refused() -> None:
    with pytest.raises(LinkRefused, match="160x122, 160x120"):
        UvcLink("raw+tcp://127.0.0.1:1?size=320x240", LEPTON)
    with pytest.raises(LinkRefused, match=r"write raw\+tcp"):
        UvcLink("raw+tcp://host", LEPTON)
