"""The statistics of the pretend detector are those of the table."""

from dataclasses import replace

import numpy as np
import pytest

from simulators.ambient import Air, Climate
from simulators.detector import SHUTTER_PHASE_S, Detector
from simulators.geometry import LEPTON_35, MLX90640_55, Mounting
from simulators.sensor_faults import SensorFaults

STILL = Climate(outdoor_amplitude_c=0, weather=0)
HOUR_S = 3600.0


def detector(geometry=LEPTON_35, *, faults=(), seed=1, on_for_s=50 * HOUR_S, **kwargs):
    air = Air(STILL, 0, 9.0)
    return Detector(geometry, air, seed, faults=SensorFaults.parse(faults), on_for_s=on_for_s, **kwargs)


def flat(geometry=LEPTON_35, temperature_c=36.0):
    return np.full((geometry.rows, geometry.cols), temperature_c, dtype=np.float32)


def exposures(unit, first, count, temperature_c=36.0):
    geometry = unit.geometry
    return np.array([unit.expose(flat(geometry, temperature_c), first + n) for n in range(count)])


@pytest.mark.parametrize("geometry", [LEPTON_35, MLX90640_55], ids=["lepton", "mlx90640"])
def test_temporal_noise_is_the_geometrys(geometry):
    frames = exposures(detector(geometry), 400, 40)
    within = frames - frames.mean(axis=(1, 2), keepdims=True)  # without what all pixels share
    expected = np.hypot(geometry.netd_c, geometry.row_c)
    assert within.std(axis=0, ddof=1).mean() == pytest.approx(expected, rel=0.04)
    assert frames.mean(axis=(1, 2)).std() == pytest.approx(geometry.common_c, rel=0.4)


def test_the_fixed_pattern_stays_until_the_shutter_redraws_it():
    unit = detector(replace(LEPTON_35, netd_c=0.0, row_c=0.0, common_c=0.0, shading_c=0.0))
    fps = LEPTON_35.fps
    before, also_before, after = (unit.expose(flat(), round(t * fps)) for t in (100.0, 250.0, 290.0))
    before, also_before, after = (picture - picture.mean() for picture in (before, also_before, after))
    assert np.abs(before - also_before).max() < 1e-4
    assert before.std() == pytest.approx(LEPTON_35.pattern_c, rel=0.05)
    assert abs(np.corrcoef(before.ravel(), after.ravel())[0, 1]) < 0.05


def test_the_shutter_closes_every_three_minutes_and_the_picture_freezes():
    unit = detector()
    start_s = SHUTTER_PHASE_S + 2 * 180.0
    assert unit.shutter(start_s - 0.01) == (False, pytest.approx(179.19, abs=0.01))
    assert unit.shutter(start_s + 0.3) == (True, pytest.approx(0.3))
    assert unit.shutter(start_s + 1.0) == (False, pytest.approx(0.2))
    frozen = {unit.frame_number(start_s + into_s) for into_s in (0.1, 0.4, 0.7)}
    assert len(frozen) == 1
    assert frozen.pop() < unit.frame_number(start_s + 0.9)


def test_jumps_at_the_shutter_have_the_sd_of_the_table():
    unit = detector(replace(LEPTON_35, walk_c=0.0, shutter_sag_c=0.0))
    levels = np.array([unit.offset_c(100.0 + 180.0 * n) for n in range(800)])
    assert np.diff(levels).std() == pytest.approx(LEPTON_35.shutter_jump_c, rel=0.08)


def test_a_cold_start_warms_up_within_the_hour():
    cold = detector(on_for_s=0.0)
    offsets = [cold.offset_c(t) for t in (0.0, 900.0, 3 * HOUR_S)]
    assert offsets[0] - offsets[2] == pytest.approx(1.0, abs=0.5)
    assert cold.sensor_c(0.0) < cold.sensor_c(900.0) < cold.sensor_c(3 * HOUR_S)


def test_the_error_of_indication_is_the_units_own():
    quiet = replace(LEPTON_35, shading_c=0.0, walk_c=0.0, shutter_jump_c=0.0, shutter_sag_c=0.0, warm_up_c=0.0)
    unit = detector(quiet, error_c=(0.3, 0.01))
    for true_c in (34.0, 37.0, 42.0):
        indicated = exposures(unit, 500, 10, true_c).mean()
        assert indicated == pytest.approx(true_c + 0.3 + 0.01 * (true_c - 37), abs=0.04)


def test_asking_twice_or_backwards_changes_nothing():
    forward = {n: detector().expose(flat(), n) for n in (900, 10, 5000)}
    again = detector()
    for n in (5000, 900, 10):
        assert np.array_equal(again.expose(flat(), n), forward[n])


def test_two_units_differ():
    assert not np.array_equal(detector(seed=1).expose(flat(), 5), detector(seed=2).expose(flat(), 5))


@pytest.mark.parametrize(
    ("fault", "change_c"),
    [("step:0.5", 0.5), ("step:0.5@0-10", 0.0), ("gain:0.97", -0.03 * 5), ("fog:0.8", -0.2 * 13), ("sun:520", None)],
)
def test_faults_act_while_they_last(fault, change_c):
    """The plate is at 36 °C, the detector at 31 °C, the air at 23 °C; frame 500 is at 57 s."""
    change = detector(faults=[fault]).expose(flat(), 500) - detector().expose(flat(), 500)
    if change_c is None:
        assert change[0, 0] > 400
    else:
        assert change.mean() == pytest.approx(change_c, abs=0.15 * abs(change_c) + 1e-6)


def test_a_ramp_grows_and_stays():
    unit = detector(faults=["ramp:0.24@3600-7200"])
    plain = detector()
    rises = [unit.offset_c(t) - plain.offset_c(t) for t in (1800.0, 5400.0, 7200.0, 9000.0)]
    assert rises == pytest.approx([0.0, 0.005, 0.01, 0.01])


def test_a_stuck_detector_repeats_itself_and_a_lazy_shutter_stays_open():
    stuck = detector(faults=["stuck@50"])
    assert stuck.frame_number(60.0) == stuck.frame_number(90.0) == stuck.frame_number(50.0)
    lazy = detector(faults=["shutter-off@300"])
    assert lazy.shutter(1000.0) == (False, pytest.approx(1000.0 - 270.8))


def test_a_normalising_device_pulls_to_37():
    unit = detector(faults=["normalising:0.3"])
    seen = [exposures(unit, 500, 5, true_c).mean() for true_c in (35.0, 40.0)]
    assert (seen[1] - seen[0]) / 5 == pytest.approx(0.3, abs=0.01)


def test_bad_pixels_are_as_many_as_said_and_a_bad_row_is_garbage():
    noisy = detector(faults=["bad-pixels:0.02"])
    spread = exposures(noisy, 500, 30).std(axis=0)
    assert (spread > 0.5).mean() == pytest.approx(0.02, abs=0.002)
    row = detector(faults=["bad-row:76"]).expose(flat(), 500)
    assert row[76].std() > 50
    assert np.delete(row, 76, axis=0).std() < 0.3


def test_a_sideways_camera_sees_a_portrait():
    hung = Mounting(90)
    assert hung.upright_shape(LEPTON_35) == (160, 120)
    assert hung.upright_hfov_deg(LEPTON_35) == pytest.approx(44.3, abs=0.1)
    assert Mounting().upright_hfov_deg(LEPTON_35) == pytest.approx(57.0)
