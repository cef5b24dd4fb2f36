"""The gate's figures for Prometheus, and how long a verdict took to reach the screen.

A registry of its own for each gate, so that several gates in one process (a test) do not mix.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from contract.messages import GateHealth
from contract.vocabulary import LinkState, VerdictKind
from edge.writer import WriterStatus

PREFIX: Final = ("guankou", "edge")
BUCKETS_S: Final = (
    0.001,
    0.002,
    0.003,
    0.005,
    0.0075,
    0.01,
    0.015,
    0.02,
    0.03,
    0.05,
    0.075,
    0.1,
    0.2,
    0.5,
    1.0,
)
LONGEST_S: Final = 60.0
"""A recording played faster than it was made has no meaningful duration: longer or negative ones are not counted."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the store and the line to central say."""

    rows: int
    oldest_s: float
    thinned: int
    writer: WriterStatus
    central_up: bool
    refused: int
    """Messages from central that could not be read or obeyed."""


class Metrics:
    """What a gate counts. Used by the event loop; counters may be raised by any thread."""

    def __init__(self, gate: str) -> None:
        self.registry = CollectorRegistry()
        counter, gauge, histogram = self._counter, self._gauge, self._histogram
        self.passages = counter("passages", "Verdicts by kind.", "verdict")
        self.to_screen = histogram(
            "decision_to_screen_seconds", "From the last byte of the frame that decided to the event on the screen."
        )
        self.steps = histogram("step_seconds", "Time spent in each step of one picture.", "step")
        self.pictures_dropped = counter(
            "pictures_dropped", "Live pictures replaced before the screen took them.", "instrument"
        )
        self.messages = counter("messages_received", "Messages from central by kind.", "kind")
        self.refused = counter("messages_refused", "Messages from central that could not be read or obeyed.")
        self.frames_dropped = gauge("frames_dropped", "Samples pushed out by newer ones.", "instrument")
        self.lane_failures = gauge("lane_failures", "Samples on which a lane failed.", "instrument")
        self.samples = gauge("samples", "Samples decoded since the start.", "instrument")
        self.faults = gauge("decode_faults", "Faults in the bytes since the start.", "instrument")
        self.up = gauge("instrument_up", "Whether the instrument's link is up.", "instrument")
        self.screening = gauge("screening", "Whether every lane may give verdicts.")
        self.outbox_rows = gauge("outbox_rows", "Messages that central has not acknowledged.")
        self.outbox_oldest = gauge("outbox_oldest_seconds", "Age of the oldest of them.")
        self.outbox_thinned = gauge("outbox_thinned", "Measurements removed at the outbox's limit.")
        self.store_trouble = gauge("store_trouble", "1 while the database cannot be written.")
        self.store_waiting = gauge("store_waiting", "Deeds that wait for the disk.")
        self.store_dropped = gauge("store_dropped", "Deeds lost to a bound while the disk failed.")
        self.store_given_up = gauge("store_given_up", "Deeds lost to a fault of their own.")
        self.central_up = gauge("central_up", "Whether the broker is connected.")
        self.info = gauge("info", "Constant 1.", "gate")
        self.info.labels(gate).set(1)
        for kind in VerdictKind:
            self.passages.labels(kind)

    def decided(self, kind: VerdictKind, took_s: float) -> None:
        """Count a verdict and its way to the screen."""
        self.passages.labels(kind).inc()
        if 0 <= took_s <= LONGEST_S:
            self.to_screen.observe(took_s)

    def pictured(self, costs_us: Iterable[tuple[str, int]]) -> None:
        """Count what each step of one picture cost."""
        for step, cost_us in costs_us:
            self.steps.labels(step).observe(cost_us / 1e6)

    def health(self, health: GateHealth) -> None:
        """Take over what the health report says."""
        self.screening.set(health.screening)
        self.outbox_rows.set(health.outbox_rows)
        self.outbox_oldest.set(health.outbox_oldest_s)
        for instrument in health.instruments:
            self.samples.labels(instrument.instrument).set(instrument.samples)
            self.faults.labels(instrument.instrument).set(instrument.faults)
            self.up.labels(instrument.instrument).set(instrument.link is LinkState.UP)

    def outlook(self, outlook: Outlook) -> None:
        """Take over how store and line are."""
        writer = outlook.writer
        self.outbox_thinned.set(outlook.thinned)
        self.central_up.set(outlook.central_up)
        self.store_trouble.set(bool(writer.trouble))
        self.store_waiting.set(writer.waiting)
        self.store_dropped.set(writer.dropped)
        self.store_given_up.set(writer.given_up)

    def lane(self, instrument: str, dropped: int, failures: int) -> None:
        """Take over what a lane's intake counts."""
        self.frames_dropped.labels(instrument).set(dropped)
        self.lane_failures.labels(instrument).set(failures)

    def text(self) -> bytes:
        """Return the figures in Prometheus's text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, *PREFIX, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, *PREFIX, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(name, text, labels, *PREFIX, registry=self.registry, buckets=BUCKETS_S)
