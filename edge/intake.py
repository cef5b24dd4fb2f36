"""From the reader's thread to a lane, and from the lane to the gate: one thread a lane, and nothing grows.

Samples wait in a queue with a bound: one frame, because only the newest picture matters, or a few readings of a fast
single-point device; what is pushed out is counted. Orders (a new certificate, new rules, a re-measurement) are never
dropped and are obeyed between two samples, so that a lane is only ever touched by its own thread. A replayed recording
is patient instead: it waits until its frame is taken, because there the lane is the clock.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, TypeVar

import structlog

from drivers.samples import DecodeFault, SpotReading, ThermalFrame
from edge.events import Air, LaneEvent
from edge.lane import Lane

FRAMES: Final = 1
READINGS: Final = 32
FAULTS: Final = 64
GIVE_UP_S: Final = 0.2
"""How long a patient offer waits before it looks whether the gate is stopping."""

log = structlog.get_logger()

Sample = ThermalFrame | SpotReading
Order = Callable[[Lane], None]
T = TypeVar("T")


class Intake:
    """One lane on a thread of its own."""

    def __init__(
        self,
        instrument: str,
        lane: Lane,
        air: Callable[[], Air],
        deliver: Callable[[LaneEvent], None],
        *,
        patient: bool = False,
    ) -> None:
        """Prepare; `start` begins. `deliver` is called on the lane's thread and must return soon."""
        self.instrument = instrument
        self._lane, self._air, self._deliver = lane, air, deliver
        self._patient = patient
        self._samples: deque[Sample] = deque()
        self._faults: deque[DecodeFault] = deque(maxlen=FAULTS)
        self._orders: deque[Order] = deque()
        self._signal = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"lane {instrument}", daemon=True)
        self.dropped = 0
        """Samples that a newer one pushed out before the lane could look at them."""
        self.failures = 0
        """Samples on which the lane failed: a fault of ours, logged with its trace."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        """End the thread after the sample under way."""
        with self._signal:
            self._stopping = True
            self._signal.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def offer(self, sample: Sample) -> None:
        """Hand over a sample; called by the reader's thread."""
        bound = FRAMES if isinstance(sample, ThermalFrame) else READINGS
        with self._signal:
            while self._patient and len(self._samples) >= bound and not self._stopping:
                self._signal.wait(GIVE_UP_S)
            while len(self._samples) >= bound:
                self._samples.popleft()
                self.dropped += 1
            self._samples.append(sample)
            self._signal.notify_all()

    def fault(self, fault: DecodeFault) -> None:
        """Hand over news of bytes that could not be read; called by the reader's thread."""
        with self._signal:
            self._faults.append(fault)

    def order(self, order: Order) -> None:
        """Let the lane obey between two samples. Any thread."""
        with self._signal:
            self._orders.append(order)
            self._signal.notify_all()

    def _run(self) -> None:
        while True:
            with self._signal:
                while not (self._samples or self._orders or self._stopping):
                    self._signal.wait()
                if self._stopping:
                    return
                orders, self._orders = self._orders, deque()
                faults = tuple(self._faults)
                self._faults.clear()
                samples = (self._samples.popleft(),) if self._samples else ()
                self._signal.notify_all()
            for order in orders:
                self._guarded(order, self._lane)
            for item in (*faults, *samples):
                self._guarded(self._feed, item)

    def _feed(self, item: Sample | DecodeFault) -> None:
        for event in self._lane.feed(item, self._air()):
            self._deliver(event)

    def _guarded(self, work: Callable[[T], None], item: T) -> None:
        """Do some work; whatever it does must not end the thread that measures."""
        try:
            work(item)
        except Exception:
            self.failures += 1
            log.exception("lane", instrument=self.instrument)
