"""A single-point thermometer at a gate: it sees the middle of the forehead of whoever stands at the mark.

With nobody there it sees the reference, where that stands in its axis as on a bench, else the wall.
"""

from math import exp, hypot
from typing import Final

from contract.vocabulary import Site
from simulators.chance import Walk, stream
from simulators.detector import WARM_UP_S
from simulators.radiation import SKIN_EMISSIVITY, apparent_c, device_indicates_c, seen_through
from simulators.scene import Scene, Seen
from simulators.sensor_faults import SensorFaultKind, SensorFaults
from simulators.skin import effective_air_c

SAMPLES_PER_S: Final = 20.0
"""How fast the chip's own filter settles: readings closer together than this are the same."""
NOISE_C: Final = 0.05
HAND_C: Final = 0.10
"""Unrest of the aim on the forehead."""
SELF_HEATING_C: Final = 1.5
FAULTS: Final = frozenset(
    {
        SensorFaultKind.STEP,
        SensorFaultKind.RAMP,
        SensorFaultKind.GAIN,
        SensorFaultKind.NOISE,
        SensorFaultKind.STUCK,
        SensorFaultKind.FOG,
        SensorFaultKind.NORMALISING,
        SensorFaultKind.EMISSIVITY,
    }
)
"""What can go wrong with it; the reference of a gate is outside its spot."""
HAT_SHARE: Final = 0.35
"""How far a hat's surface rises from the air to the skin."""


class Spot:
    """A `device.SpotSource`; pure in time."""

    def __init__(
        self,
        scene: Scene,
        *,
        seed: int = 0,
        faults: SensorFaults | None = None,
        on_for_s: float = 0.0,
        error_c: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Place a thermometer; `error_c` are a and b of its error of indication a + b (T - 37)."""
        self.faults = faults or SensorFaults()
        self._scene = scene
        self._seed = seed
        self._on_for_s = on_for_s
        self._error = error_c
        self._walk = Walk(seed, "spot", sd_per_root_min=0.01)

    def object_c(self, t_s: float) -> float:
        """Return the blackbody-equivalent temperature in the spot, with the instrument's faults, °C."""
        if self.faults.active(SensorFaultKind.STUCK, t_s):
            t_s = self.faults.began_s(SensorFaultKind.STUCK, t_s)
        number = int(t_s * SAMPLES_PER_S + 1e-6)
        noise = stream(self._seed, "spot", number).standard_normal()
        seen_c = self._in_spot_c(number / SAMPLES_PER_S)
        fog = self.faults.size(SensorFaultKind.FOG, t_s)
        if fog is not None:
            seen_c = seen_through(seen_c, fog, self._scene.air.ambient_c(t_s))
        gain = self.faults.size(SensorFaultKind.GAIN, t_s)
        if gain is not None:
            seen_c = self.sensor_c(t_s) + gain * (seen_c - self.sensor_c(t_s))
        seen_c += noise * NOISE_C * (self.faults.size(SensorFaultKind.NOISE, t_s) or 1.0)
        seen_c += self._walk.at(t_s) + self.faults.offset_c(t_s)
        seen_c += self._error[0] + self._error[1] * (seen_c - 37)
        emissivity = self.faults.size(SensorFaultKind.EMISSIVITY, t_s)
        if emissivity is not None:
            seen_c = device_indicates_c(float(seen_c), emissivity, self._scene.air.ambient_c(t_s))
        slope = self.faults.size(SensorFaultKind.NORMALISING, t_s)
        return float(seen_c if slope is None else 37 + slope * (seen_c - 37))

    def sensor_c(self, t_s: float) -> float:
        """Return the temperature of the sensor, °C."""
        warmed = 1 - exp(-max(0.0, t_s + self._on_for_s) / WARM_UP_S)
        return self._scene.air.ambient_c(t_s) + SELF_HEATING_C * warmed

    def _in_spot_c(self, t_s: float) -> float:
        air_c = self._scene.air.ambient_c(t_s)
        standing = [seen for seen in self._scene.visible(t_s) if seen.pose.standing]
        if not standing:
            return self._beyond_c(t_s, air_c)
        nearest = standing[-1]
        person, item = nearest.passage.person, nearest.passage.item
        if person is None:
            return apparent_c(item.temperature_c, item.emissivity, air_c) if item is not None else air_c + 0.5
        return apparent_c(self._forehead_c(nearest, air_c, t_s), SKIN_EMISSIVITY, air_c)

    def _beyond_c(self, t_s: float, air_c: float) -> float:
        plate = self._scene.plate
        hidden = self.faults.active(SensorFaultKind.PLATE_HIDDEN, t_s)
        if plate is None or hidden or hypot(plate.x_mm, plate.y_mm) > plate.radius_mm:
            return air_c + 0.5
        return plate.radiance_c(t_s, air_c) + self.faults.plate_swing_c(t_s)

    def _forehead_c(self, seen: Seen, air_c: float, t_s: float) -> float:
        person = seen.passage.person
        assert person is not None  # noqa: S101  # the caller has looked
        feels_c = effective_air_c(air_c, self._scene.air.outdoor_c(t_s), person.minutes_inside, person.pace)
        skin_c = person.skin_c(Site.FOREHEAD_SPOT, feels_c)
        aim = stream(self._seed, "aim", seen.passage.number, int(t_s * 5)).standard_normal()
        if person.hat:
            return air_c + HAT_SHARE * (skin_c - air_c)
        return skin_c + HAND_C * float(aim)
