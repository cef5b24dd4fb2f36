"""What a frame costs at the gate, step by step, and what radiometry costs on a large one."""

from collections import defaultdict
from datetime import UTC, datetime

import numpy as np

from contract.clock import Instant
from drivers.samples import ThermalFrame
from edge.events import Air, Picture
from edge.measure.radiometry import Curve, surface
from simulators.camera import Camera
from simulators.geometry import LEPTON_35, Mounting
from simulators.plate import Plate
from simulators.scene import Place
from simulators.scenes import Stage, people
from tests.benchmarks.timing import least_in_turn, percentiles
from tests.evaluation.checkpoint import CAMERA, lane

FRAMES = 400
RATE_HZ = 9.0
START = Instant(datetime(2026, 1, 24, 8, tzinfo=UTC), 0)


def radiometry() -> dict[str, float]:
    """Time a 640x512 frame through the emissivity step against two passes over its memory."""
    frame = np.float32(np.random.default_rng(1).uniform(18, 38, (512, 640)))
    curve = Curve(lambda t: surface(t, 0.98, 23.0))
    out = np.empty_like(frame)

    def passes() -> None:
        np.add(frame, np.float32(1.0), out=out)
        np.multiply(out, np.float32(1.001), out=out)

    curved, two = least_in_turn(lambda: curve(frame), passes)
    print(f"radiometry 640x512: {1e6 * curved:.0f} us, two passes {1e6 * two:.0f} us, ratio {curved / two:.2f}")
    return {"us": 1e6 * curved, "ratio": curved / two}


def frames_of_people() -> list[np.ndarray]:
    """Return what a camera on its side sees of people walking through, with a plate in view."""
    place = Place(mark_m=0.8)
    scene = people(Stage(5, place, Plate.beside(0.8, seed=5), first_s=1.0))
    camera = Camera(scene, LEPTON_35, seed=5, mounting=Mounting(rotate_deg=90), on_for_s=7200.0)
    return [camera.frame(seq / RATE_HZ) for seq in range(FRAMES)]


def steps() -> dict[str, float]:
    """Feed 160x120 frames of people to the real lane; print what each step takes."""
    frames = frames_of_people()
    screening, costs, whole = lane(), defaultdict(list), []
    air = Air(23.0, 0.5, 50.0)
    for seq, temps_c in enumerate(frames):
        at = START.later(seq / RATE_HZ)
        sample = ThermalFrame(CAMERA, seq, at.at, at.mono_ns, temps_c, since_shutter_s=60.0 + seq / RATE_HZ)
        for event in screening.feed(sample, air):
            if isinstance(event, Picture):
                for step, cost_us in event.costs_us:
                    costs[step].append(cost_us / 1e3)
                whole.append(sum(cost_us for _, cost_us in event.costs_us) / 1e3)
    print("\nstep of a 160x120 frame, ms")
    for step, values in costs.items():
        print(f"  {step:14} {percentiles(values)}")
    print(f"  {'whole frame':14} {percentiles(whole)}")
    return {step: float(np.median(values)) for step, values in costs.items()}
