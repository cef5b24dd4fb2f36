"""The shape of a simulated device: physics apart from wire, and no clock.

A device is told what it hears and what time it is, and answers with bytes and with the moment at which it wants to be
asked again. `simulators.ports` carries the bytes, at the pace of the line; `simulators.optics` says what it sees.
Seconds (`t_s`) count from the start of the simulation, in which time the scene is a pure function.
"""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class FrameSource(Protocol):
    """What an array of this geometry sees."""

    def frame(self, t_s: float) -> NDArray[np.float32]:
        """Return rows x columns of blackbody-equivalent temperatures, °C, with the sensor's own faults in them."""
        ...

    def sensor_c(self, t_s: float) -> float:
        """Return the temperature of the sensor chip, °C."""
        ...

    def shutter(self, t_s: float) -> tuple[bool, float]:
        """Return whether a shutter correction is under way, and the seconds since its begin or the last one's end."""
        ...


class SpotSource(Protocol):
    """What a single-point thermometer sees."""

    def object_c(self, t_s: float) -> float:
        """Return the blackbody-equivalent temperature in the spot, °C."""
        ...

    def sensor_c(self, t_s: float) -> float:
        """Return the temperature of the sensor, °C."""
        ...


class AirSource(Protocol):
    """What an ambient sensor feels."""

    def ambient_c(self, t_s: float) -> float:
        """Return the air temperature, °C."""
        ...

    def humidity_pct(self, t_s: float) -> float:
        """Return the relative humidity, %."""
        ...


class SimulatedDevice(Protocol):
    """One device on one line."""

    @property
    def baud(self) -> int | None:
        """The line rate to which the device is set now; None where it has none (USB, UDP)."""
        ...

    def power_up(self, t_s: float) -> bytes:
        """Be switched on: what is volatile falls back to flash. Return the greeting, b"" if the device has none."""
        ...

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Take bytes from the host, cut anywhere; return what the device answers at once. Never raises."""
        ...

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Return what the device says by itself now, and the time at which to ask it again."""
        ...


@runtime_checkable
class VideoDevice(Protocol):
    """A device whose messages are raw video frames; over a network the host must be told their size."""

    @property
    def video_size(self) -> tuple[int, int]:
        """Return columns and rows of one message, telemetry rows included."""
        ...
