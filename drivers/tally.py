"""What a reader has heard so far: counts that another thread may read, and a hint what to do about what is wrong."""

import dataclasses
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from contract.clock import Instant
from drivers.samples import DecodeFault, DeviceReply, Event, FaultKind


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """How a device and its reader are."""

    up: bool
    """The link is open; the device may still be silent."""
    samples: int
    faults: Mapping[FaultKind, int]
    dropped_bytes: int
    received_bytes: int
    reopened: int
    """How often the link was opened after the first time."""
    last_sample: Instant | None
    hint: str
    """What is wrong and what to do about it; "" while all is well."""


class Tally:
    """Counts of one reader. Written by its thread, read by any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._up = False
        self._opened = 0
        self._samples = 0
        self._faults: Counter[FaultKind] = Counter()
        self._dropped = 0
        self._received = 0
        self._last_sample: Instant | None = None
        self._hint = "not started"
        self._seq_offset = 0
        self._next_seq = 0

    @property
    def up(self) -> bool:
        """Whether the link is open."""
        return self._up

    @property
    def hint(self) -> str:
        """What is wrong; "" while all is well."""
        return self._hint

    @property
    def samples(self) -> int:
        """Samples so far, over all openings."""
        return self._samples

    @property
    def last_sample(self) -> Instant | None:
        """When the last sample arrived."""
        return self._last_sample

    def opened(self) -> None:
        """The link was opened; the numbers of the samples go on where they stopped."""
        with self._lock:
            self._up = True
            self._opened += 1
            self._hint = "waiting for the first sample"
            self._seq_offset = self._next_seq

    def lost(self, why: str) -> None:
        """The link is down."""
        with self._lock:
            self._up = False
            self._hint = why

    def received(self, count: int) -> None:
        """Bytes arrived."""
        with self._lock:
            self._received += count

    def doubt(self, hint: str) -> None:
        """Something is wrong while the link is open."""
        with self._lock:
            self._hint = hint

    def took(self, event: Event, at: Instant) -> Event:
        """Count an event; return it, numbered over all openings."""
        with self._lock:
            if isinstance(event, DecodeFault):
                self._faults[event.kind] += 1
                self._dropped += event.dropped_bytes
                return event
            self._samples += 1
            self._last_sample = at
            self._hint = ""
            if isinstance(event, DeviceReply):
                return event
            if self._seq_offset:
                event = dataclasses.replace(event, seq=event.seq + self._seq_offset)
            self._next_seq = event.seq + 1
            return event

    def status(self) -> ReaderStatus:
        """Return how things are now."""
        with self._lock:
            return ReaderStatus(
                up=self._up,
                samples=self._samples,
                faults=MappingProxyType(dict(self._faults)),
                dropped_bytes=self._dropped,
                received_bytes=self._received,
                reopened=max(0, self._opened - 1),
                last_sample=self._last_sample,
                hint=self._hint,
            )
