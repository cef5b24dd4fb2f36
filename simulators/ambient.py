"""The air of a pretend day: outdoors with weather, and the hall of the gate (`science.md` 7)."""

from dataclasses import dataclass
from math import cos, pi
from typing import Final

from simulators.chance import Walk

WEATHER_SD_PER_ROOT_MIN: Final = 0.08
"""The walk then has an SD of about 0.8 °C in the middle of its six hours."""


@dataclass(frozen=True, slots=True)
class Climate:
    """A place and a season."""

    outdoor_mean_c: float = 15.0
    outdoor_amplitude_c: float = 5.0
    coldest_hour: float = 3.0
    hall_c: float = 23.0
    """What the hall tends to."""
    coupling: float = 0.30
    """How much of the outdoor difference gets into the hall (0.25-0.4 for a gate hall, 0 for a laboratory)."""
    humidity_pct: float = 50.0
    weather: float = 1.0
    """0 switches the weather off."""


class Air:
    """The air at the gate, pure in time; answers as an ambient sensor without faults (`device.AirSource`)."""

    def __init__(self, climate: Climate, seed: int, start_hour: float) -> None:
        self._climate = climate
        self._start_hour = start_hour
        self._weather = Walk(seed, "weather", sd_per_root_min=WEATHER_SD_PER_ROOT_MIN * climate.weather)
        self._damp = Walk(seed, "humidity", sd_per_root_min=0.3 * climate.weather)

    def outdoor_c(self, t_s: float) -> float:
        """Return the outdoor air temperature, °C."""
        climate = self._climate
        hour = self._start_hour + t_s / 3600
        day = -climate.outdoor_amplitude_c * cos(2 * pi * (hour - climate.coldest_hour) / 24)
        return climate.outdoor_mean_c + day + 3 * self._weather.at(t_s)

    def ambient_c(self, t_s: float) -> float:
        """Return the air temperature in the hall, °C."""
        climate = self._climate
        return climate.hall_c + climate.coupling * (self.outdoor_c(t_s) - climate.outdoor_mean_c)

    def humidity_pct(self, t_s: float) -> float:
        """Return the relative humidity in the hall, %."""
        return min(95.0, max(10.0, self._climate.humidity_pct + self._damp.at(t_s)))
