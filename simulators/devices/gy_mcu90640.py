"""The GY-MCU90640 as its host meets it: 32x24 frames by itself, commands without acknowledgement.

Bytes: `drivers.devices.gy_mcu90640`. Behaviour: the maker's manual. Powers up in automatic output; line rate, rate,
mode and emissivity are volatile until saved; a question for one frame ends automatic output.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from drivers.checksums import sum8
from drivers.devices.gy_mcu90640 import encode_emissivity, encode_frame
from simulators.commands import CommandBuffer
from simulators.device import FrameSource
from simulators.radiation import radiance, temperature_c

SENSOR_HZ: Final = 8.0
"""The fastest rate; slower ones average, as a longer integration does."""
BAUDS: Final = {1: 9600, 2: 115200, 3: 460800}
RATES_HZ: Final = {0: 0.5, 1: 1.0, 2: 2.0, 3: 4.0, 4: 8.0}
REFLECTED_BELOW_SENSOR_C: Final = 8.0
"""The module's host code takes Tr = Ta - 8 for what the object reflects (Melexis example code)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the module can be told; these are the factory's values."""

    baud: int = 115200
    rate_hz: float = 4.0
    automatic: bool = True
    emissivity: float = 0.95


class GyMcu90640:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._flash = self._now = Settings()
        self._commands = CommandBuffer(b"\xa5", lambda _begun: 4, lambda command: sum8(command[:3]) == command[3])
        self._next_s = 0.0

    @property
    def baud(self) -> int | None:
        """The line rate in force."""
        return self._now.baud

    def power_up(self, t_s: float) -> bytes:
        """Fall back to flash; the first frame comes one period later."""
        self._now = self._flash
        self._commands.clear()
        self._next_s = t_s + 1 / self._now.rate_hz
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Obey; only the two questions are answered."""
        return b"".join(self._obey(command[1], command[2], t_s) for command in self._commands.take(data))

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say a frame in automatic mode."""
        period_s = 1 / self._now.rate_hz
        if t_s < self._next_s:
            return b"", self._next_s
        self._next_s += period_s * (1 + (t_s - self._next_s) // period_s)
        return (self._frame(t_s) if self._now.automatic else b""), self._next_s

    def _obey(self, register: int, value: int, t_s: float) -> bytes:
        now = self._now
        if register == 0x15 and value in BAUDS:
            self._now = replace(now, baud=BAUDS[value])
        elif register == 0x25 and value in RATES_HZ:
            self._now = replace(now, rate_hz=RATES_HZ[value])
            self._next_s = t_s + 1 / self._now.rate_hz
        elif register == 0x35 and value == 1:
            self._now = replace(now, automatic=False)
            return self._frame(t_s)
        elif register == 0x35 and value == 2:
            self._now = replace(now, automatic=True)
        elif register == 0x45 and 1 <= value <= 100:
            self._now = replace(now, emissivity=value / 100)
        elif register == 0x55 and value == 1:
            return encode_emissivity(now.emissivity)
        elif register == 0x65 and value == 1:
            self._flash = now
        return b""

    def _frame(self, t_s: float) -> bytes:
        parts = max(1, round(SENSOR_HZ / self._now.rate_hz))
        seen_c = np.mean([self._source.frame(t_s - part / SENSOR_HZ) for part in range(parts)], axis=0)
        sensor_c = self._source.sensor_c(t_s)
        emissivity = self._now.emissivity
        if emissivity < 1:
            reflected = (1 - emissivity) * radiance(sensor_c - REFLECTED_BELOW_SENSOR_C)
            seen_c = temperature_c(np.maximum(radiance(seen_c) - reflected, 1e-3) / emissivity)
        return encode_frame(seen_c, sensor_c)
