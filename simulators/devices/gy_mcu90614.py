"""The GY-MCU90614 as its host meets it: readings by itself or on request, settings that act after the next power-up.

Bytes: `drivers.devices.gy_mcu90614`. Behaviour: the sellers' pages. A 90615 is the same device that comes silent and at
115200 baud. That a question for one reading ends continuous output is inferred from the maker's other modules.
"""

from dataclasses import dataclass, replace
from typing import Final

from drivers.checksums import sum8
from drivers.devices.gy_mcu90614 import encode_reading
from simulators.commands import CommandBuffer
from simulators.device import SpotSource

RATE_HZ: Final = 14.0
BAUDS: Final = {0xAE: 9600, 0xAF: 115200}


@dataclass(frozen=True, slots=True)
class Settings:
    """What is kept in flash; these are the 90614's factory values."""

    baud: int = 9600
    automatic: bool = True


FACTORY_90615: Final = Settings(baud=115200, automatic=False)


class GyMcu90614:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, source: SpotSource, settings: Settings | None = None) -> None:
        self._source = source
        self._flash = settings or Settings()
        self._now = self._flash
        self._commands = CommandBuffer(b"\xa5", lambda _begun: 3, lambda command: sum8(command[:2]) == command[2])
        self._next_s = 0.0

    @property
    def baud(self) -> int | None:
        """The line rate in force."""
        return self._now.baud

    def power_up(self, t_s: float) -> bytes:
        """Take up what flash says."""
        self._now = self._flash
        self._commands.clear()
        self._next_s = t_s + 1 / RATE_HZ
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Obey; only the question for a reading is answered."""
        return b"".join(self._obey(command[1], t_s) for command in self._commands.take(data))

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say a reading in continuous output."""
        if t_s < self._next_s:
            return b"", self._next_s
        self._next_s += (1 + (t_s - self._next_s) * RATE_HZ // 1) / RATE_HZ
        return (self._reading(t_s) if self._now.automatic else b""), self._next_s

    def _obey(self, code: int, t_s: float) -> bytes:
        if code == 0x45:
            self._now = replace(self._now, automatic=True)
        elif code == 0x15:
            self._now = replace(self._now, automatic=False)
            return self._reading(t_s)
        elif code in BAUDS:
            self._flash = replace(self._flash, baud=BAUDS[code])
        elif code in (0x51, 0x52):
            self._flash = replace(self._flash, automatic=code == 0x51)
        return b""

    def _reading(self, t_s: float) -> bytes:
        return encode_reading(self._source.object_c(t_s), self._source.sensor_c(t_s))
