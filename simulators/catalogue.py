"""Which devices can be simulated, and what each needs: one entry a device, named like its driver."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from simulators import air_sensor, camera, spot
from simulators.air_sensor import AirSensor
from simulators.camera import Camera
from simulators.device import SimulatedDevice
from simulators.devices.calex_miniusb import CalexMiniusb
from simulators.devices.chuwo_32x32 import Chuwo32x32
from simulators.devices.cjmcu_90614 import Cjmcu90614
from simulators.devices.fluke_4180 import Fluke4180
from simulators.devices.gy_614v import Gy614v
from simulators.devices.gy_mcu8833 import GyMcu8833
from simulators.devices.gy_mcu90614 import GyMcu90614
from simulators.devices.gy_mcu90640 import GyMcu90640
from simulators.devices.hart_9132 import Hart9132
from simulators.devices.htpa32x32d import DATAGRAM_BYTES, Htpa32x32d
from simulators.devices.infiray_p2 import InfirayP2
from simulators.devices.lcus_relay import LcusRelay
from simulators.devices.lepton_y16 import LeptonY16
from simulators.devices.lumasense_m340 import LumasenseM340
from simulators.devices.optris_ct import OptrisCt
from simulators.devices.senxor import Senxor
from simulators.devices.temper_serial import TemperSerial
from simulators.devices.waveshare_relay import WaveshareRelay
from simulators.devices.xy_md02 import XyMd02
from simulators.geometry import (
    AMG8833,
    ARRAY_256X192,
    HTPA_32X32,
    LEPTON_35,
    MLX90640_55,
    SENXOR_80X62,
    Geometry,
    Mounting,
)
from simulators.plate import Plate
from simulators.scene import Scene
from simulators.sensor_faults import SensorFaultKind, SensorFaults
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
    datagram_bytes: int | None = None
    """For a device that talks UDP: how long its datagrams are."""
    faults: frozenset[SensorFaultKind] = frozenset()
    """What can go wrong inside it and before its lens; any line can fail."""


def model(name: str) -> Model:
    """Return the entry of a device. Raises UnknownDevice."""
    if name not in DEVICES:
        raise UnknownDevice(f"no simulated device is called {name!r}; there are {', '.join(sorted(DEVICES))}")
    return DEVICES[name]


def _camera(scene: Scene, unit: Unit, geometry: Geometry) -> Camera:
    return Camera(
        scene,
        geometry,
        seed=unit.seed,
        mounting=unit.mounting,
        aim_mm=unit.aim_mm,
        faults=unit.faults,
        on_for_s=unit.on_for_s,
        error_c=unit.error_c,
    )


def _spot(scene: Scene, unit: Unit) -> Spot:
    return Spot(scene, seed=unit.seed, faults=unit.faults, on_for_s=unit.on_for_s, error_c=unit.error_c)


def _air(scene: Scene, unit: Unit) -> AirSensor:
    return AirSensor(scene.air, unit.faults, unit.error_c[0])


def _plate(scene: Scene, unit: Unit) -> Plate:
    return scene.plate or Plate(seed=unit.seed)


def _lepton_y16(scene: Scene, unit: Unit) -> SimulatedDevice:
    return LeptonY16(_camera(scene, unit, LEPTON_35), seed=unit.seed, telemetry=unit.telemetry)


DEVICES: Final = {
    "calex_miniusb": Model(
        "Calex PyroMiniUSB / Omega OS-MINIUSB pyrometer",
        lambda scene, unit: CalexMiniusb(_spot(scene, unit)),
        0.05,
        faults=spot.FAULTS,
    ),
    "chuwo_32x32": Model(
        "CHUWO 32x32 module of access gates",
        lambda scene, unit: Chuwo32x32(_camera(scene, unit, HTPA_32X32)),
        mark_m=0.35,
        faults=camera.FAULTS,
    ),
    "cjmcu_90614": Model(
        "CJMCU-90614 single-point thermometer",
        lambda scene, unit: Cjmcu90614(_spot(scene, unit)),
        0.05,
        faults=spot.FAULTS,
    ),
    "fluke_4180": Model(
        "Fluke 4180 infrared calibrator (blackbody)", lambda scene, unit: Fluke4180(_plate(scene, unit), scene.air)
    ),
    "gy_614v": Model(
        "GY-614V single-point thermometer", lambda scene, unit: Gy614v(_spot(scene, unit)), 0.05, faults=spot.FAULTS
    ),
    "gy_mcu8833": Model(
        "GY-MCU8833 8x8 array (presence)",
        lambda scene, unit: GyMcu8833(_camera(scene, unit, AMG8833)),
        0.55,
        faults=camera.FAULTS,
    ),
    "gy_mcu90614": Model(
        "GY-MCU90614 single-point thermometer",
        lambda scene, unit: GyMcu90614(_spot(scene, unit)),
        0.05,
        faults=spot.FAULTS,
    ),
    "gy_mcu90640": Model(
        "GY-MCU90640 32x24 array",
        lambda scene, unit: GyMcu90640(_camera(scene, unit, MLX90640_55)),
        0.35,
        faults=camera.FAULTS,
    ),
    "hart_9132": Model("Hart 9133 infrared calibrator", lambda scene, unit: Hart9132(_plate(scene, unit))),
    "htpa32x32d": Model(
        "Heimann HTPA32x32d with UDP board",
        lambda scene, unit: Htpa32x32d(_camera(scene, unit, HTPA_32X32), seed=unit.seed),
        mark_m=0.35,
        datagram_bytes=DATAGRAM_BYTES,
        faults=camera.FAULTS,
    ),
    "infiray_p2": Model(
        "InfiRay P2 Pro / Topdon TC001, 256x384 YUYV",
        lambda scene, unit: InfirayP2(_camera(scene, unit, ARRAY_256X192)),
        mark_m=0.55,
        faults=camera.SHUTTER_FAULTS,
    ),
    "lcus_relay": Model("LCUS-4 USB relay with a tower light", lambda _scene, _unit: LcusRelay()),
    "lepton_y16": Model("FLIR Lepton 3.5 on PureThermal, Y16 160x120", _lepton_y16, 0.55, faults=camera.SHUTTER_FAULTS),
    "lumasense_m340": Model("LumaSense M340 blackbody", lambda scene, unit: LumasenseM340(_plate(scene, unit))),
    "optris_ct": Model(
        "Optris CT pyrometer", lambda scene, unit: OptrisCt(_spot(scene, unit)), 0.05, faults=spot.FAULTS
    ),
    "senxor": Model(
        "SenXor MI0802 80x62 array",
        lambda scene, unit: Senxor(_camera(scene, unit, SENXOR_80X62)),
        0.55,
        faults=camera.FAULTS,
    ),
    "temper_serial": Model(
        "TEMPer, serial variant", lambda scene, unit: TemperSerial(_air(scene, unit)), faults=air_sensor.FAULTS
    ),
    "waveshare_relay": Model("Waveshare Modbus relay with a tower light", lambda _scene, _unit: WaveshareRelay()),
    "xy_md02": Model(
        "XY-MD02 temperature and humidity", lambda scene, unit: XyMd02(_air(scene, unit)), faults=air_sensor.FAULTS
    ),
}
