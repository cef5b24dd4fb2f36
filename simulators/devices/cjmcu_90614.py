"""The CJMCU-90614 as its host meets it: readings by itself or on request.

Bytes: `drivers.devices.cjmcu_90614`. Nothing is published about flash, so everything falls back at power-up; a new line
rate acts at once.
"""

from typing import Final

from drivers.devices.cjmcu_90614 import CONTINUOUS, ON_REQUEST, encode_reading
from simulators.commands import CommandBuffer
from simulators.device import SpotSource

RATE_HZ: Final = 10.0
POWER_UP_BAUD: Final = 115200
BAUDS: Final = {0x11: 9600, 0x12: 57600, 0x13: 115200}


class Cjmcu90614:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, source: SpotSource) -> None:
        self._source = source
        self._commands = CommandBuffer(b"\x66\x66", lambda _begun: 4, lambda command: command[3] == 0x56)
        self._baud = POWER_UP_BAUD
        self._mode = CONTINUOUS
        self._next_s = 0.0

    @property
    def baud(self) -> int | None:
        """The line rate in force."""
        return self._baud

    def power_up(self, t_s: float) -> bytes:
        """Fall back to what the page calls default."""
        self._commands.clear()
        self._baud, self._mode = POWER_UP_BAUD, CONTINUOUS
        self._next_s = t_s + 1 / RATE_HZ
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Obey; a request is answered with one reading."""
        return b"".join(self._obey(command[2], t_s) for command in self._commands.take(data))

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say a reading in continuous output."""
        if t_s < self._next_s:
            return b"", self._next_s
        self._next_s += (1 + (t_s - self._next_s) * RATE_HZ // 1) / RATE_HZ
        return (self._reading(t_s) if self._mode == CONTINUOUS else b""), self._next_s

    def _obey(self, code: int, t_s: float) -> bytes:
        if code in BAUDS:
            self._baud = BAUDS[code]
        elif code in (CONTINUOUS, ON_REQUEST):
            self._mode = code
        return self._reading(t_s) if code == ON_REQUEST else b""

    def _reading(self, t_s: float) -> bytes:
        return encode_reading(self._source.object_c(t_s), self._source.sensor_c(t_s), self._mode)
