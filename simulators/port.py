"""Where a simulated device is plugged in: what pseudo-terminals, TCP and UDP ports have in common.

Each port has one thread, which asks the device what it says, gives it what it hears, and waits for whatever comes
first: the next byte, the host, or an order.
"""

import os
import selectors
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Final, Self

from contract.clock import Clock, Instant
from simulators.device import SimulatedDevice
from simulators.line import Line
from simulators.line_faults import LineFaults

READ_BYTES: Final = 4096
IDLE_S: Final = 1.0
HOST_BUFFER_BYTES: Final = 49_152
"""What the host's system keeps of a serial line for a program that does not read: Linux keeps 64 KiB at least, of which
a pseudo-terminal has but 12 itself."""
RETRY_S: Final = 0.005
"""How soon to offer again what a full pipe did not take."""


class PortRefused(Exception):
    """The port cannot be opened; the text says what to change."""


class Port(ABC):
    """The loop that all kinds of port share: device time, wake-ups, orders from other threads, a clean end."""

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
        """What the host has not taken yet."""
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

    @property
    @abstractmethod
    def url(self) -> str:
        """The link under which a gate finds the device."""

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
        data = self._rest + self.line.due(self._host_baud(), now_s, len(self._rest))
        if not data:
            return
        taken = self._write(data)
        self._rest = data[taken or 0 :]
        if taken is None:  # nobody is there
            self._lose_rest()
        elif self.line.device.baud is not None:  # nobody can make it wait
            self._lose_rest(HOST_BUFFER_BYTES)

    def _lose_rest(self, after: int = 0) -> None:
        """Give up what the host has not taken, but for the first bytes."""
        self.line.dropped_bytes += len(self._rest[after:])
        self._rest = self._rest[:after]

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
                self._lose_rest()
                self._ended = what == "end"
            done.set()
