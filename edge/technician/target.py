"""What a screening instrument reads of the technician's plate, before any certificate (`science.md` 2.1, 2.6).

The certificate is the second step of the chain: it corrects what the instrument indicates once its own emissivity is
undone, with window and air still in the way. So that is what is read here, and the plate's temperature is brought to
the same place by going the other steps backwards: plate -> reflected room -> air -> window -> sensor.
"""

import threading
from collections import deque
from enum import StrEnum
from typing import Final

import numpy as np

from drivers.codec import DriverSpec
from drivers.samples import Applied, Mode, SampleFlag, SpotReading, ThermalFrame
from edge.config import Instrument, Radiometry
from edge.events import Air
from edge.measure.chain import CLEAR, NO_AIR_C, Chain, Chains
from edge.measure.plate import INNER, disc, find
from edge.measure.radiometry import arriving, plate_apparent, undo_emissivity
from edge.measure.view import View, view

KEPT: Final = 256
NETD_C: Final = 0.1
UNUSABLE: Final = SampleFlag.SHUTTER | SampleFlag.NOT_RADIOMETRIC | SampleFlag.ERROR | SampleFlag.REPEATED
OPAQUE: Final = SampleFlag.EMISSIVITY_UNKNOWN
"""Nobody knows what the device has made of it: may be looked at, not calibrated."""

Sample = ThermalFrame | SpotReading


class Useless(StrEnum):
    """Why what an instrument sends is no reading of the plate, though it sends."""

    STUCK = "stuck"
    """The same picture again and again."""
    OPAQUE = "opaque"
    """A value of the device's own making: a body temperature, or with an emissivity that nobody knows."""


class Target:
    """One instrument's look at the plate. Samples come on the reader's thread, questions from elsewhere."""

    def __init__(
        self, instrument: Instrument, spec: DriverSpec, radiometry: Radiometry, *, displayed: bool = False
    ) -> None:
        """`displayed`: take what the instrument shows, even where that is a body temperature of its own making."""
        self._displayed = displayed
        self._instrument, self._spec, self._radiometry = instrument, spec, radiometry
        self._chains = Chains(radiometry, instrument.distance_m)
        self._view: View | None = None
        self._path = CLEAR
        self._lock = threading.Lock()
        self._samples: deque[Sample] = deque(maxlen=KEPT if spec.shape is None else 8)
        self.unseen = 0
        """Samples in a row in which the plate was not found."""
        self.useless: Useless | None = None
        """What is wrong with the newest sample, if it can be named."""
        self.opaque = False
        """Whether the newest sample was one of the device's own making."""
        self.body_c: float | None = None
        """The newest body temperature that the device itself has made: shown, never used."""

    def offer(self, sample: Sample) -> None:
        """Take a sample; the oldest that nobody has asked for is dropped."""
        with self._lock:
            self._samples.append(sample)

    def take(self, shown_c: float, emissivity: float, air: Air) -> list[tuple[float, float]]:
        """Return the readings since the last call: seconds (monotonic) and °C, oldest first.

        `shown_c` is the surface temperature of the plate now, used to find it in a picture.
        """
        with self._lock:
            samples, self._samples = list(self._samples), deque(maxlen=self._samples.maxlen)
        readings = []
        for sample in samples:
            value_c = self._read(sample, shown_c, emissivity, air)
            self.unseen = 0 if value_c is not None else self.unseen + 1
            if value_c is not None:
                readings.append((sample.mono_ns / 1e9, value_c))
        return readings

    def apparent_c(self, shown_c: float, emissivity: float, air: Air) -> float:
        """Return what a faultless instrument here reads of a plate with that surface temperature, °C."""
        reflected_c = self._reflected_c(air)
        return float(arriving(plate_apparent(shown_c, emissivity, reflected_c), self._path))

    def set_point_c(self, wanted_c: float, emissivity: float, air: Air) -> float:
        """Return the surface temperature at which the plate reads `wanted_c` here."""
        set_c = wanted_c
        for _ in range(4):
            set_c += wanted_c - self.apparent_c(set_c, emissivity, air)
        return round(set_c, 2)

    def _reflected_c(self, air: Air) -> float:
        if self._radiometry.reflected_c is not None:
            return self._radiometry.reflected_c
        return NO_AIR_C if air.ambient_c is None else air.ambient_c

    def _read(self, sample: Sample, shown_c: float, emissivity: float, air: Air) -> float | None:
        opaque = self._note(sample)
        if sample.flags & UNUSABLE or (opaque and not self._displayed):
            return None
        chain = self._chains.of(sample, air, None)
        self._path = chain.conditions.path
        if isinstance(sample, SpotReading):
            if not np.isfinite(sample.object_c):
                return None
            return sample.object_c if opaque else _undone(sample.object_c, chain)
        raw_c = self._region_c(sample, plate_apparent(shown_c, emissivity, self._reflected_c(air)), chain)
        if raw_c is None or not np.isfinite(raw_c):
            return None
        return raw_c if opaque else _undone(raw_c, chain)

    def _note(self, sample: Sample) -> bool:
        """Take down what the device made of the sample; say whether nobody can know what that was."""
        own = Applied.BODY in sample.applied
        if isinstance(sample, SpotReading):
            own = own or sample.mode is Mode.BODY
            self.body_c = sample.object_c if own else sample.body_c
        self.opaque = own or bool(sample.flags & OPAQUE)
        stuck = bool(sample.flags & SampleFlag.REPEATED)
        self.useless = Useless.STUCK if stuck else Useless.OPAQUE if self.opaque else None
        return self.opaque

    def _region_c(self, frame: ThermalFrame, plate_c: float, chain: Chain) -> float | None:
        """Return the median of the plate's pixels as indicated; None where it cannot be found."""
        if self._view is None:
            rows, columns = frame.temps_c.shape
            self._view = view(self._instrument, self._spec, (rows, columns))
        picture_c = self._view.upright(frame.temps_c)
        region = self._instrument.bench_region
        if region is None and self._instrument.reference is not None:
            region = self._instrument.reference.region
        if region is None:
            plate = find(chain.frame(picture_c), plate_c, self._spec.netd_c or NETD_C)
            if plate is None:
                return None
            region = plate.region
        x, y, radius = region
        values = picture_c[disc(picture_c.shape, x, y, max(1.0, INNER * radius))]
        return float(np.median(values)) if values.size else None


def _undone(indicated_c: float, chain: Chain) -> float:
    given = chain.conditions
    return undo_emissivity(indicated_c, given.emissivity, given.reflected_c) if given.emissivity < 1 else indicated_c
