"""The Waveshare Modbus relay as its host meets it: eight coils, and orders that end by themselves.

Bytes: `drivers.devices.waveshare_relay`. Behaviour: the maker's protocol manual (V2): 05 on, off, the other way round;
coil 00FF is all of them; 0200 + n and 0400 + n switch relay n on or off for so many tenths of a second; holding
register 4000 is the unit, 2000 the line rate, 8000 the version. Unit and rate outlive power-off.

As an LCTECH board (`greets`) it talks at power-up, and what it hears meanwhile is lost: its answer drowns in the text.
"""

from typing import Final

from drivers import modbus_rtu
from drivers.devices.waveshare_relay import RELAYS, UNIT, UNIT_LCTECH, encode_relays
from drivers.modbus_rtu import (
    READ_COILS,
    READ_HOLDING,
    WRITE_COILS,
    Message,
)
from simulators.modbus_device import ModbusDevice

ON: Final = 0xFF00
OFF: Final = 0x0000
FLIP: Final = 0x5500
ALL: Final = 0x00FF
ON_FOR_A_WHILE: Final = 0x0200
OFF_FOR_A_WHILE: Final = 0x0400
UNIT_AT: Final = 0x4000
RATE_AT: Final = 0x2000
VERSION_AT: Final = 0x8000
VERSION: Final = 200
BAUDS: Final = (4800, 9600, 19200, 38400, 57600, 115200, 128000, 256000)
GREETING: Final = b"Thank you for using the Modbus modules of LCTECH\r\n"


class WaveshareRelay:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, *, greets: bool = False) -> None:
        self._greets = greets
        self._unit = UNIT_LCTECH if greets else UNIT
        self._rate = self._next_rate = 9600
        self._on = [False] * RELAYS
        self._until: dict[int, tuple[float, bool]] = {}
        self._greeting_until_s = float("-inf")
        self._modbus = ModbusDevice(self._answer)

    @property
    def baud(self) -> int | None:
        """The line rate in force."""
        return self._rate

    def relays(self, t_s: float) -> tuple[bool, ...]:
        """Return how the relays are: what somebody at the gate would see."""
        for relay, (end_s, then) in list(self._until.items()):
            if t_s >= end_s:
                self._on[relay] = then
                del self._until[relay]
        return tuple(self._on)

    def power_up(self, t_s: float) -> bytes:
        """Open all relays; greet, if this board does."""
        self._modbus.clear()
        self._rate = self._next_rate
        self._on = [False] * RELAYS
        self._until.clear()
        if not self._greets:
            return b""
        self._greeting_until_s = t_s + 10 * len(GREETING) / self._rate
        return GREETING

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Obey and answer; deaf while it greets."""
        return b"" if t_s < self._greeting_until_s else self._modbus.hear(data, (self._unit,), t_s)

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say nothing unasked."""
        return b"", t_s + 60.0

    def _answer(self, asked: Message, t_s: float) -> bytes:
        match asked.function:
            case modbus_rtu.READ_COILS if self._are_relays(asked.address, asked.count):
                return encode_relays(asked, self.relays(t_s)[asked.address : asked.address + asked.count])
            case modbus_rtu.WRITE_COIL:
                return self._switch(asked, t_s)
            case modbus_rtu.WRITE_COILS if self._are_relays(asked.address, asked.count):
                for place, on in enumerate(asked.bits[: asked.count], start=asked.address):
                    self._set(place, on=on)
                return modbus_rtu.written_reply(asked)
            case modbus_rtu.READ_HOLDING if asked.address in (UNIT_AT, VERSION_AT) and asked.count == 1:
                return modbus_rtu.registers_reply(asked, [self._unit if asked.address == UNIT_AT else VERSION])
            case modbus_rtu.WRITE_REGISTER:
                return self._configure(asked)
        known = asked.function in (READ_COILS, READ_HOLDING, WRITE_COILS)
        return modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_ADDRESS if known else modbus_rtu.ILLEGAL_FUNCTION)

    @staticmethod
    def _are_relays(first: int, count: int) -> bool:
        return count >= 1 and first + count <= RELAYS

    def _set(self, relay: int, *, on: bool) -> None:
        self._on[relay] = on
        self._until.pop(relay, None)

    def _switch(self, asked: Message, t_s: float) -> bytes:
        value = int.from_bytes(asked.frame[4:6], "big")
        for base, on in ((ON_FOR_A_WHILE, True), (OFF_FOR_A_WHILE, False)):
            if base <= asked.address < base + RELAYS:
                self._on[asked.address - base] = on
                self._until[asked.address - base] = (t_s + value / 10, not on)
                return modbus_rtu.written_reply(asked)
        if not (asked.address < RELAYS or asked.address == ALL):
            return modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_ADDRESS)
        if value not in (ON, OFF, FLIP):
            return modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_VALUE)
        now = self.relays(t_s)
        for relay in range(RELAYS) if asked.address == ALL else (asked.address,):
            self._set(relay, on=not now[relay] if value == FLIP else value == ON)
        return modbus_rtu.written_reply(asked)

    def _configure(self, asked: Message) -> bytes:
        value = asked.registers[0]
        if asked.address == UNIT_AT and 1 <= value <= 0xFF:
            self._unit = value
        elif asked.address == RATE_AT and value & 0xFF < len(BAUDS):
            self._next_rate = BAUDS[value & 0xFF]
        else:
            return modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_ADDRESS)
        return modbus_rtu.written_reply(asked)
