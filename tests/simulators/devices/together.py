"""A simulated device and its driver joined in memory: real bytes, simulated time, no I/O."""

from datetime import UTC, datetime

import numpy as np

from contract.clock import Instant
from drivers.codec import DriverSpec
from drivers.samples import DecodeFault, Event, Sample
from simulators.device import SimulatedDevice
from simulators.line import Line
from simulators.line_faults import LineFaults

START = Instant(datetime(2026, 1, 24, 8, 0, tzinfo=UTC), 1_000_000_000)
STEP_S = 0.005


class Still:
    """A world in which nothing changes, for every kind of sensor."""

    def __init__(self, object_c=36.5, sensor_c=27.3, picture=None, humidity_pct=54.6):
        self.seen_c, self.own_c, self.picture, self.wet_pct = object_c, sensor_c, picture, humidity_pct
        self.closed = False

    def object_c(self, t_s):
        return self.seen_c

    def sensor_c(self, t_s):
        return self.own_c

    def frame(self, t_s):
        return self.picture

    def shutter(self, t_s):
        return self.closed, 100.0

    def ambient_c(self, t_s):
        return self.own_c

    def humidity_pct(self, t_s):
        return self.wet_pct


def picture(rows, columns, base_c=24.05, person_c=34.05):
    """A wall with a warm block and one marked pixel in the first row, so that turned or mirrored pictures show."""
    found = np.full((rows, columns), base_c, np.float32)
    found[rows // 4 : rows // 2, columns // 4 : columns // 2] = person_c
    found[0, 1] = person_c + 3
    return found


class Together:
    """One device on one line with one decoder: `run` lets time pass, `send` gives the device an order."""

    def __init__(
        self,
        device: SimulatedDevice,
        spec: DriverSpec,
        *,
        baud: int | None = None,
        faults: LineFaults | None = None,
        start: bool = True,
    ) -> None:
        self.line = Line(device, faults)
        self.device, self.spec = device, spec
        self.decoder = spec.decoder("joined")
        self.baud = (spec.line.baud if spec.line else None) if baud is None else baud
        if device.baud is None:
            self.baud = None
        self.t_s = 0.0
        self.poll_at_s = 0.05
        self.line.power_up(0.0)
        for order in spec.start if start else ():
            self.send(order)

    def send(self, data: bytes) -> None:
        self.line.hear(data, self.baud, self.t_s)

    def run(self, seconds: float) -> list[Event]:
        """Return the events of the next seconds."""
        events: list[Event] = []
        end_s = self.t_s + seconds
        while self.t_s < end_s:
            at = START.later(self.t_s)
            interval_s = self.spec.poll_interval_s
            if interval_s is not None and self.t_s >= self.poll_at_s:
                self.poll_at_s += interval_s
                self.send(self.decoder.poll())
            events += self.decoder.feed(self.line.due(self.baud, self.t_s), at)
            self.t_s += STEP_S
        return events

    def samples(self, seconds: float, kind: type[Sample]) -> list[Sample]:
        """Return the samples of one kind of the next seconds; any fault fails the test."""
        events = self.run(seconds)
        faults = [event for event in events if isinstance(event, DecodeFault)]
        assert faults == []
        return [event for event in events if isinstance(event, kind)]


def told(events: list[Event]) -> list[tuple[str, str]]:
    """Name and value of each reply."""
    return [(event.name, event.value) for event in events if hasattr(event, "name")]
