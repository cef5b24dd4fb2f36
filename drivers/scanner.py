"""Finding frames in bytes that come cut, merged, damaged or wrapped in garbage: one scanner for every framed codec.

Theory of operation. A frame starts with a sync pattern, its header tells its length, and a check over the whole
confirms it. The scanner keeps the bytes that are not yet decided and asks of the position where it stands:

    no sync pattern here     drop bytes up to the next one (`re` over all patterns at once, no loop over bytes)
    a frame, but incomplete  wait
    whole and checked        deliver it, go on behind it
    whole and wrong          step ONE byte and look again: a good frame may have begun inside the bad one
    checked, yet impossible  the same

So what is delivered has always passed its check, and a frame that follows garbage is found as soon as the bytes that
the garbage claimed to own have arrived: no later than one longest frame after the last bad byte.

A pause ends every frame: told by `feed(b"", at)` half a second after the last byte, the scanner gives up waiting and
looks for frames inside what it holds.

What is dropped is told as `DecodeFault`, one a run of lost bytes: CHECKSUM for the extent of a frame whose check
failed, CONTENT for an impossible one, RESYNC for other bytes; long runs are told in pieces of one longest frame.
Where a run is split depends on the bytes alone: the same bytes give the same events however they are cut.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contract.clock import Instant
from drivers.samples import DecodeFault, FaultKind

PAUSE_S: Final = 0.5
"""No device of the house pauses this long within a frame."""


def _no_doubt(_frame: bytes) -> str:
    return ""


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
    doubt: Callable[[bytes], str] = _no_doubt
    """Take a frame whose check value is right; return why it cannot be true, or "". A check of one byte lets one false
    frame in 256 pass: what the sensor cannot say makes it no frame, and the true one inside is found."""


def fixed(
    sync: bytes, length: int, check: Callable[[bytes], bool], doubt: Callable[[bytes], str] = _no_doubt
) -> FrameFormat:
    """Return the format of a frame that always has the same length."""
    return FrameFormat(sync, len(sync), length, lambda _header: length, check, doubt)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why the bytes at a position are no good frame."""

    extent: int
    """How many bytes the false frame claims; 0: there is no frame here."""
    kind: FaultKind = FaultKind.RESYNC
    detail: str = ""


_NO_FRAME: Final = _Refusal(0)


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
        self._refusal = _NO_FRAME
        self._heard_ns = 0

    @property
    def longest(self) -> int:
        """Length of the longest frame, in bytes: behind so many good ones nothing bad before them matters."""
        return self._longest

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: bytes, at: Instant) -> list[bytes | DecodeFault]:
        """Take bytes cut anywhere; return the frames they complete and the faults, in the order of the bytes."""
        if data and not (self._buffer or self._lost) and self._is_frame(data):  # as most links bring them: no copy
            self._heard_ns = at.mono_ns
            return [data]
        events: list[bytes | DecodeFault] = []
        over = not data and at.mono_ns - self._heard_ns >= PAUSE_S * 1e9
        if data:
            self._buffer += data
            self._heard_ns = at.mono_ns
        self._scan(at, events, over=over)
        return events

    def reset(self, at: Instant) -> list[DecodeFault]:
        """Forget what is buffered, as when a new question makes it worthless; return the loss, if any."""
        events: list[bytes | DecodeFault] = []
        self._drop(len(self._buffer), at, events)
        self._buffer.clear()
        self._tell_loss(at, events)
        return [event for event in events if isinstance(event, DecodeFault)]

    def _is_frame(self, data: bytes) -> bool:
        """Say whether the bytes are one good frame and nothing else."""
        for item in self._formats:
            if data.startswith(item.sync):
                length = item.length(data[: item.header]) if len(data) >= item.header else 0
                return length == len(data) <= item.longest and item.check(data) and not item.doubt(data)
        return False

    def _scan(self, at: Instant, events: list[bytes | DecodeFault], *, over: bool) -> None:
        position = 0
        while position < len(self._buffer):
            found = self._next_sync(position)
            self._drop(found - position, at, events)
            position = found
            frame = self._judge(position)
            if isinstance(frame, bytes):
                self._tell_loss(at, events)
                events.append(frame)
                position += len(frame)
            elif frame is not None or over:
                self._refuse(frame or _NO_FRAME, at, events)
                step = min(1, len(self._buffer) - position)
                self._drop(step, at, events)
                position += step
            else:
                break
        if over:
            self._tell_loss(at, events)
        del self._buffer[:position]

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

    def _judge(self, position: int) -> bytes | _Refusal | None:
        """Return the good frame at `position`, None to wait, or why there is none."""
        buffer = self._buffer
        available = len(buffer) - position
        refusal = _NO_FRAME
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
            frame = bytes(memoryview(buffer)[position : position + length])
            right = item.check(frame)
            if right and not (why := item.doubt(frame)):
                return frame
            refusal = _Refusal(length, FaultKind.CONTENT, why) if right else _Refusal(length, FaultKind.CHECKSUM)
        return refusal

    def _refuse(self, refusal: _Refusal, at: Instant, events: list[bytes | DecodeFault]) -> None:
        """Note that the next bytes claim to be a frame and are none."""
        if not refusal.extent:
            return
        if not self._damaged:
            self._tell_loss(at, events)
            self._refusal = refusal
        self._damaged = max(self._damaged, refusal.extent)

    def _drop(self, count: int, at: Instant, events: list[bytes | DecodeFault]) -> None:
        """Count bytes as lost; tell a refused frame when its end is passed, other loss a longest frame at a time."""
        if self._damaged:
            step = min(count, self._damaged)
            self._lost += step
            self._damaged -= step
            count -= step
            if self._damaged:
                return
            self._tell(self._lost, at, events)
            self._lost = 0
            self._refusal = _NO_FRAME
        self._lost += count
        while self._lost >= self._longest:
            self._tell(self._longest, at, events)
            self._lost -= self._longest

    def _tell_loss(self, at: Instant, events: list[bytes | DecodeFault]) -> None:
        if self._lost:
            self._tell(self._lost, at, events)
        self._lost = self._damaged = 0
        self._refusal = _NO_FRAME

    def _tell(self, lost: int, at: Instant, events: list[bytes | DecodeFault]) -> None:
        events.append(DecodeFault(self._refusal.kind, lost, at.at, at.mono_ns, self._refusal.detail))
