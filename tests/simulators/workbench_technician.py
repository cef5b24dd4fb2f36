"""A technician by rule: drives the blackbody, reads every instrument with its driver's codec, names the fault.

He knows only what the README tells a technician. Devices and lines are told the time, so nothing here waits: how fast
the machine is changes nothing, and the same bench always looks the same.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean, pstdev, stdev

import numpy as np

from contract.clock import Instant
from drivers.devices import fluke_4180, gy_mcu90640
from drivers.registry import spec
from drivers.samples import SampleFlag, SpotReading, ThermalFrame
from simulators.line import Line
from simulators.workbench_bench import BLACKBODY, devices, driver_of
from simulators.workbench_hidden import BenchFault

START = Instant(datetime(2026, 1, 24, 8, tzinfo=UTC), 0)
MUTE_S = 20.0
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


class Wire:
    """A device on its line, spoken to at its driver's rate."""

    def __init__(self, driver, device) -> None:
        self._baud = driver.line.baud if driver.line else None
        self._line = Line(device)
        self._line.power_up(0.0)

    def send(self, data, t_s) -> None:
        self._line.hear(data, self._baud, t_s)

    def listen(self, t_s):
        """Yield what reaches the host and when, from `t_s` on."""
        until_s = t_s + MUTE_S
        while t_s < until_s:
            yield t_s, self._line.due(self._baud, t_s)
            t_s = max(self._line.next_s(), t_s + 1e-3)


class Watched:
    """One instrument and its driver."""

    def __init__(self, name, device) -> None:
        self.name, self.driver = name, driver_of(name)
        driver = spec(self.driver)
        self._decoder, self._wire = driver.decoder(name), Wire(driver, device)
        for command in driver.start:
            self._wire.send(command, 0.0)
        if self.driver == "gy_mcu90640":
            self._wire.send(gy_mcu90640.set_rate(8.0), 0.0)

    def samples(self, t_s):
        """Return what it says from `t_s` on, without what may be older."""
        found = []
        for at_s, data in self._wire.listen(t_s):
            found += [event for event in self._decoder.feed(data, START.later(at_s)) if _usable(event)]
            if len(found) >= OLD + SAMPLES:
                return found[OLD : OLD + SAMPLES]
        raise AssertionError(f"{self.name} is mute")


def _usable(event) -> bool:
    return isinstance(event, ThermalFrame | SpotReading) and not event.flags & UNUSABLE


class Blackbody:
    """The blackbody on its serial line, spoken to with its codec."""

    def __init__(self, device) -> None:
        self._wire = Wire(fluke_4180.SPEC, device)

    def send(self, data, t_s) -> None:
        self._wire.send(data, t_s)

    def ask(self, question, t_s) -> str:
        self._wire.send(fluke_4180.query(question), t_s)
        heard = b""
        for _, data in self._wire.listen(t_s):
            heard += data
            if heard.endswith(b"\r"):
                return heard.decode().strip()
        raise AssertionError("the blackbody is mute")


@dataclass(frozen=True)
class Look:
    """What an instrument showed of the plate in one short look."""

    mean_c: float
    noise_c: float
    same: bool
    """All samples alike to the last bit."""


def look(watched, t_s) -> Look:
    samples = watched.samples(t_s)
    if isinstance(samples[0], SpotReading):
        values = [sample.object_c for sample in samples]
        return Look(fmean(values), stdev(values), same=len(set(values)) == 1)
    patches = np.array([_middle(sample.temps_c) for sample in samples])
    noise_c = float(np.nanstd(np.diff(patches, axis=0)) / np.sqrt(2))
    return Look(float(np.nanmean(patches)), noise_c, same=bool((patches == patches[0]).all()))


def _middle(temps_c):
    rows, columns = temps_c.shape
    return temps_c[rows // 2 - 3 : rows // 2 + 3, columns // 2 - 3 : columns // 2 + 3]


class Technician:
    """Works through a bench: 34, 42 and again 34 °C, several looks at each."""

    def __init__(self, key, truth) -> None:
        there = devices(key, truth)
        self._blackbody = Blackbody(there.pop(BLACKBODY))
        self._watched = [Watched(name, device) for name, device in there.items()]
        self._t_s = 1.0
        self.looks = {name: {} for name in there}

    def work(self) -> None:
        for visit, set_c in (("34", 34.0), ("42", 42.0), ("again", 34.0)):
            self._drive(set_c)
            for _ in range(LOOKS):
                self._look_at_all(visit)

    def _drive(self, set_c) -> None:
        for command in fluke_4180.SPEC.drives(set_c):
            self._blackbody.send(command, self._t_s)
        self._t_s += SETTLE_S
        assert float(self._blackbody.ask(fluke_4180.SETPOINT, self._t_s)) == set_c
        self._t_s += 1.0
        assert self._blackbody.ask(fluke_4180.STABLE, self._t_s) == "1"

    def _look_at_all(self, visit) -> None:
        self._t_s += BETWEEN_LOOKS_S
        shown_c = float(self._blackbody.ask(fluke_4180.ACTUAL, self._t_s))
        for watched in self._watched:
            self.looks[watched.name].setdefault(visit, []).append((shown_c, look(watched, self._t_s)))

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
        if fmean(one.noise_c**2 for one in every) ** 0.5 > 3 * QUIET_C[driver_of(device)]:
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
