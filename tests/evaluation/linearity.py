"""Does the gate bend towards 37? Phantoms of 35-40 °C in quarter degrees through simulated device, driver and lane.

`python -m tests.evaluation.linearity --json FILE` puts a phantom head of each core temperature before each kind of
camera and prints the slope of the body temperature that the gate gives it. A phantom neither breathes nor trembles, and
stands a little aside each time, as people do: the correction for coarse pixels is right on average over places.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulators import optics, spot
from simulators.camera import Camera
from simulators.devices.chuwo_32x32 import Chuwo32x32
from simulators.devices.gy_mcu90640 import GyMcu90640
from simulators.devices.htpa32x32d import Htpa32x32d
from simulators.devices.infiray_p2 import InfirayP2
from simulators.devices.lepton_y16 import LeptonY16
from simulators.devices.senxor import Senxor
from simulators.geometry import ARRAY_256X192, HTPA_32X32, LEPTON_35, MLX90640_55, SENXOR_80X62, Geometry
from simulators.plate import Plate
from simulators.scene import Enter, Place, Scene
from tests.edge.scenarios.rig import ON_FOR_S, STEADY
from tests.edge.scenarios.wired import Wired

STEPS_C = np.arange(35.0, 40.01, 0.25)
BOUNDS = (0.98, 1.02)
FIRST_S, GAP_S, STAND_S = 24.0, 9.0, 2.4
SENXOR_160X120 = Geometry(160, 120, 56.0, 8.33, 0.10, 0.08, 0.6, 0.03, shutter_every_s=None)


@dataclass(frozen=True)
class Kind:
    """One kind of instrument at its gate."""

    driver: str
    mark_m: float
    camera: tuple[Geometry, type] | None = None
    """None: a single point, as the catalogue has it."""
    plate: bool = False
    k: float = 0.104
    """Of the place that it looks at: the warmest of the drawn face, or the middle of the forehead."""
    aim_mm: tuple[float, float] = (0.0, 0.0)

    def core_c(self, surface_c):
        """Return the core temperature at which that place has this temperature, °C."""
        return surface_c + self.k * (surface_c - STEADY.hall_c)


FOREHEAD = {"k": 0.235, "aim_mm": (0.0, -50.0)}
POINT = {"k": 0.243}
KINDS = {
    "FLIR Lepton 160x120": Kind("lepton_y16", 0.55, (LEPTON_35, LeptonY16), plate=True),
    "SenXor 80x62, forehead": Kind("senxor", 0.55, (SENXOR_80X62, Senxor), plate=True, k=0.235),
    "SenXor 160x120": Kind("senxor", 0.55, (SENXOR_160X120, Senxor), plate=True),
    "InfiRay 256x192": Kind("infiray_p2", 0.55, (ARRAY_256X192, InfirayP2), plate=True),
    "GY-MCU90640 32x24": Kind("gy_mcu90640", 0.35, (MLX90640_55, GyMcu90640), **FOREHEAD),
    "CHUWO 32x32": Kind("chuwo_32x32", 0.35, (HTPA_32X32, Chuwo32x32), **FOREHEAD),
    "HTPA 32x32": Kind("htpa32x32d", 0.35, (HTPA_32X32, Htpa32x32d), **FOREHEAD),
    "GY-614V single point": Kind("gy_614v", 0.05, **POINT),
    "GY-MCU90614 single point": Kind("gy_mcu90614", 0.05, **POINT),
    "CJMCU-90614 single point": Kind("cjmcu_90614", 0.05, **POINT),
    "Calex single point": Kind("calex_miniusb", 0.05, **POINT),
    "Optris single point": Kind("optris_ct", 0.05, **POINT),
}


def sweep(kind, steps_c=STEPS_C):
    """Return surface temperatures of the phantoms that got a value, and skin and body temperature of each, °C."""
    rng = np.random.default_rng(1)
    heads = [
        Enter(
            f"{surface_c:.2f}",
            kind.core_c(float(surface_c)),
            at_s=FIRST_S + GAP_S * number,
            stand_s=STAND_S,
            aside_mm=float(rng.uniform(-2, 2)) if kind.camera else 0.0,
        )
        for number, surface_c in enumerate(steps_c)
    ]
    plate = Plate.beside(kind.mark_m) if kind.plate else None
    scene = Scene.script(heads, place=Place(mark_m=kind.mark_m, climate=STEADY), plate=plate)
    with still():
        decided = _gate(kind, scene).play(FIRST_S + GAP_S * len(heads))
    found = []
    for event in decided:
        number = int((event.decided_by_mono_ns / 1e9 - FIRST_S) // GAP_S)
        if event.measurement.body_c is not None:
            found.append((steps_c[number], event.measurement.skin_c, event.measurement.body_c))
    return np.array(found).reshape(-1, 3).T


def _gate(kind, scene):
    if kind.camera is None:
        return Wired(scene, kind.driver)
    geometry, device = kind.camera
    camera = Camera(scene, geometry, seed=3, on_for_s=ON_FOR_S, aim_mm=kind.aim_mm)
    region = camera.lens.plate_region() if kind.plate else None
    return Wired(scene, kind.driver, device(camera), geometry.hfov_deg, region)


@contextmanager
def still() -> Iterator[None]:
    """Let nobody breathe or tremble."""
    pulse_c, hand_c = optics.PULSE_SD_C, spot.HAND_C
    optics.PULSE_SD_C = spot.HAND_C = 0.0
    try:
        yield
    finally:
        optics.PULSE_SD_C, spot.HAND_C = pulse_c, hand_c


def linearity(kind, steps_c=STEPS_C):
    """Return the slopes of skin and body temperature on the phantom's, the mean error and how many got a value."""
    surfaces_c, skins_c, bodies_c = sweep(kind, steps_c)
    if len(surfaces_c) < len(steps_c) / 2:
        return {"slope": None, "n": len(surfaces_c), "wanted": len(steps_c), "within": False}
    slope, _ = np.polyfit(surfaces_c, skins_c, 1)
    return {
        "slope": float(slope),
        "body_slope": float(np.polyfit(kind.core_c(surfaces_c), bodies_c, 1)[0]),
        "mean_error_c": float((skins_c - surfaces_c).mean()),
        "sd_c": float((skins_c - np.polyval(np.polyfit(surfaces_c, skins_c, 1), surfaces_c)).std()),
        "n": len(surfaces_c),
        "wanted": len(steps_c),
        "within": bool(BOUNDS[0] <= slope <= BOUNDS[1]) and len(surfaces_c) == len(steps_c),
    }


def report(result):
    """Return the table for the screen."""
    lines = [
        f"{'35-40 °C through the whole gate':32} {'slope':>7} {'error':>7} {'sd':>6} {'body on core':>13} {'values':>8}"
    ]
    for name, f in result.items():
        values = f"{f['n']}/{f['wanted']}"
        numbers = "" if f["slope"] is None else f"{f['slope']:7.3f} {f['mean_error_c']:+7.3f} {f['sd_c']:6.3f}"
        body = "" if f["slope"] is None else f"{f['body_slope']:.3f}"
        lines.append(f"{name:32} {numbers:22} {body:>13} {values:>8}{'' if f['within'] else '  out of bounds'}")
    return "\n".join(lines)


def main(arguments=None):
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args(arguments)
    result = {name: linearity(kind) for name, kind in KINDS.items()}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(report(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
