"""A technician by rule: drives the blackbody, reads every instrument with its real driver, names the fault.

He knows only what the README tells a technician. Time between his looks is skipped, not waited for.
"""

import threading
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, pstdev

import numpy as np
import serial

from contract.clock import Instant, SystemClock
from drivers.devices import fluke_4180, gy_mcu90640
from drivers.reader import Reader
from drivers.registry import spec
from drivers.samples import SampleFlag, SpotReading, ThermalFrame
from simulators.workbench_bench import BLACKBODY, driver_of, path_of
from simulators.workbench_hidden import BenchFault

PATIENCE_S = 20.0
SAMPLES = 4
OLD = 2
"""Samples that may have been on the line already when time was skipped."""
LOOKS = 4
BETWEEN_LOOKS_S = 130.0
"""A quarter of a plate's swing more than three; four looks see all of it and three or four shutter corrections."""
SETTLE_S = 200.0
UNUSABLE = SampleFlag.SHUTTER | SampleFlag.NOT_RADIOMETRIC | SampleFlag.ERROR
QUIET_C = {"lepton_y16": 0.06, "gy_mcu90640": 0.22, "gy_614v": 0.06}
"""Noise of a healthy one, sample to sample."""


class SkippingClock:
    """The machine's clock, put forward when nobody wants to wait."""

    def __init__(self) -> None:
        self._clock, self._ahead_s = SystemClock(), 0.0

    def now(self) -> Instant:
        now = self._clock.now()
        return Instant(now.at + timedelta(seconds=self._ahead_s), now.mono_ns + round(self._ahead_s * 1e9))

    def skip(self, seconds: float) -> None:
        self._ahead_s += seconds


class Watched:
    """One instrument read by its real driver on a real terminal; the driver's own clock is not put forward."""

    def __init__(self, folder, device) -> None:
        self.device, self.driver = device, driver_of(device)
        self._path = str(path_of(folder, device))
        self._told_s = self._from_s = 0.0
        self._came, self._samples, self.rolled = threading.Condition(), [], 0

    def __enter__(self):
        self._open()
        while self.driver == "lepton_y16" and any(one.device_counter is None for one in self.fresh(SAMPLES)):
            self._reader.stop()  # entered in the middle of a frame: a picture that is rolled, without telemetry
            self._open()
        if self.driver == "gy_mcu90640":
            self._reader.send(gy_mcu90640.set_rate(8.0))
        return self

    def _open(self) -> None:
        self.forget()
        self.rolled = 0
        self._reader = Reader(spec(self.driver), self._path, self.device, SystemClock(), self._take)
        self._reader.start()
        self.fresh(1)

    def __exit__(self, *_) -> None:
        self._reader.stop()

    def _take(self, event) -> None:
        if isinstance(event, ThermalFrame | SpotReading) and not event.flags & UNUSABLE:
            with self._came:
                told_s = getattr(event, "uptime_s", None)
                self._told_s = max(self._told_s, told_s or 0.0)
                if told_s is not None and told_s < self._from_s:
                    return
                self._samples.append(event)
                self.rolled += self.driver == "lepton_y16" and event.device_counter is None
                self._came.notify_all()

    def forget(self, skipped_s=0.0) -> None:
        """Begin anew; a camera tells its own time, so that its pictures of before a skip can be left out."""
        with self._came:
            self._from_s = self._told_s + 0.9 * skipped_s
            self._samples.clear()

    def fresh(self, count):
        """Return that many samples of after the last skip."""
        with self._came:
            assert self._came.wait_for(lambda: len(self._samples) >= OLD + count, PATIENCE_S), f"{self.device} is mute"
            return self._samples[OLD : OLD + count]


class Blackbody:
    """The blackbody on its serial line, spoken to with its codec."""

    def __init__(self, folder, clock) -> None:
        line = fluke_4180.SPEC.line
        self._line = serial.Serial(str(path_of(folder, BLACKBODY)), line.baud, timeout=PATIENCE_S)
        self._clock = clock

    def close(self) -> None:
        self._line.close()

    def ask(self, question) -> str:
        self._line.write(fluke_4180.query(question))
        return self._line.read_until(b"\r").decode().strip()

    def drive(self, set_c) -> None:
        for command in fluke_4180.SPEC.drives(set_c):
            self._line.write(command)
        assert float(self.ask(fluke_4180.SETPOINT)) == set_c
        self._clock.skip(SETTLE_S)
        assert self.ask(fluke_4180.STABLE) == "1"

    def shows_c(self) -> float:
        return float(self.ask(fluke_4180.ACTUAL))


@dataclass(frozen=True)
class Look:
    """What an instrument showed of the plate in one short look."""

    mean_c: float
    noise_c: float
    same: bool
    """All samples alike to the last bit."""


def look(watched) -> Look:
    samples = watched.fresh(SAMPLES)
    if isinstance(samples[0], SpotReading):
        values = [sample.object_c for sample in samples]
        return Look(fmean(values), pstdev(values), same=len(set(values)) == 1)
    patches = np.array([_middle(sample.temps_c) for sample in samples])
    noise_c = float(np.nanstd(np.diff(patches, axis=0)) / np.sqrt(2))
    return Look(float(np.nanmean(patches)), noise_c, same=bool((patches == patches[0]).all()))


def _middle(temps_c):
    rows, columns = temps_c.shape
    return temps_c[rows // 2 - 3 : rows // 2 + 3, columns // 2 - 3 : columns // 2 + 3]


class Technician:
    """Works through a bench: 34, 42 and again 34 °C, several looks at each."""

    def __init__(self, folder, devices, clock) -> None:
        self._folder, self._clock, self._stack = folder, clock, ExitStack()
        self._watched = [Watched(folder, device) for device in devices]
        self.looks = {device: {} for device in devices}

    def __enter__(self):
        for watched in self._watched:
            self._stack.enter_context(watched)
        return self

    def __exit__(self, *exception) -> None:
        self._stack.close()

    def work(self) -> None:
        with closing(Blackbody(self._folder, self._clock)) as blackbody:
            for visit, set_c in (("34", 34.0), ("42", 42.0), ("again", 34.0)):
                blackbody.drive(set_c)
                for _ in range(LOOKS):
                    self._look_at_all(visit, blackbody)

    def _look_at_all(self, visit, blackbody) -> None:
        self._clock.skip(BETWEEN_LOOKS_S)
        shown_c = blackbody.shows_c()
        for watched in self._watched:
            watched.forget(BETWEEN_LOOKS_S)
        for watched in self._watched:
            self.looks[watched.device].setdefault(visit, []).append((shown_c, look(watched)))

    def unread(self) -> dict[str, int]:
        """Return the cameras whose driver gave pictures without telemetry, which are rolled ones."""
        return {one.device: one.rolled for one in self._watched if one.rolled}

    def finds(self, device) -> tuple[BenchFault, float, float]:
        """Return the fault, the error at 37 °C and its change per degree."""
        looks = self.looks[device]
        errors = {visit: [one.mean_c - shown_c for shown_c, one in seen] for visit, seen in looks.items()}
        every = [one for seen in looks.values() for _, one in seen]
        mean = {visit: fmean(values) for visit, values in errors.items()}
        drifted_c = mean["again"] - mean["34"]
        first_c = (mean["34"] + mean["again"]) / 2  # the mean over the same time as at 42 °C
        gain = (mean["42"] - first_c) / 8
        offset_c = first_c + 3 * gain
        return self._named(device, every, errors, drifted_c, gain, offset_c), offset_c, gain

    def _named(self, device, every, errors, drifted_c, gain, offset_c) -> BenchFault:
        if all(one.same for one in every) and abs(every[0].mean_c - every[-1].mean_c) < 1e-6:
            return BenchFault.STUCK
        if fmean(one.noise_c for one in every) > 3 * QUIET_C[driver_of(device)]:
            return BenchFault.NOISE
        if abs(drifted_c) > 0.4:
            return BenchFault.DRIFT
        if fmean(pstdev(values) for values in errors.values()) > 0.25:
            return BenchFault.PLATE
        return _of_line(offset_c, gain)


def _of_line(offset_c, gain) -> BenchFault:
    if abs(gain) > 0.03:
        right_at_c = 37.0 - offset_c / gain
        if right_at_c < 30.0:
            return BenchFault.FOG if gain < 0 else BenchFault.EMISSIVITY
        return BenchFault.NORMALISING if gain < -0.25 else BenchFault.GAIN
    return BenchFault.OFFSET if abs(offset_c) > 0.35 else BenchFault.NONE
