"""Single-point thermometer, air, plate: what they feel, with their faults."""

import numpy as np
import pytest

from contract.vocabulary import Site
from simulators.air_sensor import AirSensor
from simulators.ambient import Air, Climate
from simulators.passage import CUP_OF_TEA
from simulators.people import Person
from simulators.plate import Plate
from simulators.radiation import air_transmittance, apparent_c, device_indicates_c, radiance, temperature_c
from simulators.scene import Enter, Place, Scene
from simulators.sensor_faults import FaultRefused, SensorFaults
from simulators.spot import Spot

STILL = Climate(outdoor_amplitude_c=0, weather=0)
PLACE = Place(climate=STILL, mark_m=0.05)


def spot(*entries, faults=(), **kwargs):
    return Spot(Scene.script(entries, place=PLACE), seed=1, faults=SensorFaults.parse(faults), **kwargs)


def mean(source, from_s, until_s):
    return np.mean([source.object_c(t_s) for t_s in np.arange(from_s, until_s, 0.05)])


def test_it_sees_the_forehead_of_who_stands_there_else_the_wall():
    person = Person(core_c=37.0)
    source = spot(Enter("a", 37.0, at_s=0.0, stand_s=10.0))
    forehead_c = apparent_c(person.skin_c(Site.FOREHEAD_SPOT, 23.0), 0.98, 23.0)
    assert mean(source, 2.0, 11.0) == pytest.approx(forehead_c, abs=0.08)
    assert mean(source, 20.0, 30.0) == pytest.approx(23.5, abs=0.1)


def test_a_cup_a_hat_and_fever_show():
    assert mean(spot(Enter("cup", None, at_s=0.0, item=CUP_OF_TEA)), 2.0, 3.0) > 50
    assert mean(spot(Enter("hat", at_s=0.0, person=Person(hat=True))), 2.0, 3.0) < 29
    well, fever = (mean(spot(Enter("x", core, at_s=0.0)), 2.0, 3.5) for core in (36.8, 39.0))
    assert fever - well == pytest.approx(2.2 / 1.243, abs=0.1)


@pytest.mark.parametrize(
    ("fault", "change_c"), [("step:0.5", 0.5), ("fog:0.8", -2.2), ("gain:0.97", -0.33), ("normalising:0.3", 2.0)]
)
def test_faults_change_the_reading(fault, change_c):
    person = Enter("a", 37.0, at_s=0.0, stand_s=8.0)
    change = mean(spot(person, faults=[fault]), 2.0, 9.0) - mean(spot(person), 2.0, 9.0)
    assert change == pytest.approx(change_c, rel=0.12)


def test_a_stuck_gun_repeats_itself_and_noise_grows():
    person = Enter("a", 37.0, at_s=0.0, stand_s=20.0)
    stuck = spot(person, faults=["stuck@5"])
    assert len({stuck.object_c(t_s) for t_s in (5.0, 7.3, 12.0)}) == 1
    wild = spot(faults=["noise:5"])
    assert np.std([wild.object_c(t / 20) for t in range(400)]) == pytest.approx(0.25, rel=0.15)


def test_its_constant_error_is_its_own():
    person = Enter("a", 37.0, at_s=0.0, stand_s=8.0)
    change = mean(spot(person, error_c=(0.2, 0.01)), 2.0, 9.0) - mean(spot(person), 2.0, 9.0)
    assert change == pytest.approx(0.2 - 0.01 * 2.9, abs=0.01)


def test_an_ambient_sensor_may_be_wrong_or_stuck():
    air = Air(Climate(), 3, 9.0)
    sensor = AirSensor(air, SensorFaults.parse(["air:3@100-200", "stuck@300"]))
    assert sensor.ambient_c(50.0) == air.ambient_c(50.0)
    assert sensor.ambient_c(150.0) == pytest.approx(air.ambient_c(150.0) + 3)
    assert sensor.ambient_c(9000.0) == air.ambient_c(300.0)
    assert sensor.humidity_pct(9000.0) == air.humidity_pct(300.0)


def test_the_day_is_coldest_at_night_and_the_hall_follows_a_third():
    air = Air(Climate(weather=0, coupling=0.3, hall_c=22.0), 0, 0.0)
    outdoor = [air.outdoor_c(hour * 3600.0) for hour in range(24)]
    hall = [air.ambient_c(hour * 3600.0) for hour in range(24)]
    assert int(np.argmin(outdoor)) == 3
    assert np.ptp(hall) == pytest.approx(0.3 * np.ptp(outdoor))
    assert np.mean(hall) == pytest.approx(22.0, abs=0.01)


def test_a_plate_ramps_to_its_order_and_holds():
    plate = Plate(36.0, seed=4)
    plate.order(100.0, 39.0, rate_c_min=6.0)
    assert plate.indicated_c(99.0) == pytest.approx(36.0, abs=0.03)
    assert plate.indicated_c(115.0) == pytest.approx(37.5, abs=0.03)
    assert plate.indicated_c(200.0) == pytest.approx(39.0, abs=0.03)
    assert plate.settled_for_s(115.0) < 0
    assert plate.settled_for_s(140.0) == pytest.approx(10.0)


def test_a_plates_calibration_error_is_invisible_to_itself():
    plate = Plate(36.0, emissivity=0.96, bias_c=0.2)
    assert plate.surface_c(5.0) - plate.indicated_c(5.0) == pytest.approx(0.2)
    assert Plate(36.0, emissivity=0.96).radiance_c(0.0, 20.0) == pytest.approx(35.4, abs=0.03)  # `science.md` 2.1


def test_radiation_agrees_with_the_published_numbers():
    assert temperature_c(radiance(36.0)) == pytest.approx(36.0, abs=1e-9)
    assert apparent_c(36.0, 0.98, 5.0) == pytest.approx(35.46, abs=0.01)  # `science.md` 1.3
    assert apparent_c(36.0, 0.98, 40.0) == pytest.approx(36.08, abs=0.01)
    assert device_indicates_c(apparent_c(36.0, 0.95, 20.0), 0.95, 20.0) == pytest.approx(36.0, abs=1e-9)
    assert air_transmittance(1.0, 23.0, 50.0) == pytest.approx(0.99348145, abs=1e-7)


@pytest.mark.parametrize("text", ["step:much", "bent", "step@10-5"])
def test_faults_that_cannot_be_understood_are_refused(text):
    with pytest.raises(FaultRefused):
        SensorFaults.parse([text])
