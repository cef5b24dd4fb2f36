"""Unplug, replug, another number, for every kind of link: back by itself, the gap logged, nothing old shown as new.

What is plugged in again says other temperatures than before. How soon a reader looks for it is `reader.RETRY_MOST_S`.
"""

import os
import queue
import shutil
import socket
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog

from contract.clock import Clock, SystemClock
from drivers import reader as reading
from drivers import registry
from drivers.codec import DriverSpec
from drivers.devices import gy_mcu90640, lepton_y16
from drivers.link import Link
from drivers.reader import Reader, open_link
from drivers.samples import Event, ThermalFrame
from drivers.serial_link import SerialLink
from drivers.uvc_link import UvcLink
from tests.drivers.ptys import Device
from tests.drivers.test_serial_link import FakePort
from tests.drivers.test_uvc_link import FakeCamera, sysfs_with
from tests.patience import PATIENCE_S

GY = registry.spec("gy_mcu90640")
LEPTON = registry.spec("lepton_y16")


class Plug(ABC):
    """One way to connect a device, and the device's end of it."""

    spec: DriverSpec = GY
    url: str

    @abstractmethod
    def plug(self) -> None:
        """Plug in, under another number than before where the system gives numbers."""

    @abstractmethod
    def unplug(self) -> None:
        """Pull the cable."""

    @abstractmethod
    def say(self, data: bytes) -> None:
        """Let the device say something once the host listens."""

    def open(self, url: str, spec: DriverSpec, baud: int | None, clock: Clock) -> Link:
        return open_link(url, spec, baud, clock)

    def message(self, temperature_c: float) -> bytes:
        return gy_mcu90640.encode_frame(np.full((24, 32), temperature_c), 25.0)


class ByPath(Plug):
    def __init__(self, folder: Path) -> None:
        self.device = Device(folder / "device")
        self.url = str(self.device.path)
        self._neighbour = -1

    def plug(self) -> None:
        self.device.plug()

    def unplug(self) -> None:
        taken = self.device.slave
        self.device.unplug()
        # somebody else gets the number: the device comes back under another one
        self._neighbour = os.openpty()[1] if self._neighbour < 0 and taken >= 0 else self._neighbour

    def say(self, data: bytes) -> None:
        self.device.hear(len(b"".join(self.spec.start)))
        self.device.say(data)


class ByUsb(ByPath):
    """Found by its ids among others, one of them its twin but for the serial number."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self.url = url
        self._other = Device(folder / "other")
        self._there = True

    def plug(self) -> None:
        super().plug()
        self._there = True

    def unplug(self) -> None:
        self._there = False
        super().unplug()

    def ports(self) -> list[FakePort]:
        other = FakePort(os.ttyname(self._other.slave), 0x0403, 0x6015, "CD34", "FT232R", "SER=CD34")
        ours = FakePort(os.ttyname(self.device.slave), 0x0403, 0x6015, "AB12", "FT231X", "") if self._there else None
        return [other, ours] if ours else [other]

    def open(self, url: str, spec: DriverSpec, baud: int | None, clock: Clock) -> Link:
        assert spec.line is not None
        return SerialLink(url, spec.line, baud, self.ports)


class OverTcp(Plug):
    """A device server that vanishes with its network and comes back at the same address."""

    scheme = "socket"

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._peer: socket.socket | None = None
        self._address = self._server.getsockname()
        self.url = f"{self.scheme}://127.0.0.1:{self._address[1]}"

    def plug(self) -> None:
        self._server = socket.create_server(self._address)

    def unplug(self) -> None:
        self._server.close()
        if self._peer is not None:
            with suppress(OSError):
                self._peer.shutdown(socket.SHUT_RDWR)  # also where another thread reads from it
            self._peer.close()

    def say(self, data: bytes) -> None:
        self._server.settimeout(PATIENCE_S)
        self._peer, _address = self._server.accept()
        self._peer.settimeout(PATIENCE_S)
        wanted = len(b"".join(self.spec.start))
        while wanted:
            wanted -= len(self._peer.recv(wanted))
        self._peer.sendall(data)


class OverRfc2217(OverTcp):
    """The same with a server that lets the host set the line."""

    scheme = "rfc2217"

    def say(self, data: bytes) -> None:
        self._server.settimeout(PATIENCE_S)
        self._peer, _address = self._server.accept()
        threading.Thread(target=self._agree, args=(self._peer, data), daemon=True).start()

    def _agree(self, peer: socket.socket, data: bytes) -> None:
        """Say yes to every setting; when the start commands have come, say what the device says."""
        buffer, heard = b"", 0
        with suppress(OSError):
            while chunk := peer.recv(4096):
                buffer += chunk
                while buffer:
                    taken = self._option(peer, buffer)
                    if not taken:
                        heard, taken = heard + 1, 1
                        if heard == len(b"".join(self.spec.start)):
                            peer.sendall(data.replace(b"\xff", b"\xff\xff"))
                    buffer = buffer[taken:]

    @staticmethod
    def _option(peer: socket.socket, buffer: bytes) -> int:
        """Answer a telnet option; return its length, 0 for a byte of the line."""
        if buffer[0] != 255:
            return 0
        if buffer[1] == 250:
            end = buffer.index(b"\xff\xf0")
            peer.sendall(b"\xff\xfa\x2c" + bytes((buffer[3] + 100,)) + buffer[4:end] + b"\xff\xf0")
            return end + 2
        peer.sendall(bytes((255, {251: 253, 253: 251, 252: 254, 254: 252}[buffer[1]], buffer[2])))
        return 3


class Camera(Plug):
    """A camera by its USB ids: /dev/video0, and /dev/video1 when it comes back."""

    spec = LEPTON
    url = "uvc://1e4e:0100"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = -1
        self._frames: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.plug()

    def plug(self) -> None:
        self._number += 1
        sysfs_with(self._folder, "1e4e", "0100", "PureThermal", f"video{self._number}")

    def unplug(self) -> None:
        for kind in (f"devices/usb-video{self._number}", f"class/video{self._number}"):
            shutil.rmtree(self._folder / kind)
        self._frames.put(None)

    def say(self, data: bytes) -> None:
        self._frames.put(np.frombuffer(data, "<u2").reshape(122, 160))

    def message(self, temperature_c: float) -> bytes:
        counts = np.full((120, 160), round((temperature_c + 273.15) * 100), np.uint16)
        return lepton_y16.encode_counts(counts, lepton_y16.Telemetry(60_000, 1, last_ffc_ms=30_000))

    def open(self, url: str, spec: DriverSpec, baud: int | None, clock: Clock) -> Link:
        return UvcLink(url, spec, self._capture, self._folder / "class")

    def _capture(self, path: str, _backend: int, _parameters: object) -> FakeCamera:
        assert path == f"/dev/video{self._number}"
        camera = FakeCamera({(160, 122)}, [])
        camera.read = self._read  # type: ignore[method-assign]
        return camera

    def _read(self) -> tuple[bool, Any]:
        frame = self._frames.get(timeout=PATIENCE_S)
        return frame is not None, frame


PLUGS = {
    "serial by path": ByPath,
    "serial by USB ids and serial number": lambda folder: ByUsb(folder, "usb://0403:6015/AB12"),
    "serial by a part of its name": lambda folder: ByUsb(folder, "hwgrep://FT231X"),
    "socket": lambda _folder: OverTcp(),
    "rfc2217": lambda _folder: OverRfc2217(),
    "camera by USB ids": Camera,
}


@pytest.fixture
def heard() -> queue.Queue[Event]:
    return queue.Queue()


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial 3.5 says it the old way
@pytest.mark.parametrize("make", PLUGS.values(), ids=PLUGS.keys())
def test_what_is_unplugged_is_back_by_itself_and_nothing_old_comes_as_new(
    make: Any, tmp_path: Path, heard: queue.Queue[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_log", structlog.get_logger())  # one that no test before has bound
    plug: Plug = make(tmp_path)
    reader = Reader(plug.spec, plug.url, "cam", SystemClock(), heard.put, open_=plug.open)
    with structlog.testing.capture_logs() as logs:
        reader.start()
        try:
            plug.say(plug.message(30.0))
            first = frame(heard)
            plug.unplug()
            down(reader)
            assert heard.empty(), "while it is away there is silence"
            plug.plug()
            plug.say(plug.message(32.0))
            second = frame(heard)
        finally:
            reader.stop()
            plug.unplug()
    assert (round(first.temps_c[0, 0]), round(second.temps_c[0, 0])) == (30, 32)
    assert second.seq == first.seq + 1
    assert heard.empty()
    opened = [entry for entry in logs if entry["event"] == "link open"]
    assert opened[0]["gap_s"] is None
    assert opened[-1]["gap_s"] >= 0
    assert any(entry["event"] == "link down" and entry["why"] for entry in logs)


def test_a_reader_looks_for_its_device_at_least_twice_a_second() -> None:
    assert reading.RETRY_FIRST_S <= reading.RETRY_MOST_S <= 0.5


def frame(heard: queue.Queue[Event]) -> ThermalFrame:
    while True:
        event = heard.get(timeout=PATIENCE_S)
        if isinstance(event, ThermalFrame):
            return event


def down(reader: Reader) -> None:
    waiting = threading.Event()
    for _try in range(round(PATIENCE_S / 0.01)):
        if not reader.status().up:
            return
        waiting.wait(0.01)
    raise AssertionError("the reader did not notice")
