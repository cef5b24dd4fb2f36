"""A tower light on a relay board: which lamp hangs on which relay, the same for every board of the house.

Relay 1 red, 2 amber, 3 green, 4 buzzer: how tower lights are commonly wired to four-relay boards, so that a light which
was bought wired needs no rewiring.
"""

from enum import Flag, auto
from typing import Final


class Light(Flag):
    """Lamps and buzzer that are on."""

    NONE = 0
    GREEN = auto()
    AMBER = auto()
    RED = auto()
    BUZZER = auto()


RELAYS: Final = {Light.RED: 1, Light.AMBER: 2, Light.GREEN: 3, Light.BUZZER: 4}
"""Number of the relay that switches each lamp, counted from 1 as printed on the boards."""

LAMP_TEST: Final = (
    Light.RED,
    Light.AMBER,
    Light.GREEN,
    Light.BUZZER,
    Light.RED | Light.AMBER | Light.GREEN,
    Light.NONE,
)
"""What to show one after the other, a second each, while somebody watches: a burnt-out lamp shows as a dark step."""

WIRING: Final = {
    "relay 1 NO": "red lamp",
    "relay 2 NO": "amber lamp",
    "relay 3 NO": "green lamp",
    "relay 4 NO": "buzzer",
    "COM of all relays": "supply of the light (its common wire to the other pole)",
}


def states(lights: Light) -> tuple[bool, ...]:
    """Return for relays 1 to 4 whether each is to be on."""
    on = {relay for light, relay in RELAYS.items() if light in lights}
    return tuple(relay in on for relay in sorted(RELAYS.values()))
