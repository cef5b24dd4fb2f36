"""A SenXor module on its USB or network board as its host meets it: registers, acknowledgements, a stream of images.

Bytes: `drivers.devices.senxor`. Behaviour: the maker's register table. Registers are volatile; the mode register starts
and stops the stream, asks for one image, leaves the header out, gives raw counts. Emissivity and offset act on the next
image. Without a sensor module the board says SERR to whatever asks for images.
"""

import re
from typing import Final

import numpy as np

from contract.units import ZERO_C_IN_K
from drivers.devices.senxor import (
    ADC,
    BOOTING,
    CONTINUOUS,
    EMISSIVITY,
    FRAME_MODE,
    MODULE_TYPE,
    NO_HEADER,
    OFFSET,
    ONE_IMAGE,
    RATE_DIVIDER,
    STATUS,
    encode_frame,
    encode_no_module,
    encode_register,
    encode_registers,
    encode_written,
)
from simulators.commands import CommandBuffer
from simulators.device import FrameSource
from simulators.radiation import radiance, temperature_c

FASTEST_HZ: Final = 25.0
BOOTS_S: Final = 0.5
SENXOR_TYPE: Final = 0xBA
READ_ONLY: Final = frozenset({0x33, 0xB2, 0xB3, STATUS, SENXOR_TYPE, MODULE_TYPE, *range(0xE0, 0xE7)})
FACTORY: Final = {
    0x33: 0x00,
    0xB2: 0x42,
    0xB3: 0x01,
    EMISSIVITY: 95,
    0xC2: 100,
    0xE0: 23,
    0xE1: 31,
    0xE2: 1,
    0xE3: 0,
    0xE4: 18,
    0xE5: 52,
}
"""Firmware 4.2.1, a serial number, emissivity 0.95; all others start at 0."""
TYPES: Final = {(62, 80): (5, 19), (120, 160): (6, 28), (50, 50): (9, 53)}
"""Chip and module type by shape of the image."""
RAW_PER_C: Final = 40.0
RAW_ZERO: Final = 20_000
_COMMAND: Final = re.compile(rb"   #(000A|000C|[0-9A-F]{4})(RREG|WREG|RRSE)((?:[0-9A-F]{2})+)XXXX")


class Senxor:
    """The device; see `device.SimulatedDevice`. `baud` is None: USB or network."""

    def __init__(self, source: FrameSource, *, checked: bool = True, module: bool = True) -> None:
        """Make a board; `checked` False: one of the bridges that send XXXX for the check value of an image."""
        self._source = source
        self._checked = checked
        self._module = module
        self._registers = bytearray(256)
        self._commands = CommandBuffer(b"   #", _length, lambda command: _COMMAND.fullmatch(command) is not None)
        self._booted_s = self._next_s = 0.0
        self._counter = 0

    @property
    def baud(self) -> int | None:
        """USB and networks have none."""
        return None

    def power_up(self, t_s: float) -> bytes:
        """Fall back to the factory's registers and boot."""
        self._commands.clear()
        self._registers[:] = bytes(256)
        for address, value in FACTORY.items():
            self._registers[address] = value
        rows, columns = self._source.frame(t_s).shape
        self._registers[SENXOR_TYPE], self._registers[MODULE_TYPE] = TYPES[rows, columns]
        self._booted_s = t_s + BOOTS_S
        self._next_s = t_s
        self._counter = 0
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Answer every command."""
        return b"".join(self._obey(command, t_s) for command in self._commands.take(data))

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say an image in continuous mode, or the one that was asked for."""
        period_s = max(1, self._registers[RATE_DIVIDER] & 0x7F) / FASTEST_HZ
        if t_s < self._next_s:
            return b"", self._next_s
        self._next_s += period_s * (1 + (t_s - self._next_s) // period_s)
        mode = self._registers[FRAME_MODE]
        if not mode & (CONTINUOUS | ONE_IMAGE):
            return b"", self._next_s
        if not mode & CONTINUOUS:
            self._registers[FRAME_MODE] &= ~ONE_IMAGE & 0xFF
        return (self._image(mode, t_s) if self._module else encode_no_module()), self._next_s

    def _obey(self, command: bytes, t_s: float) -> bytes:
        told = _COMMAND.fullmatch(command)
        assert told is not None  # noqa: S101  # the buffer has looked
        values = bytes.fromhex(told[3].decode())
        if told[2] == b"RREG":
            return encode_register(self._read(values[0], t_s))
        if told[2] == b"RRSE":
            return encode_registers({address: self._read(address, t_s) for address in values[:-1]})
        if len(values) == 2 and values[0] not in READ_ONLY:
            self._registers[values[0]] = values[1]
            if values[0] in (FRAME_MODE, RATE_DIVIDER):
                self._next_s = t_s
        return encode_written()

    def _read(self, address: int, t_s: float) -> int:
        if address == STATUS:
            return BOOTING if t_s < self._booted_s else 0
        return self._registers[address]

    def _image(self, mode: int, t_s: float) -> bytes:
        sensor_c = self._source.sensor_c(t_s)
        seen_c = self._source.frame(t_s)
        self._counter = self._counter + 1 & 0xFFFF
        if mode & ADC:  # raw counts in the place of deci-kelvin
            seen_c = ((RAW_ZERO + seen_c * RAW_PER_C) / 10 - ZERO_C_IN_K).astype(np.float32)
        else:
            emissivity = max(1, self._registers[EMISSIVITY]) / 100
            if emissivity < 1:
                reflected = (1 - emissivity) * radiance(sensor_c)
                seen_c = temperature_c(np.maximum(radiance(seen_c) - reflected, 1e-3) / emissivity)
            offset = self._registers[OFFSET]
            seen_c = seen_c + (offset - 256 if offset > 127 else offset) / 10
        return encode_frame(seen_c, sensor_c, self._counter, header=not mode & NO_HEADER, checked=self._checked)


def _length(begun: bytes) -> int:
    if len(begun) < 8:
        return 0
    try:
        return 8 + int(begun[4:8], 16)
    except ValueError:
        return -1
