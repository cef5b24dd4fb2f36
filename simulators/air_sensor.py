"""An ambient sensor at the gate: the air of the scene, with the sensor's own faults."""

from typing import Final

from simulators.device import AirSource
from simulators.sensor_faults import SensorFaultKind, SensorFaults

FAULTS: Final = frozenset({SensorFaultKind.STEP, SensorFaultKind.RAMP, SensorFaultKind.STUCK, SensorFaultKind.AIR})
"""What can go wrong with it."""


class AirSensor:
    """A `device.AirSource` that may be wrong or stuck."""

    def __init__(self, air: AirSource, faults: SensorFaults | None = None, error_c: float = 0.0) -> None:
        self._air = air
        self._faults = faults or SensorFaults()
        self._error_c = error_c

    def ambient_c(self, t_s: float) -> float:
        """Return the indicated air temperature, °C."""
        wrong_c = self._faults.size(SensorFaultKind.AIR, t_s) or 0.0
        return self._air.ambient_c(self._seen_s(t_s)) + self._error_c + wrong_c + self._faults.offset_c(t_s)

    def humidity_pct(self, t_s: float) -> float:
        """Return the indicated relative humidity, %."""
        return self._air.humidity_pct(self._seen_s(t_s))

    def _seen_s(self, t_s: float) -> float:
        stuck = self._faults.active(SensorFaultKind.STUCK, t_s)
        return self._faults.began_s(SensorFaultKind.STUCK, t_s) if stuck else t_s
