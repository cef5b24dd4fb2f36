"""Where simulated devices are plugged in: pseudo-terminals and TCP sockets.

A pseudo-terminal is no serial line, so the port adds what is missing: the pace of the line rate, garbage where the
host's rate is not the device's (the host's setting can be read from the master side), bytes lost when nobody takes
them, and a stable path that vanishes when the device is unplugged.
"""

import errno
import fcntl
import os
import pty
import selectors
import socket
import struct
import termios
import tty
from contextlib import suppress
from pathlib import Path
from typing import Final

from contract.clock import Clock, Instant
from simulators.device import SimulatedDevice, VideoDevice
from simulators.line_faults import LineFaults
from simulators.port import READ_BYTES, Port, PortRefused

__all__ = ["PortRefused", "PtyPort", "TcpPort"]

TCGETS2: Final = 0x802C542A
TERMIOS2_BYTES: Final = 44
FLUSHED: Final = termios.TIOCPKT_FLUSHREAD


class PtyPort(Port):
    """A device behind a real pseudo-terminal, found under a path that stays the same."""

    def __init__(
        self,
        device: SimulatedDevice,
        path: Path,
        clock: Clock,
        *,
        faults: LineFaults | None = None,
        epoch: Instant | None = None,
    ) -> None:
        """Plug the device in at `path`, which becomes a symbolic link. Raises PortRefused."""
        self.path = path
        super().__init__(device, clock, faults=faults, epoch=epoch)
        self._master = self._slave = -1
        try:
            self._plug()
        except OSError as error:
            self.close()
            raise PortRefused(f"cannot make the port {path}: {error.strerror}") from error

    def __str__(self) -> str:
        return str(self.path)

    @property
    def url(self) -> str:
        """The link under which a gate finds the device."""
        return str(self.path)

    def unplug(self) -> None:
        """Pull the cable: the path vanishes, an open host sees its port die."""
        self._order("unplug")

    def replug(self) -> None:
        """Plug in again: same path, another terminal behind it, the device powers up."""
        self._order("plug")

    def _plug(self) -> None:
        if os.path.lexists(self.path) and not self.path.is_symlink():
            raise FileExistsError(errno.EEXIST, "there is a file of that name")
        self._master, self._slave = pty.openpty()
        # raw before anybody opens it: a cooked terminal echoes and eats bytes. The slave stays open here, so that the
        # master does not see a hang-up whenever the host closes.
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        fcntl.ioctl(self._master, termios.TIOCPKT, struct.pack("i", 1))
        self._selector.register(self._master, selectors.EVENT_READ, self._heard)
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        os.replace(fresh, self.path)  # noqa: PTH105  # the atomic swap is the point

    def _shut(self) -> None:
        if self._master < 0:
            return
        if self.path.is_symlink() and self.path.readlink() == Path(os.ttyname(self._slave)):
            self.path.unlink()
        self._selector.unregister(self._master)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    def _heard(self) -> None:
        try:
            packet = os.read(self._master, READ_BYTES)
        except BlockingIOError:
            return
        if packet[0]:  # packet mode: the terminal tells what the host did to it
            if packet[0] & FLUSHED:  # as when a program opens the port: a USB device's stream then starts with a frame
                self._lose_rest()
            return
        self.line.hear(packet[1:], self._host_baud(), self.now_s())

    def _host_baud(self) -> int | None:
        if self._master < 0:
            return None
        answer = fcntl.ioctl(self._master, TCGETS2, bytes(TERMIOS2_BYTES))
        return int.from_bytes(answer[40:44], "little")

    def _write(self, data: bytes) -> int | None:
        if self._master < 0:
            return None
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0


class TcpPort(Port):
    """A device behind a TCP socket: a serial device server, a network device, or a camera as raw video.

    One host at a time, the newest one; each begins at the border of a message.
    """

    def __init__(
        self,
        device: SimulatedDevice,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: LineFaults | None = None,
        epoch: Instant | None = None,
    ) -> None:
        """Listen; port 0 takes a free one, see `port`. Raises PortRefused."""
        self._host: socket.socket | None = None
        try:
            self._listener = socket.create_server((host, port))
        except OSError as error:
            reason = "it is taken" if error.errno == errno.EADDRINUSE else error.strerror
            raise PortRefused(f"cannot listen on TCP port {port}: {reason}") from error
        self.port: int = self._listener.getsockname()[1]
        super().__init__(device, clock, faults=faults, epoch=epoch)
        self._plug()

    def __str__(self) -> str:
        return f"tcp {self.port}"

    @property
    def url(self) -> str:
        """The link under which a gate finds the device: video for a camera, else a serial device server."""
        device = self.line.device
        if isinstance(device, VideoDevice):
            columns, rows = device.video_size
            return f"raw+tcp://127.0.0.1:{self.port}?size={columns}x{rows}"
        return f"socket://127.0.0.1:{self.port}"

    def _plug(self) -> None:
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._called)

    def _host_baud(self) -> int | None:
        return None  # a device server keeps its own rate

    def _shut(self) -> None:
        self._hang_up()
        if self._listener.fileno() >= 0:
            self._selector.unregister(self._listener)
            self._listener.close()

    def _called(self) -> None:
        with suppress(BlockingIOError):
            caller, _ = self._listener.accept()
            self._hang_up()
            caller.setblocking(False)
            caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._host = caller
            self._selector.register(caller, selectors.EVENT_READ, self._heard)

    def _hang_up(self) -> None:
        if self._host is not None:
            self._selector.unregister(self._host)
            self._host.close()
            self._host = None
            self._lose_rest()

    def _heard(self) -> None:
        if self._host is None:
            return
        try:
            data = self._host.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.line.hear(data, None, self.now_s())
        else:
            self._hang_up()

    def _write(self, data: bytes) -> int | None:
        if self._host is None:
            return None
        try:
            return self._host.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self._hang_up()
            return None
