"""One thread a device: open the link, feed the codec, and open again whenever the device comes back.

Theory of operation.

    open --ok--> listen --LinkLost or long silence--> wait 0.1 s, doubling to 0.5 s --> open
      |            `----LinkEnded--> end (a recording is over)
      `--LinkRefused--> wait 5 s --> open (somebody may plug in the right camera)

A device that was silent for long may have been switched off and on, and has forgotten its settings: so the link is
opened anew, at the latest when the device speaks again. Each opening starts with a fresh decoder, so that no byte from
before a gap meets one from after it, and with the device's start commands; the samples' numbers go on. Nothing is
delivered twice: while a device is away there is silence, and `status()` says what to do about it.
"""

import queue
import threading
from collections.abc import Callable
from typing import Final

import structlog

from contract.clock import Clock
from drivers.codec import DriverSpec, SerialLine, Transport
from drivers.link import Link, LinkEnded, LinkLost, LinkRefused
from drivers.replay_link import ReplayLink
from drivers.samples import Event
from drivers.serial_link import SCHEMES, SerialLink
from drivers.session import Session
from drivers.tally import ReaderStatus, Tally
from drivers.udp_link import UdpLink
from drivers.uvc_link import UvcLink

__all__ = ["Reader", "ReaderStatus", "open_link"]

_log = structlog.get_logger(__name__)

RETRY_FIRST_S: Final = 0.1
RETRY_MOST_S: Final = 0.5
RETRY_REFUSED_S: Final = 5.0

_PLAIN_BYTES: Final = SerialLine(115200)
"""A camera's frames through a terminal or socket (a bridge, a simulator): the rate has no meaning there."""

OpenLink = Callable[[str, DriverSpec, int | None, Clock], Link]


def open_link(url: str, spec: DriverSpec, baud: int | None, clock: Clock) -> Link:
    """Open the link that the URL names. Raises LinkLost, LinkRefused."""
    scheme, separator, _rest = url.partition("://")
    match scheme if separator else "":
        case "replay":
            return ReplayLink(url, spec, clock)
        case "uvc" | "raw+tcp":
            return UvcLink(url, spec)
        case "udp":
            return UdpLink(url)
        case "" if url.startswith("/dev/video"):
            return UvcLink(f"uvc://{url}", spec)
        case "" | "socket" if spec.transport is Transport.UVC:
            return SerialLink(url, _PLAIN_BYTES)
        case "" | "usb" | "hwgrep" | "socket" | "rfc2217":
            if spec.line is None:
                raise LinkRefused(f"{url} is a serial line, {spec.title} has none: use {_links_for(spec)}")
            return SerialLink(url, spec.line, baud)
        case _:
            raise LinkRefused(f"{url}: no link is called {scheme}://; use {_links_for(spec)}")


def _links_for(spec: DriverSpec) -> str:
    match spec.transport:
        case Transport.UVC:
            return "uvc:///dev/videoN, uvc://VID:PID, raw+tcp://host:port, socket://host:port, a path or replay:///file"
        case Transport.UDP:
            return "udp://host:port or replay:///file"
        case Transport.SERIAL:
            return f"a path, {', '.join(f'{name}://' for name in SCHEMES)} or replay:///file"


class Reader:
    """Reads one device on a thread of its own and hands each event to `deliver`, on that thread."""

    def __init__(
        self,
        spec: DriverSpec,
        url: str,
        instrument: str,
        clock: Clock,
        deliver: Callable[[Event], None],
        baud: int | None = None,
        open_: OpenLink = open_link,
    ) -> None:
        self._spec = spec
        self._url = url
        self._instrument = instrument
        self._clock = clock
        self._deliver = deliver
        self._baud = baud
        self._open = open_
        self._tally = Tally()
        self._stopping = threading.Event()
        self._commands: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"reader-{instrument}", daemon=True)
        self._log = _log.bind(instrument=instrument, driver=spec.name, link=url)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """End the thread and close the link; returns when both are done, or after `timeout_s`."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def send(self, data: bytes) -> None:
        """Send a command to the device. Raises LinkLost while the device is away: a late command would surprise."""
        if not self._tally.up:
            raise LinkLost(f"{self._instrument} is not connected: {self._tally.hint}")
        self._commands.put(data)

    @property
    def alive(self) -> bool:
        """Whether the thread runs: it ends when it is stopped, and when a recording is over."""
        return self._thread.is_alive()

    def status(self) -> ReaderStatus:
        """Return how the device is now."""
        return self._tally.status()

    def _run(self) -> None:
        wait_s = RETRY_FIRST_S
        while not self._stopping.is_set():
            before = self._tally.samples
            try:
                self._open_and_listen()
            except LinkEnded as end:
                self._lost(str(end))
                return
            except LinkRefused as refusal:
                self._lost(str(refusal))
                wait_s = RETRY_REFUSED_S
            except LinkLost as loss:
                self._lost(str(loss))
                wait_s = RETRY_FIRST_S if self._tally.samples > before else min(2 * wait_s, RETRY_MOST_S)
            except Exception as error:  # noqa: BLE001  # a fault in a receiver must not blind the gate for good
                self._log.exception("reader failed, opening the link anew")
                self._lost(f"internal error: {error}")
                wait_s = RETRY_REFUSED_S
            self._stopping.wait(wait_s)
        self._tally.lost("stopped")

    def _open_and_listen(self) -> None:
        link = self._open(self._url, self._spec, self._baud, self._clock)
        try:
            while not self._commands.empty():  # meant for the device as it was
                self._commands.get_nowait()
            last = self._tally.last_sample
            gap_s = None if last is None else round(self._clock.now().seconds_since(last), 3)
            self._tally.opened()
            self._log.info("link open", gap_s=gap_s)
            session = Session(self._spec, self._instrument, link, self._clock, self._tally, self._deliver, self._baud)
            session.listen(self._stopping, self._commands)
        finally:
            link.close()

    def _lost(self, why: str) -> None:
        if self._tally.up or why != self._tally.hint:
            self._log.warning("link down", why=why, samples=self._tally.samples)
        self._tally.lost(why)
