"""The GY-614V as its host meets it: a register map, readings by itself or on request.

Bytes: `drivers.devices.gy_614v`. Behaviour: the vendors' register table. Writes are not acknowledged; registers are
volatile until 55 is written to register 05. The table names a character format without showing it: writes to
register 04 are kept and the output stays binary.
"""

from typing import Final

from drivers.checksums import sum8
from drivers.devices.gy_614v import ADDRESS, encode_registers
from simulators.commands import CommandBuffer
from simulators.device import SpotSource
from simulators.radiation import device_indicates_c

READ: Final = 0x03
WRITE: Final = 0x06
REGISTERS: Final = 16
BAUDS: Final = (2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400)
RATES_HZ: Final = (1.0, 2.0, 5.0, 10.0)
FIRMWARE: Final = 0x03
BODY_GAIN: Final = 0.279
"""How the module maps forehead to "body" is not told; this factor meets its worked example (34.12, 25.31 → 36.58)."""

FACTORY: Final = bytes((ADDRESS, 2, 3, 0, 0, 0, 100, 95, 0, 0, 0, 0, 0, 0, 0, FIRMWARE))
_LIMITS: Final = {
    0x00: (1, 254),
    0x01: (0, 7),
    0x02: (0, 3),
    0x03: (0, 1),
    0x04: (0, 1),
    0x06: (0, 255),
    0x07: (1, 100),
    0x0E: (0, 3),
}
_SAVED: Final = (0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x0E)


class Gy614v:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, source: SpotSource) -> None:
        self._source = source
        self._flash = FACTORY
        self._registers = bytearray(FACTORY)
        self._commands = CommandBuffer(b"", _length, lambda command: sum8(command[:-1]) == command[-1])
        self._next_s = 0.0

    @property
    def baud(self) -> int | None:
        """The line rate in force."""
        return BAUDS[self._registers[0x01]]

    def power_up(self, t_s: float) -> bytes:
        """Fall back to flash."""
        self._registers[:] = self._flash
        self._commands.clear()
        self._next_s = t_s + self._period_s
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Answer reads, obey writes; other addresses are not ours."""
        answers = b""
        for command in self._commands.take(data):
            if command[0] != self._registers[0x00]:
                continue
            if command[1] == WRITE:
                self._write(command[2], command[3], t_s)
            elif command[3] and command[2] + command[3] <= REGISTERS:
                self._measure(t_s)
                values = bytes(self._registers[command[2] : command[2] + command[3]])
                answers += encode_registers(command[2], values, address=command[0])
        return answers

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say a reading in continuous mode."""
        if t_s < self._next_s:
            return b"", self._next_s
        self._next_s += self._period_s * (1 + (t_s - self._next_s) // self._period_s)
        if self._registers[0x03]:
            return b"", self._next_s
        self._measure(t_s)
        said = encode_registers(0x07, bytes(self._registers[0x07:0x0E]), address=self._registers[0x00])
        return said, self._next_s

    @property
    def _period_s(self) -> float:
        return 1 / RATES_HZ[self._registers[0x02]]

    def _write(self, register: int, value: int, t_s: float) -> None:
        if register == 0x05 and value == 0x55:
            for saved in _SAVED:
                self._flash = self._flash[:saved] + bytes((self._registers[saved],)) + self._flash[saved + 1 :]
        elif register == 0x05 and value == 0xAA:
            self._flash = FACTORY
            self._registers[:] = FACTORY
        elif register in _LIMITS and _LIMITS[register][0] <= value <= _LIMITS[register][1]:
            self._registers[register] = value
            if register == 0x02:
                self._next_s = t_s + self._period_s

    def _measure(self, t_s: float) -> None:
        sensor_c = self._source.sensor_c(t_s)
        offset_c = (self._registers[0x06] - 100) / 10
        emissivity = self._registers[0x07] / 100
        object_c = device_indicates_c(self._source.object_c(t_s), emissivity, sensor_c) + offset_c
        body_c = object_c + BODY_GAIN * (object_c - sensor_c)
        for place, value_c in ((0x08, object_c), (0x0A, sensor_c), (0x0C, body_c)):
            centi = min(max(round(value_c * 100), -0x8000), 0x7FFF)
            self._registers[place : place + 2] = centi.to_bytes(2, "big", signed=True)


def _length(begun: bytes) -> int:
    """Both commands are five bytes: address, function, register, value or count, sum."""
    if len(begun) < 2:
        return 0
    return 5 if begun[1] in (READ, WRITE) else -1
