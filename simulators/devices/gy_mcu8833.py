"""The GY-MCU8833 as its host meets it: an 8x8 frame of whole degrees, ten times a second, and no ear for commands.

Bytes: `drivers.devices.gy_mcu8833`; its owner never found a command.
"""

from typing import Final

from drivers.devices.gy_mcu8833 import encode_frame
from simulators.device import FrameSource

RATE_HZ: Final = 10.0
BAUD: Final = 9600


class GyMcu8833:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._next_s = 0.0

    @property
    def baud(self) -> int | None:
        """The line rate."""
        return BAUD

    def power_up(self, t_s: float) -> bytes:
        """Begin to send."""
        self._next_s = t_s + 1 / RATE_HZ
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Hear nothing."""
        return b""

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say a frame."""
        if t_s < self._next_s:
            return b"", self._next_s
        self._next_s += (1 + (t_s - self._next_s) * RATE_HZ // 1) / RATE_HZ
        return encode_frame(self._source.frame(t_s), self._source.sensor_c(t_s)), self._next_s
