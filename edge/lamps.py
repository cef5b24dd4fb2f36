"""The tower light over the gate: what it shows is a pure function of the lanes' state.

It repeats what the screen says for those who do not look at it: red and the buzzer until staff have taken the person
aside, amber when somebody should be looked at or a lane screens nobody, green when all is ready.
"""

from collections.abc import Callable, Iterable
from typing import Final

from contract.vocabulary import VerdictKind
from drivers.tower_light import Light
from edge.kiosk.screen import LaneScreen
from edge.kiosk.view import Sign

Send = Callable[[bytes], None]
Shows = Callable[[Light], bytes]

REPEAT_EVERY: Final = 10
"""Ticks after which the light is told again although nothing has changed: it may have lost its power meanwhile."""


def light_of(lanes: Iterable[LaneScreen]) -> Light:
    """Return what the tower light shows for these lanes."""
    lanes = tuple(lanes)
    if any(lane.latest and lane.latest.latched and lane.latest.kind is VerdictKind.ALARM for lane in lanes):
        return Light.RED | Light.BUZZER
    waits = any(lane.sign.shown.sign is Sign.WAIT_FOR_STAFF for lane in lanes)
    return Light.AMBER if waits or not all(lane.screening for lane in lanes) else Light.GREEN


class Lamps:
    """The tower lights of a gate."""

    def __init__(self, lights: Iterable[tuple[Shows, Send]]) -> None:
        self._lights = tuple(lights)
        self._shown: Light | None = None
        self._since = 0

    def show(self, light: Light) -> None:
        """Switch the lights, if they do not show this already; call it at every change and at every tick."""
        self._since += 1
        if light == self._shown and self._since < REPEAT_EVERY:
            return
        self._shown, self._since = light, 0
        for shows, send in self._lights:
            send(shows(light))

    def dark(self) -> None:
        """Switch everything off: nobody is screening here any more."""
        for shows, send in self._lights:
            send(shows(Light.NONE))
