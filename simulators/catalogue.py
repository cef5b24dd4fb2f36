"""Which devices can be simulated, and what each needs: one entry a device, named like its driver."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from simulators.air_sensor import AirSensor
from simulators.camera import Camera
from simulators.device import SimulatedDevice
from simulators.devices.fluke_4180 import Fluke4180
from simulators.devices.gy_614v import Gy614v
from simulators.devices.gy_mcu90640 import GyMcu90640
from simulators.devices.lepton_y16 import LeptonY16
from simulators.devices.xy_md02 import XyMd02
from simulators.geometry import LEPTON_35, MLX90640_55, Mounting
from simulators.plate import Plate
from simulators.scene import Scene
from simulators.sensor_faults import SensorFaults
from simulators.spot import Spot


class UnknownDevice(LookupError):
    """No simulated device has that name; the text lists those that there are."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of a device: who it is and how it is set up."""

    seed: int = 0
    faults: SensorFaults = field(default_factory=SensorFaults)
    mounting: Mounting = field(default_factory=Mounting)
    aim_mm: tuple[float, float] = (0.0, 0.0)
    on_for_s: float = 3600.0
    """How long it has been switched on when the simulation begins."""
    error_c: tuple[float, float] = (0.0, 0.0)
    """Constant error of indication a + b (T - 37): what its certificate takes out."""
    telemetry: bool = True


@dataclass(frozen=True, slots=True)
class Model:
    """One kind of device."""

    title: str
    build: Callable[[Scene, Unit], SimulatedDevice]
    mark_m: float = 1.0
    """Where people stand before it."""


def model(name: str) -> Model:
    """Return the entry of a device. Raises UnknownDevice."""
    if name not in DEVICES:
        raise UnknownDevice(f"no simulated device is called {name!r}; there are {', '.join(sorted(DEVICES))}")
    return DEVICES[name]


def _gy_mcu90640(scene: Scene, unit: Unit) -> SimulatedDevice:
    return GyMcu90640(
        Camera(
            scene,
            MLX90640_55,
            seed=unit.seed,
            mounting=unit.mounting,
            aim_mm=unit.aim_mm,
            faults=unit.faults,
            on_for_s=unit.on_for_s,
            error_c=unit.error_c,
        )
    )


def _lepton_y16(scene: Scene, unit: Unit) -> SimulatedDevice:
    camera = Camera(
        scene,
        LEPTON_35,
        seed=unit.seed,
        mounting=unit.mounting,
        aim_mm=unit.aim_mm,
        faults=unit.faults,
        on_for_s=unit.on_for_s,
        error_c=unit.error_c,
    )
    return LeptonY16(camera, seed=unit.seed, telemetry=unit.telemetry)


def _gy_614v(scene: Scene, unit: Unit) -> SimulatedDevice:
    spot = Spot(scene, seed=unit.seed, faults=unit.faults, on_for_s=unit.on_for_s, error_c=unit.error_c)
    return Gy614v(spot)


def _xy_md02(scene: Scene, unit: Unit) -> SimulatedDevice:
    return XyMd02(AirSensor(scene.air, unit.faults, unit.error_c[0]))


def _fluke_4180(scene: Scene, unit: Unit) -> SimulatedDevice:
    return Fluke4180(scene.plate or Plate(seed=unit.seed), scene.air)


DEVICES: Final = {
    "fluke_4180": Model("Fluke 4180 infrared calibrator (blackbody)", _fluke_4180),
    "gy_614v": Model("GY-614V single-point thermometer", _gy_614v, mark_m=0.05),
    "gy_mcu90640": Model("GY-MCU90640 32x24 array", _gy_mcu90640, mark_m=0.35),
    "lepton_y16": Model("FLIR Lepton 3.5 on PureThermal, Y16 160x120", _lepton_y16, mark_m=0.55),
    "xy_md02": Model("XY-MD02 temperature and humidity", _xy_md02),
}
