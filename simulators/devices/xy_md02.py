"""The XY-MD02 as its host meets it: a Modbus slave with two input registers and four settings.

Bytes: `drivers.devices.xy_md02`, Modbus RTU by `drivers.modbus_rtu`. The settings (unit, line rate, two offsets) are
kept when the power fails. Some units count tenths, some hundredths; `counts_per_unit` says which this one is. Of its
words of text PARAM is answered; what READ, AUTO and STOP bring is nowhere printed.
"""

from typing import Final

from drivers import modbus_rtu
from drivers.devices.xy_md02 import UNIT, encode_reply
from drivers.modbus_rtu import BROADCAST, READ_HOLDING, READ_INPUT, WRITE_REGISTER, WRITE_REGISTERS, Message
from simulators.commands import CommandBuffer
from simulators.device import AirSource

SETTINGS: Final = 0x0101
"""Holding registers: unit, line rate, temperature offset, humidity offset."""
BAUDS: Final = (9600, 14400, 19200)
"""The rate register holds the rate itself; some units take an index, and both are understood."""

PARAMETERS: Final = b"PARAM"
"""The word that asks for the settings as text."""


class XyMd02:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, source: AirSource, *, unit: int = UNIT, counts_per_unit: int = 10) -> None:
        self._source = source
        self._counts = counts_per_unit
        self._settings = [unit, BAUDS[0], 0, 0]
        self._baud = BAUDS[0]
        self._requests = CommandBuffer(b"", _length, modbus_rtu.sound)

    @property
    def baud(self) -> int | None:
        """The line rate in force: a new one acts when the device is switched on again."""
        return self._baud

    def power_up(self, t_s: float) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Take up a new line rate."""
        self._baud = self._settings[1]
        self._requests.clear()
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Answer requests to this unit; obey broadcasts in silence."""
        if data.strip() == PARAMETERS:
            return self._parameters()
        answers = b""
        for frame in self._requests.take(data):
            asked = modbus_rtu.request(frame)
            if asked is None or asked.unit not in (self._settings[0], BROADCAST):
                continue
            answer = self._answer(asked, t_s)
            answers += answer if asked.unit != BROADCAST else b""
        return answers

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say nothing unasked."""
        return b"", t_s + 60.0

    def _answer(self, asked: Message, t_s: float) -> bytes:
        match asked.function:
            case modbus_rtu.READ_INPUT:
                ambient_c = self._source.ambient_c(t_s) + modbus_rtu.signed(self._settings[2]) / 10
                humidity_pct = self._source.humidity_pct(t_s) + modbus_rtu.signed(self._settings[3]) / 10
                return encode_reply(asked, ambient_c, min(100.0, max(0.0, humidity_pct)), self._counts)
            case modbus_rtu.READ_HOLDING:
                first = asked.address - SETTINGS
                if asked.count < 1 or not 0 <= first <= first + asked.count <= len(self._settings):
                    return modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_ADDRESS)
                return modbus_rtu.registers_reply(asked, self._settings[first : first + asked.count])
            case modbus_rtu.WRITE_REGISTER | modbus_rtu.WRITE_REGISTERS:
                return self._write(asked)
        return modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_FUNCTION)

    def _parameters(self) -> bytes:
        unit, rate = self._settings[:2]
        offset_c, offset_pct = (modbus_rtu.signed(value) / 10 for value in self._settings[2:])
        return b"TC:%.1f,HC:%.1f,BR:%d,HZ:1\r\nSLAVE_ADD:%d\r\n" % (offset_c, offset_pct, rate, unit)

    def _write(self, asked: Message) -> bytes:
        first = asked.address - SETTINGS
        if not asked.registers or not 0 <= first <= first + len(asked.registers) <= len(self._settings):
            return modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_ADDRESS)
        wanted = dict(enumerate(asked.registers, start=first))
        rate = wanted.get(1)
        if rate is not None and rate < len(BAUDS):
            wanted[1] = BAUDS[rate]
        if not 1 <= wanted.get(0, UNIT) <= 247 or wanted.get(1, BAUDS[0]) not in BAUDS:
            return modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_VALUE)
        answer = modbus_rtu.written_reply(asked)
        for place, value in wanted.items():
            self._settings[place] = value
        return answer


def _length(begun: bytes) -> int:
    """How long the request is that begins here (Modbus Application Protocol 1.1b3, section 6)."""
    if len(begun) < 2:
        return 0
    if begun[1] == WRITE_REGISTERS:
        return 9 + begun[6] if len(begun) > 6 else 0
    return 8 if begun[1] in (READ_HOLDING, READ_INPUT, WRITE_REGISTER) or begun[1] < 0x18 else -1
