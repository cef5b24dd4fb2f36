"""Serial lines: a path, `usb://VID:PID[/SERIAL]`, `hwgrep://REGEX`, `socket://host:port`, `rfc2217://host:port`.

All through pyserial, opened with every setting at once: changing parity or byte size later fails on some ports. Local
ports are locked for this process alone. An unplugged port shows as SerialException, as OSError or as termios.error
(which is no OSError), depending on what was being done: all three are `LinkLost`.
"""

import contextlib
import errno
import re
import termios
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote

import serial
from serial.tools import list_ports

from drivers.codec import SerialLine
from drivers.link import LinkLost, LinkRefused

GONE: Final = (serial.SerialException, OSError, termios.error)
"""What pyserial raises when a port is not there, or not there any more."""

SCHEMES: Final = ("usb", "hwgrep", "socket", "rfc2217")

_AT_ONCE: Final = 65_536
_GATHER_S: Final = 0.002
"""After the first byte, wait this long for its neighbours: a chunk a frame instead of a wake-up a byte."""
_UNPLUGGED: Final = ("returned no data", "Input/output error")
"""How pyserial says that a port has died; not all that it raises has a number."""
_PLENTY: Final = 1024
"""Where so much is there already, nothing is waited for."""


class Port(Protocol):
    """What `serial.tools.list_ports` tells of a port."""

    device: str
    description: str
    hwid: str
    vid: int | None
    pid: int | None
    serial_number: str | None


Ports = Callable[[], Iterable[Port]]


class SerialLink:
    """One open serial line. Raises LinkLost where opening it again may help, LinkRefused where it cannot."""

    def __init__(self, url: str, line: SerialLine, baud: int | None = None, ports: Ports = list_ports.comports) -> None:
        name = resolve(url, ports)
        if _is_pseudo_terminal(name):  # it has neither seven bits nor parity, and refuses to be told
            line = replace(line, bytesize=8, parity="N")
        try:
            self._port = serial.serial_for_url(
                name,
                baudrate=baud or line.baud,
                bytesize=line.bytesize,
                parity=line.parity,
                stopbits=line.stopbits,
                timeout=0.1,
                write_timeout=None if name.startswith("rfc2217://") else 2.0,  # pyserial knows none there
                exclusive=True,
            )
        except GONE as error:
            raise LinkLost(_explain(name, error)) from error
        except ValueError as error:
            raise LinkRefused(f"{url} cannot be opened: {error}") from error
        self._name = name
        self._is_socket = name.startswith("socket://")

    def read(self, timeout_s: float) -> bytes:
        """Return the bytes that arrived, b"" if none came within the time. Raises LinkLost."""
        try:
            self._wait_at_most(timeout_s)
            data = bytes(self._port.read(1))
            return data and data + self._neighbours()
        except GONE as error:
            raise LinkLost(_explain(self._name, error)) from error

    def write(self, data: bytes) -> None:
        """Send all of `data`. Raises LinkLost."""
        try:
            self._port.write(data)
        except GONE as error:
            raise LinkLost(_explain(self._name, error)) from error

    def close(self) -> None:
        """Release the line. Never raises."""
        with contextlib.suppress(*GONE):
            self._port.close()

    def _neighbours(self) -> bytes:
        """Return what came close behind the first byte: all that is there, however much has piled up."""
        if self._port.in_waiting < _PLENTY:
            time.sleep(_GATHER_S)
        if self._is_socket:  # a socket does not say how much there is: take what is there without waiting
            self._wait_at_most(0)
            return bytes(self._port.read(_AT_ONCE))
        data = b""
        while len(data) < _AT_ONCE and (waiting := self._port.in_waiting):  # a terminal shows 4 KiB at a time
            data += self._port.read(waiting)
        return data

    def _wait_at_most(self, timeout_s: float) -> None:
        if self._port.timeout != timeout_s:
            self._port.timeout = timeout_s


def resolve(url: str, ports: Ports = list_ports.comports) -> str:
    """Return what pyserial is to open now; a USB device may have another name each time it is plugged in.

    Raises LinkLost if no such device is plugged in, LinkRefused if the URL cannot be understood.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    if scheme == "usb":
        found = _by_usb(rest, ports)
    elif scheme == "hwgrep":
        found = _by_regex(rest, ports)
    elif scheme in SCHEMES:
        return url
    else:
        raise LinkRefused(f"{url}: a serial line is a path or one of {', '.join(f'{name}://' for name in SCHEMES)}")
    if found is None:
        raise LinkLost(f"no port matches {url}")
    return found


def usb_ids(url: str, ports: Ports = list_ports.comports) -> tuple[int, int] | None:
    """Return vendor and product id of the USB device behind a local port; None where there is none."""
    with contextlib.suppress(LinkLost, LinkRefused):
        name = resolve(url, ports)
        for port in ports():
            if port.vid is not None and port.pid is not None and Path(name).resolve() == Path(port.device).resolve():
                return port.vid, port.pid
    return None


def _is_pseudo_terminal(name: str) -> bool:
    """Say whether a simulated device, or a program, is behind that path."""
    return "://" not in name and Path(name).resolve().parent == Path("/dev/pts")


def _by_usb(rest: str, ports: Ports) -> str | None:
    match = re.fullmatch(r"([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})(?:/(.+))?", rest)
    if match is None:
        raise LinkRefused(f"usb://{rest}: write usb://VID:PID or usb://VID:PID/SERIAL in hexadecimal digits")
    wanted = int(match[1], 16), int(match[2], 16)
    number = unquote(match[3]) if match[3] else None
    found = [port for port in ports() if (port.vid, port.pid) == wanted and number in (None, port.serial_number)]
    if len(found) > 1:
        told = ", ".join(f"{port.device} ({port.serial_number or 'no serial number'})" for port in found)
        raise LinkRefused(f"usb://{rest} fits {told}: add the serial number, or use a path in /dev/serial/by-path")
    return found[0].device if found else None


def _by_regex(rest: str, ports: Ports) -> str | None:
    try:
        pattern = re.compile(rest, re.IGNORECASE)
    except re.error as error:
        raise LinkRefused(f"hwgrep://{rest}: {error}") from error
    for port in sorted(ports(), key=lambda port: port.device):
        if any(pattern.search(text or "") for text in (port.device, port.description, port.hwid)):
            return port.device
    return None


def _explain(name: str, error: BaseException) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EACCES:
        return f"{name}: permission denied; add the user to the group `dialout` or install the udev rules"
    if number in (errno.EAGAIN, errno.EBUSY) or "lock" in str(error):
        return f"{name} is held by another program"
    if number == errno.ENOENT:
        return f"{name} is not there"
    if number in (errno.ENXIO, errno.ENODEV) or any(sign in str(error) for sign in _UNPLUGGED):
        return f"{name} was unplugged, or another program reads from it"
    return f"{name}: {error}"
