"""Datagrams: `udp://host:port`, for devices that stream over Ethernet.

The host listens on the same port number as the device, as the Heimann sensors expect; where that is taken (the device
is simulated on this machine), on any other. `?local=PORT` settles it.
"""

import errno
import socket
from typing import Final
from urllib.parse import parse_qs, urlsplit

from drivers.link import LinkLost, LinkRefused

_LARGEST: Final = 65_535
_RECEIVE_BUFFER: Final = 1 << 20


class UdpLink:
    """One socket that hears one device. Each read returns one datagram. Raises LinkLost, LinkRefused."""

    def __init__(self, url: str) -> None:
        host, port, local = _parse(url)
        self._url = url
        try:
            family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, kind, protocol)
        except OSError as error:
            raise LinkLost(f"{url}: {error}") from error
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            self._bind(port if local is None else local, may_move=local is None)
            self._socket.connect(address)
        except OSError as error:
            self._socket.close()
            raise LinkLost(f"{url}: {error}") from error

    def read(self, timeout_s: float) -> bytes:
        """Return one datagram, b"" if none came within the time. Raises LinkLost."""
        self._socket.settimeout(timeout_s or 1e-6)
        try:
            return self._socket.recv(_LARGEST)
        except TimeoutError:
            return b""
        except OSError as error:
            raise LinkLost(f"{self._url}: {error}") from error

    def write(self, data: bytes) -> None:
        """Send one datagram. Raises LinkLost."""
        try:
            self._socket.send(data)
        except OSError as error:
            raise LinkLost(f"{self._url}: {error}") from error

    def close(self) -> None:
        """Release the socket. Never raises."""
        self._socket.close()

    def _bind(self, port: int, *, may_move: bool) -> None:
        try:
            self._socket.bind(("", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not may_move:
                raise
            self._socket.bind(("", 0))


def _parse(url: str) -> tuple[str, int, int | None]:
    parts = urlsplit(url)
    local = parse_qs(parts.query).get("local")
    try:
        host, port, own = parts.hostname, parts.port, int(local[0]) if local else None
    except ValueError:
        host, port, own = None, None, None
    if not host or not port:
        raise LinkRefused(f"{url}: write udp://host:port or udp://host:port?local=PORT")
    return host, port, own
