"""Finding lines in a stream of bytes: one scanner for every device that speaks ASCII.

A line ends with any of the end bytes; empty lines are nothing. A line that is too long, holds a byte that is not
printable ASCII, or is left unfinished by a pause is dropped and told as RESYNC. A line carries no check value: what
it may say is the codec's affair. The same bytes give the same events however they are cut.
"""

from typing import Final

from contract.clock import Instant
from drivers.samples import DecodeFault, FaultKind

PAUSE_S: Final = 0.5
"""No device of the house pauses this long within a line."""


class LineScanner:
    """Cuts a stream of bytes into lines. Never raises; holds no more than `longest` bytes between calls."""

    def __init__(self, ends: bytes = b"\r\n", longest: int = 120) -> None:
        self._ends = ends
        self._first_end = ends[:1]
        self._others = bytes.maketrans(ends, self._first_end * len(ends))
        self._longest = longest
        self._buffer = bytearray()
        self._lost = 0
        self._heard_ns = 0

    def feed(self, data: bytes, at: Instant) -> list[str | DecodeFault]:
        """Take bytes cut anywhere; return the lines they complete, without their ends, and the faults."""
        events: list[str | DecodeFault] = []
        if not data:
            if at.mono_ns - self._heard_ns >= PAUSE_S * 1e9:
                events += self.reset(at)
            return events
        self._heard_ns = at.mono_ns
        *whole, rest = (bytes(self._buffer) + data.translate(self._others)).split(self._first_end)
        for line in whole:
            self._line(line, at, events)
        self._buffer[:] = rest
        if len(rest) > self._longest:
            self._lost += len(rest)
            self._buffer.clear()
        return events

    def reset(self, at: Instant) -> list[DecodeFault]:
        """Forget the unfinished line; return the loss, if any."""
        lost = self._lost + len(self._buffer)
        self._buffer.clear()
        self._lost = 0
        return [self._fault(lost, at)] if lost else []

    def _line(self, line: bytes, at: Instant, events: list[str | DecodeFault]) -> None:
        readable = all(0x20 <= byte < 0x7F for byte in line)
        if self._lost or len(line) > self._longest or not readable:
            events.append(self._fault(self._lost + len(line), at))
            self._lost = 0
        elif line.strip():
            events.append(line.decode("ascii").strip())

    @staticmethod
    def _fault(lost: int, at: Instant) -> DecodeFault:
        return DecodeFault(FaultKind.RESYNC, lost, at.at, at.mono_ns, "no readable line")
