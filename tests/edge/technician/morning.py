"""A bench for tests: a Fluke 4180 and a camera before its plate, on real pseudo-terminals, at many times their speed.

Rehearsed, and said so: the gate is simulated and its `bench.pace` shortens settling; the blackbody lives in a world
whose clock runs faster. Lines, drivers, gate, store and screens are the real ones.
"""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from contract.clock import Clock, Instant, SystemClock
from drivers.devices import fluke_4180, gy_mcu90640
from drivers.registry import spec
from edge import fitting
from edge.measure.radiometry import Path as Way
from edge.measure.radiometry import air_transmittance, arriving, plate_apparent
from edge.technician import linearity, procedure
from edge.technician.profile import PROFILES, Profile
from simulators.devices.fluke_4180 import Fluke4180
from simulators.devices.gy_mcu90640 import GyMcu90640, Settings
from simulators.plate import Plate
from simulators.ports import PtyPort
from tests.edge.conftest import a_certificate

AIR_C = 22.0
FAST = 200.0
DISTANCE_M = 0.35
REGION = (16, 12, 5)
EMISSIVITY = 0.95


class FastClock:
    """The machine's clock, with seconds that pass `FAST` times as quickly."""

    def __init__(self) -> None:
        self._clock: Clock = SystemClock()
        self._start = self._clock.now()

    def now(self) -> Instant:
        now = self._clock.now()
        gone_s = now.seconds_since(self._start)
        at = self._start.at + timedelta(seconds=FAST * gone_s)
        return Instant(at, self._start.mono_ns + round(FAST * gone_s * 1e9))


class Scene:
    """What the camera sees: a wall, and the plate in its middle; wrong by what the test says."""

    def __init__(self, plate: Plate, clock: FastClock, epoch: Instant) -> None:
        self._plate, self._clock, self._epoch = plate, clock, epoch
        self._noise = np.random.default_rng(5)
        self.error_c = 0.0
        self.gain = 0.0
        self.drift_c_per_s = 0.0

    def frame(self, t_s: float) -> NDArray[np.float32]:
        x, y, radius = REGION
        plate_c = plate_apparent(self._plate.surface_c(self.world_s()), EMISSIVITY, AIR_C)
        plate_c = arriving(plate_c, Way(air=air_transmittance(DISTANCE_M, AIR_C, 50.0), air_c=AIR_C))
        picture = np.full((24, 32), AIR_C)
        rows, columns = np.ogrid[:24, :32]
        picture[(columns - x) ** 2 + (rows - y) ** 2 <= radius**2] = plate_c
        wrong_c = self.error_c + self.gain * (plate_c - 37.0) + self.drift_c_per_s * t_s
        picture = picture + wrong_c + self._noise.normal(0, 0.03, picture.shape)
        return picture.astype(np.float32)

    def world_s(self) -> float:
        return self._clock.now().seconds_since(self._epoch)

    def sensor_c(self, t_s: float) -> float:
        return AIR_C + 3.0

    def shutter(self, t_s: float) -> tuple[bool, float]:
        return False, 1e6


class Air:
    def ambient_c(self, t_s: float) -> float:
        return AIR_C

    def humidity_pct(self, t_s: float) -> float:
        return 50.0


class Camera(GyMcu90640):
    """An 8 Hz module whose emissivity has been set to 1, as the manual of the gate asks."""

    def __init__(self, source: Scene) -> None:
        super().__init__(source)
        self._flash = self._now = Settings(baud=115200, rate_hz=8.0, emissivity=1.0)


@contextmanager
def bench(folder: Path) -> Iterator[tuple[Scene, Plate, Fluke4180]]:
    """Plug both in at `folder`."""
    plate, clock = Plate(36.0, emissivity=EMISSIVITY), FastClock()
    epoch = clock.now()
    scene, blackbody = Scene(plate, clock, epoch), Fluke4180(plate, Air(), serial="B4567")
    with (
        PtyPort(blackbody, folder / "fluke", clock, epoch=epoch),
        PtyPort(Camera(scene), folder / "camera", SystemClock()),
    ):
        yield scene, plate, blackbody


def bench_settings(settings: dict[str, Any], folder: Path, *, pace: float = 60.0) -> dict[str, Any]:
    """A gate with that camera, certified without correction, its blackbody, and a thermometer beside them."""
    certificate = a_certificate(SystemClock().now().at, instrument="camera", serial="SN-C")
    path = folder / "camera.certificate.json"
    path.write_text(certificate.model_dump_json(), encoding="utf-8")
    camera = {
        "id": "camera",
        "driver": "gy_mcu90640",
        "link": str(folder / "camera"),
        "serial": "SN-C",
        "distance_m": DISTANCE_M,
        "warm_up_s": 0,
        "certificate": str(path),
        "reference": {"emissivity": EMISSIVITY, "region": REGION, "source": "fluke", "u_c": 0.05},
    }
    fluke = {
        "id": "fluke",
        "driver": "fluke_4180",
        "link": str(folder / "fluke"),
        "role": "reference",
        "serial": "B4567",
    }
    settings["instruments"] = [camera, fluke, *settings["instruments"]]
    settings["bench"] = {"pace": pace, "laboratory": "Wulong bench"}
    return settings


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the blackbody often, its world runs so much faster; and the camera at 8 Hz."""
    camera = gy_mcu90640.SPEC
    start = (gy_mcu90640.set_emissivity(1.0), gy_mcu90640.set_rate(8.0), *camera.start[2:])
    quick = {
        "fluke_4180": dataclasses.replace(fluke_4180.SPEC, poll_interval_s=0.03),
        "gy_mcu90640": dataclasses.replace(camera, start=start),
    }
    monkeypatch.setattr(fitting, "spec", lambda name: quick[name] if name in quick else spec(name))
    rehearsal = Profile("rehearsal", (35.0, 39.0), 0.4, readings=5, settle_s=30.0, source="these tests")
    monkeypatch.setitem(PROFILES, "rehearsal", rehearsal)
    monkeypatch.setattr(linearity, "SETTLE_S", 30.0)
    monkeypatch.setattr(linearity, "READINGS", 5)
    monkeypatch.setattr(procedure, "WINDOW_S", (1.0, 30.0))
    monkeypatch.setattr(procedure, "LEAST_READINGS", 5)
    monkeypatch.setattr(procedure, "DRIFT_C", 0.06)
    # a machine that is slow leaves gaps, and a gap begins the window anew: it is given the time to come through
    monkeypatch.setattr(procedure, "PATIENCE_S", 20 * procedure.PATIENCE_S)
    monkeypatch.setattr(procedure, "NOTHING_S", 120.0)
