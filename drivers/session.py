"""One opening of a link: its decoder, its questions, its silences and its doubts about the line rate."""

import queue
import threading
from collections.abc import Callable
from typing import Final

from contract.clock import Clock, Instant
from drivers.codec import DriverSpec, Quantity
from drivers.link import Link, LinkEnded, LinkLost
from drivers.recognition import recognise
from drivers.replay_link import ReplayLink
from drivers.samples import DecodeFault, Event
from drivers.tally import Tally

READ_S: Final = 0.1
"""Longest wait for bytes: how late a stop or a command is noticed."""
ANSWER_S: Final = 0.5
"""A question counts as unanswered so long after it was asked, or after the last byte since: as codecs count pauses."""
SILENCE_FACTOR: Final = 5
"""A link that brings no byte for so many times the device's `silence_s` is opened anew."""
DEAF_BYTES: Final = 4096
"""Bytes without a sample after which the line rate is doubted; or fewer of them after a while:"""
DEAF_FEW_BYTES: Final = 64
DEAF_S: Final = 4.0


class Session:
    """Listens to one open link until it is lost or `stopping` is set. Used by one thread."""

    def __init__(
        self,
        spec: DriverSpec,
        instrument: str,
        link: Link,
        clock: Clock,
        tally: Tally,
        deliver: Callable[[Event], None],
        baud: int | None = None,
    ) -> None:
        self._spec = spec
        self._link = link
        self._tally = tally
        self._deliver = deliver
        self._baud = baud
        self._decoder = spec.decoder(instrument)
        self._clock = clock
        self._recorded = link if isinstance(link, ReplayLink) else None
        self._opened = self._heard = self._listened = self._asked = self._poll_due = clock.now()
        self._unanswered = False
        self._held_up_s = 0.0
        """How much longer than they were given the reads took that brought nothing since the last byte or question: the
        system was held up, and what the device said meanwhile may wait in it. That is no silence of the device."""
        self._bytes = 0
        self._undecoded = bytearray()
        """What came while nothing decoded, until it is known what to say of it:"""
        self._advice: str | None = None
        self._why = ""
        """What the codec said of the last bytes that it could not read."""
        self._decoded = 0

    def listen(self, stopping: threading.Event, commands: queue.SimpleQueue[bytes]) -> None:
        """Converse with the device. Raises LinkLost, LinkRefused, LinkEnded."""
        if self._recorded is None:
            for command in self._spec.start:
                self._link.write(command)
        while not stopping.is_set():
            while not commands.empty():
                self._link.write(commands.get_nowait())
            wait_s = self._ask()
            asked = self._now()
            try:
                data = self._link.read(wait_s)
            except LinkEnded:
                self._feed(b"", self._now().later(1.0))
                raise
            at = self._now()
            self._held_up_s = 0.0 if data else self._held_up_s + max(0.0, at.seconds_since(asked) - wait_s)
            self._feed(data, at)
        while not commands.empty():  # the last orders, such as "lights out", still go
            self._link.write(commands.get_nowait())

    def _now(self) -> Instant:
        """Return when the bytes of the last read arrived."""
        return self._recorded.at() if self._recorded else self._clock.now()

    def _feed(self, data: bytes, at: Instant) -> None:
        if data and self._may_have_forgotten():
            silent_s = self._listened.seconds_since(self._heard)
            raise LinkLost(f"back after {silent_s:.1f} s of silence, perhaps without its settings")
        listened = at if data or self._recorded else at.later(-self._held_up_s)
        for event in self._decoder.feed(data, listened):
            if isinstance(event, DecodeFault):
                self._why = event.detail
            else:
                self._decoded += 1
                self._unanswered = False
            self._deliver(self._tally.took(event, at))
        self._listen_for_trouble(data, at)

    def _ask(self) -> float:
        """Send the next question if it is due; return how long to listen then.

        To ask again gives an answer up that has not come: so that is done only when none is on its way any more.
        """
        interval_s = self._spec.poll_interval_s
        if interval_s is None or self._recorded:
            return READ_S
        now = self._clock.now()
        wait_s = max(self._poll_due.seconds_since(now), self._answer_may_take_s(now))
        if wait_s <= 0:
            request = self._decoder.poll()
            if request:
                self._link.write(request)
            self._asked, self._unanswered, self._held_up_s = now, bool(request), 0.0
            self._poll_due = now.later(interval_s)
            wait_s = interval_s
        return max(0.001, min(READ_S, wait_s))

    def _answer_may_take_s(self, now: Instant) -> float:
        """Return how long the answer to the last question may still take; not for ever on a line that never rests."""
        if not self._unanswered or now.seconds_since(self._asked) >= self._spec.silence_s:
            return 0.0
        return ANSWER_S + self._held_up_s - min(now.seconds_since(self._asked), now.seconds_since(self._heard))

    def _may_have_forgotten(self) -> bool:
        """Say whether a device that needs settings was silent long enough to have been switched off and on.

        Counted is the silence that was listened to: bytes that wait while this process is held up are no silence.
        """
        if self._recorded or not self._spec.start or self._spec.poll_interval_s is not None or not self._bytes:
            return False
        return self._listened.seconds_since(self._heard) > self._spec.silence_s

    def _listen_for_trouble(self, data: bytes, at: Instant) -> None:
        if data:
            self._heard = at
            self._bytes += len(data)
            self._tally.received(len(data))
            if not self._decoded:
                self._doubt_the_line(data, at)
            return
        self._listened = at
        if self._recorded or self._spec.quantity is Quantity.SIGNAL:
            return
        silent_s = at.seconds_since(self._heard)
        if silent_s > self._spec.silence_s:
            self._tally.doubt(f"nothing heard for {silent_s:.0f} s: is it switched on, is its TX on the host's RX?")
        if silent_s > SILENCE_FACTOR * self._spec.silence_s:
            raise LinkLost(f"silent for {silent_s:.0f} s")

    def _doubt_the_line(self, data: bytes, at: Instant) -> None:
        """Bytes arrive, none decode: say whose they are, or which other rates the device knows."""
        if self._advice is None:
            self._undecoded += data
            enough = DEAF_FEW_BYTES if at.seconds_since(self._opened) >= DEAF_S else DEAF_BYTES
            if len(self._undecoded) < enough:
                return
            self._advice = self._advise(bytes(self._undecoded))
            self._undecoded.clear()
        advice = self._advice or self._why or f"is this a {self._spec.title}?"
        self._tally.doubt(f"bytes arrive, none decode: {advice}")

    def _advise(self, heard: bytes) -> str:
        if others := recognise(heard, besides=self._spec):
            return f"they read as {' or '.join(others)}"
        line = self._spec.line
        rates = [rate for rate in ((line.baud, *line.alternatives) if line else ()) if rate != self._used_rate()]
        return f"try {' or '.join(map(str, rates))}" if rates else ""

    def _used_rate(self) -> int | None:
        return self._baud or (self._spec.line.baud if self._spec.line else None)
