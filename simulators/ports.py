"""Where a simulated device is plugged in: a pseudo-terminal or a TCP socket, each with a thread of its own.

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
import threading
import tty
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from contract.clock import Clock, Instant
from simulators.device import SimulatedDevice, VideoDevice
from simulators.line import Line
from simulators.line_faults import LineFaults

TCGETS2: Final = 0x802C542A
TERMIOS2_BYTES: Final = 44
FLUSHED: Final = termios.TIOCPKT_FLUSHREAD
READ_BYTES: Final = 4096
IDLE_S: Final = 1.0
RETRY_S: Final = 0.005
"""How soon to offer again what a full pipe did not take."""


class PortRefused(Exception):
    """The port cannot be opened; the text says what to change."""


class _Port(ABC):
    """The loop that both kinds of port share: device time, wake-ups, orders from other threads, a clean end."""

    def __init__(
        self, device: SimulatedDevice, clock: Clock, *, faults: LineFaults | None, epoch: Instant | None
    ) -> None:
        self.line = Line(device, faults)
        self._clock = clock
        self._epoch = epoch or clock.now()
        self._selector = selectors.DefaultSelector()
        self._wake_r, self._wake_w = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._wake_r, selectors.EVENT_READ, self._woken)
        self._orders: list[tuple[str, threading.Event]] = []
        self._orders_lock = threading.Lock()
        self._ended = False
        self._rest = b""
        """What the host has not taken yet of a message that must stay whole."""
        self._thread = threading.Thread(target=self._run, name=f"sim {self}", daemon=True)

    def start(self) -> Self:
        """Switch the device on and begin to serve it."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Unplug for good, end the thread, give everything back. May be called twice."""
        if self._ended:
            return
        if self._thread.is_alive():
            self._order("end")
            self._thread.join()
        self._ended = True
        self._shut()
        self._selector.close()
        os.close(self._wake_r)
        os.close(self._wake_w)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def now_s(self) -> float:
        """Return the simulation's time."""
        return self._clock.now().seconds_since(self._epoch)

    # -- what each kind of port does in its own way --------------------------------------------------------------------

    @abstractmethod
    def _plug(self) -> None:
        """Make the way in."""

    @abstractmethod
    def _shut(self) -> None:
        """Close the way in; may be called twice."""

    @abstractmethod
    def _host_baud(self) -> int | None:
        """Return the host's line rate, where it can be known."""

    @abstractmethod
    def _write(self, data: bytes) -> int | None:
        """Return how much was taken; None where nobody is there to take anything."""

    # -- the loop ------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self.line.power_up(self.now_s())
        while not self._ended:
            now_s = self.now_s()
            self._offer(now_s)
            wait_s = self.line.next_s() - self.now_s()
            if self._rest:
                wait_s = RETRY_S
            for key, _ in self._selector.select(min(max(wait_s, 0.0), IDLE_S)):
                key.data()

    def _offer(self, now_s: float) -> None:
        whole = self.line.device.baud is None
        data = self.line.due(self._host_baud(), now_s)
        if self._rest:
            self.line.dropped_bytes += len(data)
            data = self._rest
        if not data:
            return
        taken = self._write(data)
        rest = data[taken:] if taken is not None else b""
        if taken is None or not whole:
            self.line.dropped_bytes += len(data) - (taken or 0)
            rest = b""
        self._rest = rest

    def _order(self, what: str) -> None:
        done = threading.Event()
        with self._orders_lock:
            self._orders.append((what, done))
        os.write(self._wake_w, b"!")
        done.wait()

    def _woken(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._wake_r, READ_BYTES)
        with self._orders_lock:
            orders, self._orders = self._orders, []
        for what, done in orders:
            if what == "plug":
                self._plug()
                self.line.power_up(self.now_s())
            else:
                self._shut()
                self._rest = b""
                self._ended = what == "end"
            done.set()


class PtyPort(_Port):
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
            if packet[0] & FLUSHED and self.line.device.baud is None:
                self._rest = b""  # opening a USB device starts its stream at the beginning of a frame
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


class TcpPort(_Port):
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
            self._rest = b""

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
