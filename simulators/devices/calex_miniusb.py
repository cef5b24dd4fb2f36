"""The Calex PyroMiniUSB as its host meets it: a Modbus slave with a register table, most of which outlives power-off.

Bytes: `drivers.devices.calex_miniusb`. Behaviour: the register table of the manual. What is written to 04-0A is kept in
non-volatile memory (`wear` counts the writes); 16 and 17 fall back to 06 and 07 at power-up. It answers from the
address that was asked, its own or 255.
"""

from typing import Final

from drivers import modbus_rtu
from drivers.devices.calex_miniusb import (
    ANY_SENSOR,
    OBJECT_COLD,
    OBJECT_HOT,
    SENSOR_COLD,
    SENSOR_HOT,
)
from drivers.modbus_rtu import READ_HOLDING, READ_INPUT, WRITE_REGISTER, WRITE_REGISTERS, Message
from simulators.device import SpotSource
from simulators.modbus_device import ModbusDevice
from simulators.radiation import device_indicates_c

BAUD: Final = 9600
TYPE: Final = 16
FACTORY: Final = {0x04: 1, 0x05: 0, 0x06: 230, 0x07: 9500, 0x08: 0, 0x09: 10, 0x0A: 5}
LIMITS: Final = {
    0x04: (1, 247),
    0x05: (0, 1),
    0x06: (-400, 10_000),
    0x07: (2000, 10_000),
    0x08: (0, 2),
    0x09: (1, 12_000),
    0x0A: (1, 600),
    0x16: (-400, 10_000),
    0x17: (2000, 10_000),
}
VOLATILE: Final = {0x16: 0x06, 0x17: 0x07}
"""Each volatile register and the one that it starts from."""
LOWEST_C, HIGHEST_C = -20.0, 1000.0
SENSOR_LOWEST_C, SENSOR_HIGHEST_C = 0.0, 60.0


class CalexMiniusb:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, source: SpotSource, *, serial: int = 123_456) -> None:
        self._source = source
        self._serial = serial
        self._kept = dict(FACTORY)
        self._now: dict[int, int] = {}
        self._modbus = ModbusDevice(self._answer)
        self.wear = 0
        """Writes to the non-volatile memory so far."""

    @property
    def baud(self) -> int | None:
        """The line rate; it cannot be changed."""
        return BAUD

    def power_up(self, t_s: float) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Fall back to what is kept."""
        self._modbus.clear()
        self._now = {volatile: self._kept[kept] for volatile, kept in VOLATILE.items()}
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Answer whoever asks for its own address or for any."""
        return self._modbus.hear(data, (self._kept[0x04], ANY_SENSOR), t_s)

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say nothing unasked."""
        return b"", t_s + 60.0

    def _answer(self, asked: Message, t_s: float) -> bytes:
        if asked.function in (READ_HOLDING, READ_INPUT):
            return self._read(asked, t_s)
        if asked.function in (WRITE_REGISTER, WRITE_REGISTERS):
            return self._write(asked)
        return modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_FUNCTION)

    def _read(self, asked: Message, t_s: float) -> bytes:
        registers = self._registers(t_s)
        wanted = range(asked.address, asked.address + asked.count)
        if not set(wanted) <= set(registers):
            return modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_ADDRESS)
        return modbus_rtu.registers_reply(asked, [registers[number] for number in wanted])

    def _write(self, asked: Message) -> bytes:
        wanted = {asked.address + place: modbus_rtu.signed(value) for place, value in enumerate(asked.registers)}
        if not set(wanted) <= set(LIMITS):
            return modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_ADDRESS)
        if any(not LIMITS[number][0] <= value <= LIMITS[number][1] for number, value in wanted.items()):
            return modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_VALUE)
        for number, value in wanted.items():
            if number in VOLATILE:
                self._now[number] = value
            else:
                self._kept[number] = value
                self.wear += 1
        self._now |= {volatile: wanted[kept] for volatile, kept in VOLATILE.items() if kept in wanted}
        return modbus_rtu.written_reply(asked)

    def _registers(self, t_s: float) -> dict[int, int]:
        """All that can be read, as the sensor is now."""
        sensor_c = self._source.sensor_c(t_s)
        unfiltered_c = self._indicated_c(t_s)
        recent = [self._indicated_c(t_s - back * 0.1) for back in range(max(1, round(self._kept[0x0A])))]
        filtered_c = {1: max(recent), 2: min(recent)}.get(self._kept[0x08], sum(recent) / len(recent))
        tenths = (filtered_c, unfiltered_c, sensor_c)
        return {
            0x00: TYPE,
            0x01: 0,
            0x02: self._serial >> 16,
            0x03: self._serial & 0xFFFF,
            **self._kept,
            0x0B: round(sum(recent) / len(recent) * 10),
            0x0C: round(min(recent) * 10),
            0x0D: round(max(recent) * 10),
            **{number: round(value_c * 10) for number, value_c in enumerate(tenths, start=0x0E)},
            0x11: _status(unfiltered_c, sensor_c),
            **self._now,
        }

    def _indicated_c(self, t_s: float) -> float:
        reflected_c = self._now[0x16] / 10 if self._kept[0x05] else self._source.sensor_c(t_s)
        return device_indicates_c(self._source.object_c(t_s), self._now[0x17] / 10_000, reflected_c)


def _status(object_c: float, sensor_c: float) -> int:
    status = SENSOR_COLD if sensor_c < SENSOR_LOWEST_C else 0
    status |= SENSOR_HOT if sensor_c > SENSOR_HIGHEST_C else 0
    status |= OBJECT_COLD if object_c < LOWEST_C else 0
    return status | (OBJECT_HOT if object_c > HIGHEST_C else 0)
