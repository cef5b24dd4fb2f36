"""A capture through its codec, as fast as it can be read, on the capture's own times."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from contract.clock import Instant
from drivers.capture import Capture
from drivers.codec import DriverSpec
from drivers.samples import Event

_PAUSE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One event of a playback."""

    event: Event
    t_s: float
    """When its last byte arrived, seconds since the start of the capture."""
    is_end: bool
    """It tells of what was left when the file was over."""


def play(spec: DriverSpec, capture: Capture, start: Instant) -> Iterator[Heard]:
    """Yield what the driver makes of the capture. Raises CaptureUnreadable.

    What the host said is played to a polled device's codec only, as if heard back: its replies mean nothing without.
    """
    decoder = spec.decoder(capture.path.stem)
    at = start

    def hear(data: bytes, then: Instant, *, is_end: bool = False) -> Iterator[Heard]:
        for event in decoder.feed(data, then):
            yield Heard(event, (event.mono_ns - start.mono_ns) / 1e9, is_end)

    for piece in capture.pieces():
        if piece.from_host and spec.poll_interval_s is None:
            continue
        before, at = at, start.later(piece.at_s)
        if at.seconds_since(before) >= _PAUSE_S:
            yield from hear(b"", at)
        yield from hear(piece.data, at)
    yield from hear(b"", at.later(_PAUSE_S), is_end=True)
