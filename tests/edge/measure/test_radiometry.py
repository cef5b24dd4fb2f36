"""The band function and what it corrects, against the published vectors of `science.md` (numbers written out here)."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.measure.radiometry import (
    ACCURACY_C,
    AROUND_C,
    BAND_7_5_14,
    BAND_8_14,
    HIGH_C,
    LOW_C,
    PEOPLE_C,
    Curve,
    Path,
    air_transmittance,
    plate_apparent,
    radiance,
    surface,
    surface_slope,
    temperature,
    through,
    undo_emissivity,
)
from tests.benchmarks.timing import least_in_turn

RADIANCES = {
    -10.0: 30.976387227013646,
    23.0: 55.803376406895175,
    34.0: 66.17771540761703,
    36.0: 68.18043461837276,
    37.0: 69.19532592676366,
    42.0: 74.40554271487235,
}


@pytest.mark.parametrize(("t_c", "expected"), RADIANCES.items())
def test_radiance_matches_the_vectors(t_c, expected):
    assert radiance(t_c) == pytest.approx(expected, abs=1e-6)


def test_temperature_undoes_radiance():
    assert temperature(RADIANCES[36.0]) == pytest.approx(36.0, abs=1e-9)
    for band in (BAND_7_5_14, BAND_8_14):
        assert temperature(radiance(-3.2, band), band) == pytest.approx(-3.2, abs=1e-9)


@pytest.mark.parametrize(
    ("apparent_c", "emissivity", "reflected_c", "path", "expected"),
    [
        (35.755, 0.98, 23.0, Path(), 36.00027235530064),
        (35.0, 0.98, 5.0, Path(), 35.529739747255064),
        (35.0, 0.97, 20.0, Path(air=air_transmittance(1.5, 20.0, 50.0), air_c=20.0), 35.53944274226552),
        (34.5, 0.98, 20.0, Path(window=0.9, window_c=25.0), 35.800122789209695),
    ],
)
def test_object_temperature_matches_the_vectors(apparent_c, emissivity, reflected_c, path, expected):
    assert surface(through(apparent_c, path), emissivity, reflected_c) == pytest.approx(expected, abs=1e-6)


def test_plate_and_air_match_the_vectors():
    assert plate_apparent(36.0, 0.96, 20.0) == pytest.approx(35.403784662019575, abs=1e-6)
    assert air_transmittance(1.0, 23.0, 50.0) == pytest.approx(0.9934814510509492, abs=1e-6)
    assert air_transmittance(2.0, 30.0, 80.0) == pytest.approx(0.9864100397680462, abs=1e-6)


def test_one_value_and_a_whole_array_are_the_same_code():
    values = np.array([[30.0, 35.5], [np.nan, 41.0]])
    path = Path(air=0.99, air_c=20.0, window=0.9, window_c=25.0)
    frame = surface(through(values, path), 0.98, 20.0)
    assert frame[0, 1] == surface(through(35.5, path), 0.98, 20.0)
    assert np.isnan(frame[1, 0])
    assert np.isfinite(frame).sum() == 3


def test_nan_passes_through_a_single_value():
    assert np.isnan(surface(through(float("nan"), Path(window=0.9)), 0.98, 23.0))


def test_a_signal_below_what_the_window_alone_gives_is_no_temperature():
    assert np.isnan(through(-60.0, Path(window=0.4, window_c=40.0)))


def test_undoing_a_devices_emissivity_and_applying_it_again_changes_nothing():
    applied = surface(34.2, 0.95, 21.0)
    assert undo_emissivity(applied, 0.95, 21.0) == pytest.approx(34.2, abs=1e-9)


def test_correcting_twice_would_show():
    once = surface(35.755, 0.98, 23.0)
    assert surface(once, 0.98, 23.0) - once > 0.2


def test_t4_oracle_agrees_for_the_skin_step_within_six_millikelvin():
    def fourth(t_c):
        return (t_c + 273.15) ** 4

    for reflected_c in (5.0, 20.0, 40.0):
        for apparent_c in np.linspace(30, 42, 13):
            t4 = ((fourth(apparent_c) - 0.02 * fourth(reflected_c)) / 0.98) ** 0.25 - 273.15
            assert surface(float(apparent_c), 0.98, reflected_c) == pytest.approx(t4, abs=0.006)


def test_the_emissivity_step_keeps_a_slope_of_at_least_one():
    assert 1.0 < surface_slope(36.0, 0.98, 23.0) < 1.03


@pytest.mark.parametrize(
    "function",
    [
        lambda t: t,
        lambda t: surface(t, 0.98, 23.0),
        lambda t: surface(through(t, Path(air=0.97, air_c=-5.0)), 0.98, 5.0),
        lambda t: through(t, Path(air=0.99, air_c=23.0, window=0.9, window_c=25.0)),
        lambda t: through(t, Path(air=0.97, air_c=-5.0, window=0.9, window_c=40.0)),
        lambda t: surface(through(t, Path(air=0.97, air_c=35.0, window=0.7, window_c=40.0)), 0.95, 40.0),
        lambda t: undo_emissivity(t, 0.95, 15.0),
    ],
    ids=["nothing", "skin", "cold-air", "window", "hot-window", "poor-window", "undo"],
)
def test_a_curve_is_within_a_millikelvin_of_its_function_where_people_are(function):
    curve = Curve(function)
    t_c = np.linspace(LOW_C, HIGH_C, 7001).astype(np.float32).reshape(1, -1)
    error_c = np.abs(curve(t_c) - function(t_c.astype(np.float64)))
    assert error_c[(t_c >= PEOPLE_C[0]) & (t_c <= PEOPLE_C[1])].max() < ACCURACY_C
    assert error_c.max() < AROUND_C
    assert np.all(np.diff(curve(np.linspace(0, 150, 3001).astype(np.float32).reshape(1, -1))) > 0)


def test_a_curve_lets_nan_through_and_leaves_its_input_alone():
    frame = np.full((4, 5), 33.0, np.float32)
    frame[2, 3] = np.nan
    frame.setflags(write=False)
    out = Curve(lambda t: surface(t, 0.98, 23.0))(frame)
    assert np.isnan(out[2, 3])
    assert np.isfinite(out).sum() == 19
    assert out.dtype == np.float32


@pytest.mark.parametrize("path", [Path(), Path(air=0.97, air_c=-5.0, window=0.9, window_c=40.0)], ids=["air", "window"])
@given(t_c=st.floats(-273.15, 1000))
def test_no_dead_or_saturated_pixel_becomes_a_fever(path, t_c):
    out = float(_curve(path)(np.array([[t_c, 35.0]], np.float32))[0, 0])
    assert not (34.0 <= out <= 43.0) or 30.0 < t_c < 43.5


@cache
def _curve(path):
    return Curve(lambda t: surface(through(t, path), 0.98, 23.0))


def test_a_correction_without_values_is_refused():
    with pytest.raises(ValueError, match="window"):
        Curve(lambda t: through(t, Path(window=0.3, window_c=60.0)))


def test_a_large_frame_costs_less_than_twice_two_passes_over_its_memory():
    frame = np.random.default_rng(1).uniform(5, 45, (512, 640)).astype(np.float32)
    curve = _curve(Path(air=0.99, air_c=20.0))
    gain, offset = np.float32(1.01), np.float32(0.3)

    def two_passes():
        return np.add(np.multiply(frame, gain), offset)

    curved, two = least_in_turn(lambda: curve(frame), two_passes)
    assert curved < 2 * two, f"ratio {curved / two:.2f}"
