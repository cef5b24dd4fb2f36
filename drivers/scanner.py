"""Finding frames in bytes that come cut, merged, damaged or wrapped in garbage: one scanner for every framed codec.

Theory of operation. A frame starts with a sync pattern, its header tells its length, and a check over the whole
confirms it. The scanner keeps the bytes that are not yet decided and asks of the position where it stands:

    no sync pattern here     drop bytes up to the next one (`re` over all patterns at once, no loop over bytes)
    a frame, but incomplete  wait
    whole and checked        deliver it, go on behind it
    whole and wrong          step ONE byte and look again: a good frame may have begun inside the bad one

So what is delivered has always passed its check, and a frame that follows garbage is found as soon as the bytes that
the garbage claimed to own have arrived: no later than one longest frame after the last bad byte.

What is dropped is told as `DecodeFault`, one a run of lost bytes, CHECKSUM for the extent of a frame whose check failed
and RESYNC for other bytes; long runs are told in pieces of one longest frame. Where a run is split depends on the bytes
alone: the same bytes give the same events however they are cut. Cost: one copy in, one out, and a search per frame.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contract.clock import Instant
from drivers.samples import DecodeFault, FaultKind

_NO_FRAME: Final = 0


@dataclass(frozen=True, slots=True)
class FrameFormat:
    """One kind of frame that a device sends."""

    sync: bytes
    """The bytes with which it begins; at least one."""
    header: int
    """How many bytes, sync included, must be there before `length` can tell the length."""
    longest: int
    """No frame of this kind is longer: what claims to be is not a frame. Bounds the buffer."""
    length: Callable[[bytes], int]
    """Take the header; return the length of the whole frame in bytes, or 0: this is no frame."""
    check: Callable[[bytes], bool]
    """Take the whole frame; say whether its check value is right."""


def fixed(sync: bytes, length: int, check: Callable[[bytes], bool]) -> FrameFormat:
    """Return the format of a frame that always has the same length."""
    return FrameFormat(sync, len(sync), length, lambda _header: length, check)


class FrameScanner:
    """Cuts a stream of bytes into checked frames. Never raises; holds less than one longest frame between calls.

    `formats` are tried in the order given: name the shorter first where two begin alike.
    """

    def __init__(self, *formats: FrameFormat) -> None:
        self._formats = formats
        self._longest = max(item.longest for item in formats)
        self._syncs = tuple(item.sync for item in formats)
        self._pattern = re.compile(b"|".join(re.escape(sync) for sync in self._syncs))
        self._tail = max(map(len, self._syncs)) - 1
        self._buffer = bytearray()
        self._lost = 0
        self._damaged = 0

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: bytes, at: Instant) -> list[bytes | DecodeFault]:
        """Take bytes cut anywhere; return the frames they complete and the faults, in the order of the bytes."""
        self._buffer += data
        events: list[bytes | DecodeFault] = []
        position = 0
        while True:
            found = self._next_sync(position)
            self._drop(found - position, at, events)
            position = found
            frame = self._judge(position)
            if frame is None:
                break
            if isinstance(frame, int):
                self._damage(frame, at, events)
                self._drop(1, at, events)
                position += 1
                continue
            self._tell_loss(at, events)
            self._damaged = 0
            events.append(frame)
            position += len(frame)
        del self._buffer[:position]
        return events

    def reset(self, at: Instant) -> list[DecodeFault]:
        """Give up what is buffered, as after a pause that ends every frame; return the loss, if any."""
        events: list[bytes | DecodeFault] = []
        self._drop(len(self._buffer), at, events)
        self._buffer.clear()
        self._tell_loss(at, events)
        self._damaged = 0
        return [event for event in events if isinstance(event, DecodeFault)]

    def _next_sync(self, position: int) -> int:
        """Return where the next sync pattern begins, also if its end has not arrived yet."""
        buffer = self._buffer
        if buffer.startswith(self._syncs, position):
            return position
        match = self._pattern.search(buffer, position)
        found = match.start() if match else len(buffer)
        for start in range(max(position, len(buffer) - self._tail), found):
            tail = bytes(buffer[start:])
            if any(sync.startswith(tail) for sync in self._syncs):
                return start
        return found

    def _judge(self, position: int) -> bytes | int | None:
        """Return the good frame at `position`; None to wait; else how many bytes fail their check (0: no frame)."""
        buffer = self._buffer
        available = len(buffer) - position
        extent = _NO_FRAME
        for item in self._formats:
            if not buffer.startswith(item.sync, position):
                if item.sync.startswith(bytes(buffer[position : position + len(item.sync)])):
                    return None
                continue
            if available < item.header:
                return None
            length = item.length(bytes(buffer[position : position + item.header]))
            if not item.header <= length <= item.longest:
                continue
            if available < length:
                return None
            frame = bytes(buffer[position : position + length])
            if item.check(frame):
                return frame
            extent = max(extent, length)
        return extent

    def _damage(self, extent: int, at: Instant, events: list[bytes | DecodeFault]) -> None:
        """Note that the next `extent` bytes claim to be a frame whose check fails."""
        if extent and not self._damaged:
            self._tell_loss(at, events)
        self._damaged = max(self._damaged, extent)

    def _drop(self, count: int, at: Instant, events: list[bytes | DecodeFault]) -> None:
        """Count bytes as lost; tell a damaged frame when its end is passed, other loss a longest frame at a time."""
        if self._damaged:
            step = min(count, self._damaged)
            self._lost += step
            count -= step
            self._damaged -= step
            if self._damaged or not step:
                return
            events.append(DecodeFault(FaultKind.CHECKSUM, self._lost, at.at, at.mono_ns))
            self._lost = 0
        self._lost += count
        while self._lost >= self._longest:
            events.append(DecodeFault(FaultKind.RESYNC, self._longest, at.at, at.mono_ns))
            self._lost -= self._longest

    def _tell_loss(self, at: Instant, events: list[bytes | DecodeFault]) -> None:
        if self._lost:
            kind = FaultKind.CHECKSUM if self._damaged else FaultKind.RESYNC
            events.append(DecodeFault(kind, self._lost, at.at, at.mono_ns))
            self._lost = 0
