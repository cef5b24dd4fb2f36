"""The practice bench: instruments before a blackbody, each on a pseudo-terminal of its own.

One Fluke 4180 on its serial line drives the plate before each instrument. It is set to emissivity 1.00 as at the
gates, so it shows what an instrument should read. The air is a laboratory's, still at 23 °C. Instruments have been on
for an hour; a thermometer with an emissivity of its own has been set to 1.00.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from contract.clock import Clock
from drivers.devices import gy_614v
from simulators.ambient import Climate
from simulators.catalogue import DEVICES, Unit
from simulators.device import SimulatedDevice
from simulators.devices.fluke_4180 import Fluke4180
from simulators.geometry import LEPTON_35, MLX90640_55, Mounting
from simulators.optics import Lens
from simulators.plate import Plate
from simulators.ports import PtyPort
from simulators.scene import Place, Scene
from simulators.workbench_hidden import Hidden, number_of

BLACKBODY: Final = "blackbody"
BLACKBODY_DRIVER: Final = "fluke_4180"
KINDS: Final = {"camera": "lepton_y16", "array": "gy_mcu90640", "spot": "gy_614v"}
"""Kind of instrument and its driver; a bench takes them in turn."""
MOST: Final = 30
AIR_C: Final = 23.0
LABORATORY: Final = Climate(outdoor_amplitude_c=0.0, hall_c=AIR_C, coupling=0.0, weather=0.0)
SET_C: Final = 36.0
PLATE_RADIUS_MM: Final = 76.0
"""The target of a 4180 is 152 mm wide."""
EMISSIVITY: Final = 1.0
"""SOUR:EMIS as it was set before the lesson."""
DISTANCE_M: Final = {"camera": 0.35, "array": 0.35, "spot": 0.05, BLACKBODY: 1.0}
GEOMETRIES: Final = {"camera": LEPTON_35, "array": MLX90640_55}


def names(count: int) -> tuple[str, ...]:
    """Return what the instruments of a bench are called: camera-1, array-1, spot-1, camera-2 ..."""
    kinds = list(KINDS)
    return tuple(f"{kinds[place % len(kinds)]}-{place // len(kinds) + 1}" for place in range(count))


def driver_of(device: str) -> str:
    """Return the driver that reads an instrument of the bench, or its blackbody."""
    return BLACKBODY_DRIVER if device == BLACKBODY else KINDS[_kind(device)]


def path_of(folder: Path, device: str) -> Path:
    """Return where an instrument appears."""
    return folder / "dev" / device


def devices(key: str, truth: Sequence[Hidden], pace: float = 1.0) -> dict[str, SimulatedDevice]:
    """Return what stands on the bench by name, the blackbody first; all look at its plate.

    The blackbody goes `pace` times as fast as a real one; what the instruments do, takes its time.
    """
    plate = _plate(number_of(key, "plate"))
    blackbody = Fluke4180(plate, _scene(plate, BLACKBODY).air, pace=pace)
    return {BLACKBODY: blackbody} | {one.device: _instrument(one, plate, key) for one in truth}


def distance_m(device: str) -> float:
    """Return how far from the plate an instrument stands."""
    return DISTANCE_M[_kind(device)]


def plate_region(device: str) -> tuple[int, int, int] | None:
    """Return where an instrument's picture shows the plate: column, row, radius; None where it has no picture."""
    kind = _kind(device)
    if kind not in GEOMETRIES:
        return None
    return Lens(_scene(_plate(0), kind), GEOMETRIES[kind], Mounting()).plate_region()


def ports(folder: Path, key: str, truth: Sequence[Hidden], clock: Clock, pace: float) -> list[PtyPort]:
    """Return the bench's ports, plugged in and not yet started, the blackbody first. Raises PortRefused."""
    epoch = clock.now()
    return [
        PtyPort(simulated, path_of(folder, device), clock, epoch=epoch)
        for device, simulated in devices(key, truth, pace).items()
    ]


def _instrument(one: Hidden, plate: Plate, key: str) -> SimulatedDevice:
    kind = _kind(one.device)
    unit = Unit(seed=number_of(key, one.device), faults=one.sensor_faults(), error_c=one.error_c())
    device = DEVICES[KINDS[kind]].build(_scene(plate, kind), unit)
    if kind == "spot":
        device.hear(gy_614v.set_emissivity(1.0) + gy_614v.save_settings(), 0.0)
    return device


def _plate(seed: int) -> Plate:
    return Plate(SET_C, emissivity=EMISSIVITY, seed=seed, x_mm=0, y_mm=0, radius_mm=PLATE_RADIUS_MM)


def _scene(plate: Plate, kind: str) -> Scene:
    return Scene.script((), place=Place(climate=LABORATORY, mark_m=DISTANCE_M[kind]), plate=plate)


def _kind(device: str) -> str:
    return device.partition("-")[0]
