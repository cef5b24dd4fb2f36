"""The LCUS relay board, the tower light on it, and its driver."""

import pytest

from drivers.devices import lcus_relay as codec
from drivers.samples import DecodeFault, FaultKind
from drivers.tower_light import LAMP_TEST, RELAYS, Light
from simulators.devices.lcus_relay import LcusRelay
from tests.simulators.devices.together import Together, told


def test_the_measured_conversation():
    device = LcusRelay(relays=2)
    device.power_up(0.0)
    assert device.hear(bytes.fromhex("A0 01 01 A2"), 0.0) == b""
    assert device.hear(b"\xff", 0.0) == b"CH1: ON \r\nCH2: OFF\r\n"
    device.hear(bytes.fromhex("A0 01 00 A1 A0 02 01 A3"), 0.0)
    assert device.relays == (False, True)


def test_a_wrong_sum_switches_nothing_and_the_order_behind_it_is_obeyed():
    device = LcusRelay()
    device.power_up(0.0)
    device.hear(bytes.fromhex("A0 01 01 A3"), 0.0)
    assert device.relays == (False,) * 4
    device.hear(bytes.fromhex("A0 02 01 A3"), 0.0)
    assert device.relays == (False, True, False, False)


def test_a_relay_that_the_board_does_not_have_changes_nothing():
    device = LcusRelay(relays=2)
    device.power_up(0.0)
    device.hear(codec.switch(8, on=True), 0.0)
    assert device.relays == (False, False)


def test_the_lamp_test_is_read_back_step_by_step():
    device = LcusRelay()
    together = Together(device, codec.SPEC)
    for lights in LAMP_TEST:
        together.send(codec.SPEC.shows(lights))
        found = dict(told(together.run(2.2)))
        assert found == {f"relay {relay}": "on" if light in lights else "off" for light, relay in RELAYS.items()}


def test_after_a_power_cut_the_light_is_dark_and_the_driver_says_so():
    device = LcusRelay()
    together = Together(device, codec.SPEC)
    together.send(codec.show(Light.RED))
    assert dict(told(together.run(1.5)))["relay 1"] == "on"
    device.power_up(together.t_s)
    assert dict(told(together.run(1.5)))["relay 1"] == "off"


def test_a_one_relay_board_never_answers_and_that_is_told():
    events = Together(LcusRelay(relays=1), codec.SPEC).run(4.0)
    assert {event.kind for event in events if isinstance(event, DecodeFault)} == {FaultKind.TIMEOUT}


@pytest.mark.parametrize("relay", [0, 9])
def test_relays_beyond_the_largest_board_are_refused(relay):
    with pytest.raises(ValueError, match="1-8"):
        codec.switch(relay, on=True)
