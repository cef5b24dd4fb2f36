"""What a camera's own pictures say of its health, with people walking through them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from contract.vocabulary import HealthFlag
from drivers.samples import ThermalFrame
from edge.vitals import SAME_READINGS, Vitals
from simulators.camera import Camera as SimulatedCamera
from simulators.geometry import LEPTON_35
from simulators.sensor_faults import SensorFaults
from tests.edge.scenarios.rig import stage

NETD_C = 0.05
SHAPE = (60, 80)
START = datetime(2026, 1, 24, 8, tzinfo=UTC)


class Camera:
    """A camera at 2 pictures a second; somebody walks through most of the time."""

    def __init__(self, seed: int = 3) -> None:
        self.rng = np.random.default_rng(seed)
        self.seq = 0
        self.noise_c = NETD_C
        self.bad = np.zeros(SHAPE, bool)
        self.wild = np.zeros(SHAPE, bool)
        self.since_shutter_s: float | None = None
        self.sensor_c: float | None = None

    def frame(self) -> ThermalFrame:
        picture = np.full(SHAPE, 22.0) + self.rng.normal(0, 0.02)
        left = (7 * self.seq) % (2 * SHAPE[1])
        picture[10:50, left : left + 25] = 35.0
        picture += self.rng.normal(0, self.noise_c, SHAPE)
        picture[self.wild] += self.rng.normal(0, 2.0, int(self.wild.sum()))
        picture[self.bad] = 30.0
        at = START + timedelta(seconds=self.seq / 2)
        frame = ThermalFrame(
            "array",
            self.seq,
            at,
            int(self.seq * 5e8),
            picture.astype(np.float32),
            sensor_c=self.sensor_c,
            since_shutter_s=self.since_shutter_s,
        )
        self.seq += 1
        return frame


def watch(vitals: Vitals, camera: Camera, frames: int) -> Vitals:
    for _ in range(frames):
        frame = camera.frame()
        vitals.see(frame, frame.mono_ns / 1e9, None, shutter=False)
    return vitals


def test_a_healthy_camera_is_left_alone_however_many_people_walk_by() -> None:
    vitals = watch(Vitals(NETD_C), Camera(), 1200)
    assert vitals.flags == ()
    assert vitals.noise_c == pytest.approx(NETD_C, rel=0.1)
    assert vitals.bad_share == 0.0


def test_noise_that_doubles_is_found_and_told_until_it_is_gone() -> None:
    camera, vitals = Camera(), Vitals(NETD_C)
    watch(vitals, camera, 500)
    camera.noise_c = 2 * NETD_C
    assert watch(vitals, camera, 250).flags == ()
    assert watch(vitals, camera, 200).flags == (HealthFlag.NOISE,)
    camera.noise_c = NETD_C
    assert watch(vitals, camera, 201).flags == ()


def test_a_camera_that_is_switched_on_far_too_noisy_is_found_too() -> None:
    camera = Camera()
    camera.noise_c = 3 * NETD_C
    assert watch(Vitals(NETD_C), camera, 310).flags == (HealthFlag.NOISE,)


@pytest.mark.parametrize("kind", ["bad", "wild"])
def test_two_in_a_hundred_dead_or_flickering_pixels_are_found(kind: str) -> None:
    camera = Camera()
    setattr(camera, kind, np.random.default_rng(4).random(SHAPE) < 0.02)
    vitals = watch(Vitals(NETD_C), camera, 260)
    assert vitals.flags == (HealthFlag.BAD_PIXELS,)
    assert vitals.bad_share == pytest.approx(0.02, abs=0.008)


def test_a_shutter_that_no_longer_closes_is_found_by_its_time_or_its_temperature() -> None:
    camera, vitals = Camera(), Vitals(NETD_C)
    camera.since_shutter_s, camera.sensor_c = 120.0, 30.0
    assert watch(vitals, camera, 2).flags == ()
    camera.sensor_c = 31.6
    assert watch(vitals, camera, 2).flags == (HealthFlag.SHUTTER,)
    camera.sensor_c, camera.since_shutter_s = 30.2, 601.0
    assert watch(vitals, camera, 2).flags == (HealthFlag.SHUTTER,)


def test_an_offset_that_jumps_across_a_correction_is_found() -> None:
    camera, vitals = Camera(), Vitals(NETD_C)
    for since_s, offset_c, shutter in ((100.0, 0.1, False), (0.5, 0.4, True), (6.0, 0.75, False)):
        assert vitals.flags == ()
        camera.since_shutter_s = since_s
        vitals.see(camera.frame(), since_s, offset_c, shutter=shutter)
    assert vitals.flags == (HealthFlag.SHUTTER,)


def test_a_single_point_that_shows_everybody_the_same_is_stuck() -> None:
    vitals = Vitals(NETD_C)
    for _ in range(SAME_READINGS - 1):
        vitals.person(34.5)
    assert vitals.flags == ()
    vitals.person(34.5)
    assert vitals.flags == (HealthFlag.STUCK,)
    vitals.person(34.6)
    assert vitals.flags == ()


@pytest.mark.parametrize(("slope_c", "flags"), [(0.0, ()), (0.5, (HealthFlag.NON_UNIFORMITY,))])
def test_people_who_read_more_on_one_side_tell_an_uneven_picture(slope_c: float, flags) -> None:
    rng, vitals = np.random.default_rng(6), Vitals(NETD_C)
    for across in rng.uniform(-0.35, 0.35, 600):
        vitals.place(across, 36.5 + slope_c * across + rng.normal(0, 0.4))
    assert vitals.flags == flags


def test_people_at_one_mark_tell_nothing_of_the_picture() -> None:
    vitals = Vitals(NETD_C)
    for number in range(600):
        vitals.place(0.1, 36.5 + number / 1000)
    assert vitals.flags == ()


def test_a_picture_without_values_tells_nothing() -> None:
    camera, vitals = Camera(), Vitals(NETD_C)
    for number in range(4):
        empty = replace(camera.frame(), temps_c=np.full(SHAPE, np.nan, np.float32))
        vitals.see(empty, float(number), None, shutter=False)
    assert vitals.flags == ()


def test_a_baseline_at_its_clamp_is_told_until_it_is_back() -> None:
    vitals = Vitals(NETD_C)
    vitals.person(None, out_of_model=True)
    assert vitals.flags == (HealthFlag.BASELINE_OUT_OF_MODEL,)
    vitals.person(None)
    assert vitals.flags == ()


def test_a_simulated_camera_with_bad_pixels_is_found_within_two_minutes() -> None:
    plan = SensorFaults.parse(("bad-pixels:0.02",))
    camera, vitals = SimulatedCamera(stage([]), LEPTON_35, seed=3, faults=plan, on_for_s=7200.0), Vitals(NETD_C)
    for look in range(240):
        for number in (2 * look, 2 * look + 1):
            t_s = 30.0 + look * 0.5 + (number % 2) / 9
            at = START + timedelta(seconds=t_s)
            vitals.see(ThermalFrame("array", number, at, int(t_s * 1e9), camera.frame(t_s)), t_s, None, shutter=False)
    assert vitals.flags == (HealthFlag.BAD_PIXELS,)
