"""Serial lines over real pseudo-terminals and sockets."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.codec import SerialLine
from drivers.link import LinkLost, LinkRefused
from drivers.serial_link import SerialLink, resolve, usb_ids
from tests.drivers.ptys import Device

LINE = SerialLine(115200)
ALL_BYTES = bytes(range(256))


@dataclass
class FakePort:
    device: str
    vid: int | None = None
    pid: int | None = None
    serial_number: str | None = None
    description: str = ""
    hwid: str = ""


PORTS = [
    FakePort("/dev/ttyUSB0", 0x1A86, 0x7523, None, "USB Serial", "USB VID:PID=1A86:7523"),
    FakePort("/dev/ttyUSB1", 0x0403, 0x6015, "AB12", "FT231X", "USB VID:PID=0403:6015 SER=AB12"),
    FakePort("/dev/ttyUSB2", 0x0403, 0x6015, "CD34", "FT231X", "USB VID:PID=0403:6015 SER=CD34"),
]


def test_every_byte_passes_both_ways(device: Device) -> None:
    link = SerialLink(str(device.path), LINE)
    device.say(ALL_BYTES)
    heard = b""
    while len(heard) < 256:
        heard += link.read(1.0)
    assert heard == ALL_BYTES
    link.write(ALL_BYTES)
    assert device.hear(256) == ALL_BYTES
    link.close()


def test_silence_is_no_bytes(device: Device) -> None:
    link = SerialLink(str(device.path), LINE)
    assert link.read(0.01) == b""
    link.close()


def test_a_second_program_is_told_that_the_port_is_held(device: Device) -> None:
    link = SerialLink(str(device.path), LINE)
    with pytest.raises(LinkLost, match="held by another program"):
        SerialLink(str(device.path), LINE)
    link.close()


def test_an_unplugged_device_is_lost_whatever_is_being_done(device: Device) -> None:
    link = SerialLink(str(device.path), LINE)
    device.unplug()
    with pytest.raises(LinkLost, match="was unplugged"):
        link.read(0.5)
    with pytest.raises(LinkLost):
        link.write(b"x")
    with pytest.raises(LinkLost):
        link.read(0.2)  # another timeout: setting it fails with termios.error
    link.close()
    link.close()


def test_a_port_that_is_not_there_may_come(tmp_path: Path) -> None:
    with pytest.raises(LinkLost, match="is not there"):
        SerialLink(str(tmp_path / "nothing"), LINE)


def test_a_port_without_permission_says_what_to_do(monkeypatch: pytest.MonkeyPatch, device: Device) -> None:
    def refuse(*_arguments: object, **_settings: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("drivers.serial_link.serial.serial_for_url", refuse)
    with pytest.raises(LinkLost, match="dialout"):
        SerialLink(str(device.path), LINE)


def test_a_device_server_over_tcp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = SerialLink(f"socket://127.0.0.1:{server.getsockname()[1]}", LINE)
        peer, _address = server.accept()
        with peer:
            peer.sendall(ALL_BYTES * 20)
            heard = b""
            while len(heard) < 256 * 20:
                heard += link.read(1.0)
            assert heard == ALL_BYTES * 20
            assert link.read(0.01) == b""
            link.write(b"hello")
            assert peer.recv(5, socket.MSG_WAITALL) == b"hello"
        with pytest.raises(LinkLost):
            link.read(1.0)
        link.close()


def test_nobody_behind_a_socket_may_come() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LinkLost):
        SerialLink(f"socket://127.0.0.1:{port}", LINE)


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial 3.5 says it the old way
def test_rfc2217_speaks_to_a_server_that_negotiates() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = threading.Event()
        thread = threading.Thread(target=_serve_rfc2217, args=(server, done))
        thread.start()
        try:
            _converse_over_rfc2217(port)
        finally:
            done.set()
            thread.join()


def _converse_over_rfc2217(port: int) -> None:
    link = SerialLink(f"rfc2217://127.0.0.1:{port}", LINE)
    link.write(b"?")
    heard = b""
    while len(heard) < 4:
        heard += link.read(1.0)
    assert heard == b"\x00\xff\x5a\x5a"
    link.close()


def _serve_rfc2217(server: socket.socket, done: threading.Event) -> None:
    """Say yes to every setting; answer "?" with four bytes, the 0xFF doubled as telnet has it."""
    server.settimeout(5.0)
    peer, _address = server.accept()
    with peer:
        peer.settimeout(0.05)
        buffer = b""
        while not done.is_set():
            with suppress(TimeoutError):
                buffer += peer.recv(4096)
            while buffer:
                if buffer[0] != 255:
                    assert buffer[:1] == b"?"
                    peer.sendall(b"\x00\xff\xff\x5a\x5a")
                    buffer = buffer[1:]
                elif buffer[1] == 250:  # a setting: say it back with the server's code
                    end = buffer.index(b"\xff\xf0")
                    peer.sendall(b"\xff\xfa\x2c" + bytes((buffer[3] + 100,)) + buffer[4:end] + b"\xff\xf0")
                    buffer = buffer[end + 2 :]
                else:
                    answer = {251: 253, 253: 251, 252: 254, 254: 252}[buffer[1]]
                    peer.sendall(bytes((255, answer, buffer[2])))
                    buffer = buffer[3:]


def test_usb_ids_find_the_port_whatever_its_number() -> None:
    assert resolve("usb://1a86:7523", lambda: PORTS) == "/dev/ttyUSB0"
    assert resolve("usb://0403:6015/CD34", lambda: PORTS) == "/dev/ttyUSB2"


def test_the_usb_ids_behind_a_port_are_known_by_whatever_name_it_has(tmp_path: Path) -> None:
    by_id = tmp_path / "by-id"
    by_id.symlink_to("/dev/ttyUSB2")
    assert usb_ids(str(by_id), lambda: PORTS) == (0x0403, 0x6015)
    assert usb_ids("usb://1a86:7523", lambda: PORTS) == (0x1A86, 0x7523)
    assert usb_ids("/dev/ttyS0", lambda: PORTS) is None
    assert usb_ids("hwgrep://nothing", lambda: PORTS) is None
    assert usb_ids("socket://10.0.0.7:4001", lambda: PORTS) is None


def test_two_devices_alike_need_a_serial_number() -> None:
    with pytest.raises(LinkRefused, match=r"AB12.*CD34"):
        resolve("usb://0403:6015", lambda: PORTS)


def test_hwgrep_searches_name_description_and_ids() -> None:
    assert resolve("hwgrep://ft231x", lambda: PORTS) == "/dev/ttyUSB1"
    assert resolve("hwgrep://SER=CD34", lambda: PORTS) == "/dev/ttyUSB2"


def test_a_device_that_is_not_plugged_in_may_come() -> None:
    for url in ("usb://1234:5678", "usb://0403:6015/XY", "hwgrep://nothing"):
        with pytest.raises(LinkLost, match="no port matches"):
            resolve(url, lambda: PORTS)


@pytest.mark.parametrize("url", ["usb://ft231x", "hwgrep://(", "ftp://host", "gpio://1"])
def test_urls_that_cannot_work_say_what_to_write(url: str) -> None:
    with pytest.raises(LinkRefused):
        resolve(url, lambda: PORTS)
