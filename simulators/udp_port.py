"""A simulated device on a UDP port: every message in datagrams, to whoever spoke last."""

import errno
import selectors
import socket
from contextlib import suppress

from contract.clock import Clock, Instant
from simulators.device import SimulatedDevice
from simulators.line_faults import LineFaults
from simulators.port import READ_BYTES, Port, PortRefused


class UdpPort(Port):
    """A network device; a message longer than `datagram_bytes` is sent in pieces of that size."""

    def __init__(
        self,
        device: SimulatedDevice,
        clock: Clock,
        *,
        datagram_bytes: int,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: LineFaults | None = None,
        epoch: Instant | None = None,
    ) -> None:
        """Listen; port 0 takes a free one, see `port`. Raises PortRefused."""
        self._datagram_bytes = datagram_bytes
        self._caller: tuple[str, int] | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            reason = "it is taken" if error.errno == errno.EADDRINUSE else error.strerror
            raise PortRefused(f"cannot listen on UDP port {port}: {reason}") from error
        self.port: int = self._socket.getsockname()[1]
        super().__init__(device, clock, faults=faults, epoch=epoch)
        self._plug()

    def __str__(self) -> str:
        return f"udp {self.port}"

    @property
    def url(self) -> str:
        """The link under which a gate finds the device."""
        return f"udp://127.0.0.1:{self.port}"

    def _plug(self) -> None:
        self._socket.setblocking(False)
        self._selector.register(self._socket, selectors.EVENT_READ, self._heard)

    def _shut(self) -> None:
        if self._socket.fileno() >= 0:
            self._selector.unregister(self._socket)
            self._socket.close()

    def _host_baud(self) -> int | None:
        return None

    def _heard(self) -> None:
        with suppress(BlockingIOError, ConnectionError):
            data, self._caller = self._socket.recvfrom(READ_BYTES)
            self.line.hear(data, None, self.now_s())

    def _write(self, data: bytes) -> int | None:
        if self._caller is None:
            return None
        for start in range(0, len(data), self._datagram_bytes):
            with suppress(BlockingIOError, ConnectionError):
                self._socket.sendto(data[start : start + self._datagram_bytes], self._caller)
        return len(data)
