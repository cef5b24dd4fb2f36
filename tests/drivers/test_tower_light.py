"""Which lamp hangs on which relay."""

from drivers.tower_light import LAMP_TEST, RELAYS, Light, states


def test_relays_are_numbered_as_towers_are_sold():
    assert states(Light.RED) == (True, False, False, False)
    assert states(Light.AMBER | Light.BUZZER) == (False, True, False, True)
    assert states(Light.NONE) == (False,) * 4


def test_the_lamp_test_shows_each_lamp_alone_and_ends_dark():
    assert [light for light in LAMP_TEST if len(light) == 1] == list(RELAYS)
    assert LAMP_TEST[-1] is Light.NONE
