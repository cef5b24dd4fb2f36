"""A recording played back as the device's own bytes: `replay:///path/file?speed=1&loop=0`.

`speed` is a factor, or `max` for as fast as it is read. What was recorded with times keeps them: `at()` says when the
bytes of the last read arrived, counted from the start of the playback at the recorded pace, whatever the speed. So a
decoder fed at full speed sees the same pauses as at the gate. What has no times arrives at the pace of the device.
"""

import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from contract.clock import Clock, Instant
from drivers.capture import Capture, CaptureUnreadable, Piece
from drivers.codec import DriverSpec
from drivers.link import LinkEnded, LinkRefused

_UNTIMED_RATE_HZ: Final = 10.0


class ReplayLink:
    """One playback. Raises LinkRefused if the recording cannot be read or is of another device."""

    def __init__(self, url: str, spec: DriverSpec, clock: Clock) -> None:
        path, self._speed, self._loop = _parse(url)
        try:
            self._capture = Capture(path, spec)
        except CaptureUnreadable as error:
            raise LinkRefused(str(error)) from error
        if self._capture.of_lepton and spec.name != "lepton_y16":
            raise LinkRefused(f"{path} holds frames of a Lepton: use the driver lepton_y16, not {spec.name}")
        self._spec = spec
        self._answers = spec.poll_interval_s is not None
        """Whether replies mean something only behind the questions, which are then played as if heard back."""
        self._clock = clock
        self._period_s = 1 / (spec.rate_hz or _UNTIMED_RATE_HZ)
        self._start = self._at = clock.now()
        self._closed = threading.Event()
        self._offset_s = 0.0
        self._last_s = 0.0
        self._pieces = self._timed()
        self._next = next(self._pieces, None)

    def at(self) -> Instant:
        """Return when the bytes of the last read arrived, on the recording's own pace."""
        return self._at

    def read(self, timeout_s: float) -> bytes:
        """Return the next recorded bytes once they are due, b"" if they are not yet. Raises LinkEnded, LinkRefused."""
        if self._next is None:
            raise LinkEnded("the recording is over")
        if self._speed is not None:
            due_s = self._next.at_s / self._speed - self._clock.now().seconds_since(self._start)
            if due_s > 0 and (self._closed.wait(min(due_s, timeout_s)) or due_s > timeout_s):
                return b""
        piece = self._next
        self._next = self._advance()
        self._at = self._start.later(piece.at_s)
        return piece.data

    def write(self, data: bytes) -> None:
        """Take what a host says; a recording does not listen."""

    def close(self) -> None:
        """End the playback. Never raises."""
        self._closed.set()

    def _advance(self) -> Piece | None:
        try:
            return next(self._pieces, None)
        except CaptureUnreadable as error:
            raise LinkRefused(str(error)) from error

    def _timed(self) -> Iterator[Piece]:
        """Yield the device's bytes with their time since the start of the playback, again and again if looped."""
        while True:
            heard = 0
            for piece in self._capture.pieces():
                if piece.from_host and not self._answers:
                    continue
                at_s = piece.at_s if self._capture.timed else heard * self._period_s
                heard += 1
                self._last_s = self._offset_s + at_s
                yield Piece(piece.data, self._last_s)
            if not self._loop or not heard:
                return
            self._offset_s = self._last_s + self._period_s
            self._capture = Capture(self._capture.path, self._spec)


def _parse(url: str) -> tuple[Path, float | None, bool]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    speed = query.get("speed", ["1"])[0]
    factor = None if speed == "max" else _number(speed)
    if factor is not None and not factor > 0:
        raise LinkRefused(f"{url}: speed is a factor such as 1 or 4, or max")
    if parts.netloc or not parts.path.startswith("/"):
        raise LinkRefused(f"{url}: write replay:///absolute/path")
    return Path(unquote(parts.path)), factor, query.get("loop", ["0"])[0] not in ("0", "")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
