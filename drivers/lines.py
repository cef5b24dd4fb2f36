"""Finding lines of text in bytes that come cut, merged or mixed with garbage: for devices that talk ASCII.

Theory of operation. CR, LF or any run of them ends a line; empty lines are nothing. A pause ends a line too: some
devices send no mark behind their last one. What holds other bytes than printable ASCII, or is longer than any line of
the device, is no line and is told as a RESYNC fault. Parity bits and damage inside a line may go unnoticed: the codec
must match the whole of a line, never search in it.
"""

from contract.clock import Instant
from drivers.samples import DecodeFault, FaultKind
from drivers.scanner import PAUSE_S


class LineScanner:
    """Cuts a stream of bytes into lines without their ends. Never raises; holds less than one longest line."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._line = bytearray()
        self._spoilt = False
        self._heard_ns = 0

    def feed(self, data: bytes, at: Instant) -> list[str | DecodeFault]:
        """Take bytes cut anywhere; return the lines they complete and the faults, in the order of the bytes."""
        found: list[str | DecodeFault] = []
        if data:
            self._heard_ns = at.mono_ns
            *ended, rest = data.replace(b"\r", b"\n").split(b"\n")
            for piece in ended:
                self._take(piece, at, found)
                self._end(at, found)
            self._take(rest, at, found)
        elif at.mono_ns - self._heard_ns >= PAUSE_S * 1e9:
            self._end(at, found)
        return found

    def reset(self, at: Instant) -> list[DecodeFault]:
        """Forget what is buffered, as when a new question makes it worthless; return the loss, if any."""
        lost = [_loss(len(self._line), at)] if self._line else []
        self._line.clear()
        self._spoilt = False
        return lost

    def _take(self, piece: bytes, at: Instant, found: list[str | DecodeFault]) -> None:
        self._line += piece
        while len(self._line) > self._longest:
            found.append(_loss(self._longest, at))
            del self._line[: self._longest]
            self._spoilt = True

    def _end(self, at: Instant, found: list[str | DecodeFault]) -> None:
        line = bytes(self._line)
        if line and (self._spoilt or not line.isascii() or not line.decode("ascii").isprintable()):
            found.append(_loss(len(line), at))
        elif line:
            found.append(line.decode("ascii"))
        self._line.clear()
        self._spoilt = False


def _loss(count: int, at: Instant) -> DecodeFault:
    return DecodeFault(FaultKind.RESYNC, count, at.at, at.mono_ns, "no line of text")
