"""Calex PyroMiniUSB = Omega OS-MINIUSB: infrared pyrometer, Modbus RTU over USB (FTDI 0403:6015), 9600 8N1.

Worked exchange (unfiltered 36.5 degC, sensor 27.3 degC, no fault; CRC by the Modbus rule):

    host    FF 03 00 0E 00 04 30 14        read 4 registers from 000E of any sensor (address 255)
    device  FF 03 08 01 6A 01 6D 01 11 00 00 54 17
            UU 03 NN FF FF OO OO SS SS TT TT CC CC

    U  address of the sensor           N  bytes of data
    F  000E filtered                   O  000F unfiltered         S  0010 the sensor's own: each i16, 0.1 degC
    T  0011 status, bits: 0 measurement error, 1/2 sensor too cold / too hot, 3/4 object too cold / too hot
    C  CRC, low byte first

Registers: 00 type (16), 01 field of view (0 2:1, 1 20:1), 02-03 serial number, 04 address, 05 reflected energy
compensation (0 off), 06 reflected temperature, 07 emissivity (0.0001, 0.2-1.0), 08 hold (0 off, 1 peak, 2 valley), 09
hold period, 0A average period (0.1 s), 0B average, 0C minimum, 0D maximum, 0E-11 as above, 16 and 17 reflected
temperature and emissivity, volatile.

Writing any register but 16 and 17 wears the non-volatile memory: this host writes 17 alone. The unfiltered value is
read, because hold and averaging may have been left on by somebody, and a held peak is no temperature of this person.
Address 255 reaches any one sensor. That it answers with 255 too, and not with its own address, is inferred: every
common Modbus host refuses an answer from another address than it asked. The Calex PyroUSB looks alike and has other
registers (emissivity 08, average 0F): its type is 21-23, not 16 or 17.
"""

from typing import Final

from contract.clock import Instant
from drivers import modbus_rtu
from drivers.codec import DriverSpec, Evidence, Handshake, Quantity, SerialLine, Transport, UsbId
from drivers.exchange import Exchange
from drivers.modbus_rtu import Message
from drivers.samples import Applied, DecodeFault, DeviceReply, Event, FaultKind, Sample, SampleFlag, SpotReading
from drivers.scanner import FrameScanner

ANY_SENSOR: Final = 255

TYPE: Final = 0x00
EMISSIVITY_STORED: Final = 0x07
FILTERED: Final = 0x0E
EMISSIVITY: Final = 0x17
"""Volatile."""
TYPES: Final = {16: "OS-MINIUSB / PyroMiniUSB", 17: "OS-MINIHUB"}

MEASUREMENT_ERROR: Final = 0x01
SENSOR_COLD: Final = 0x02
SENSOR_HOT: Final = 0x04
OBJECT_COLD: Final = 0x08
OBJECT_HOT: Final = 0x10

_READING_WORDS: Final = 4
_IDENTITY_WORDS: Final = 5
_EMISSIVITY_EVERY: Final = 25
"""Every so many questions the emissivity is asked again: a sensor that lost power comes back with its stored one."""


# --- what the host says -----------------------------------------------------------------------------------------------


def read_measurement(unit: int = ANY_SENSOR) -> bytes:
    """Return the question for filtered, unfiltered and sensor temperature and status."""
    return modbus_rtu.read_holding(unit, FILTERED, _READING_WORDS)


def read_emissivity(unit: int = ANY_SENSOR) -> bytes:
    """Return the question for the emissivity in force."""
    return modbus_rtu.read_holding(unit, EMISSIVITY, 1)


def read_identity(unit: int = ANY_SENSOR) -> bytes:
    """Return the question for type, field of view, serial number and address."""
    return modbus_rtu.read_holding(unit, TYPE, _IDENTITY_WORDS)


def set_emissivity(emissivity: float, unit: int = ANY_SENSOR) -> bytes:
    """Return the command for the volatile emissivity, 0.2-1.0 in steps of 0.0001. Raises ValueError."""
    code = round(emissivity * 10_000)
    if not 2000 <= code <= 10_000:
        raise ValueError(f"emissivity {emissivity}: must be 0.2-1.0")
    return modbus_rtu.write_register(unit, EMISSIVITY, code)


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_measurement(request: Message, filtered_c: float, unfiltered_c: float, sensor_c: float, status: int) -> bytes:
    """Return the answer to `read_measurement`. Raises ValueError for what 16 bits cannot say."""
    tenths = [round(value * 10) for value in (filtered_c, unfiltered_c, sensor_c)]
    if not all(-0x8000 <= value <= 0x7FFF for value in tenths):
        raise ValueError(f"{filtered_c}, {unfiltered_c}, {sensor_c} degC do not fit 16 bits")
    return modbus_rtu.registers_reply(request, [*tenths, status])


def _says(request: bytes, sample: Sample) -> bytes:
    asked = modbus_rtu.request(request) if modbus_rtu.sound(request) else None
    if asked is None or not isinstance(sample, SpotReading):
        return b""
    if request == read_emissivity():
        return modbus_rtu.registers_reply(asked, [round(sample.emissivity * 10_000)])
    if request != read_measurement():
        return b""
    sensor_c = 25.0 if sample.ambient_c is None else sample.ambient_c
    status = MEASUREMENT_ERROR if SampleFlag.ERROR in sample.flags else 0
    return encode_measurement(asked, sample.object_c, sample.object_c, sensor_c, status)


# --- decoding ---------------------------------------------------------------------------------------------------------


class CalexMiniusbDecoder:
    """Measurements as SpotReading, other answers as DeviceReply; asks for the emissivity first and now and then."""

    def __init__(self, instrument: str, unit: int = ANY_SENSOR) -> None:
        self._instrument = instrument
        self._unit = unit
        read = modbus_rtu.READ_HOLDING
        self._scanner = FrameScanner(
            *modbus_rtu.read_reply(unit, read, 2),
            *modbus_rtu.write_reply(unit, modbus_rtu.WRITE_REGISTER),
            modbus_rtu.read_reply(unit, read, 2 * _READING_WORDS)[0],
            modbus_rtu.read_reply(unit, read, 2 * _IDENTITY_WORDS)[0],
        )
        self._exchange = Exchange()
        self._turn = 0
        self._seq = 0
        self._emissivity: float | None = None

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        return [
            *self._exchange.tell_overdue(at),
            *(
                found if isinstance(found, DecodeFault) else self._event(found, at)
                for found in self._scanner.feed(data, at)
            ),
        ]

    def poll(self) -> bytes:
        """Return the next question."""
        turn, self._turn = self._turn, (self._turn + 1) % _EMISSIVITY_EVERY
        return self._exchange.ask(read_measurement(self._unit) if turn else read_emissivity(self._unit))

    def _event(self, frame: bytes, at: Instant) -> Event:
        self._exchange.close()
        heard = modbus_rtu.reply(frame)
        if heard is None:
            return DecodeFault(FaultKind.CONTENT, len(frame), at.at, at.mono_ns)
        if heard.exception is not None:
            return self._reply("refused", f"function {heard.function}, code {heard.exception}", at)
        if len(heard.registers) == _READING_WORDS:
            return self._reading(heard.registers, at)
        if len(heard.registers) == _IDENTITY_WORDS:
            kind, view, high, low, address = heard.registers
            name = TYPES.get(kind, f"type {kind}, not a PyroMiniUSB")
            return self._reply("identity", f"{name}, view {view}, serial {high << 16 | low}, address {address}", at)
        if heard.function == modbus_rtu.WRITE_REGISTER and heard.address != EMISSIVITY:
            return self._reply("written", f"{heard.address:02X}={heard.registers[0]}", at)
        self._emissivity = heard.registers[0] / 10_000
        return self._reply("emissivity", f"{self._emissivity:.4f}", at)

    def _reply(self, name: str, value: str, at: Instant) -> DeviceReply:
        return DeviceReply(self._instrument, at.at, at.mono_ns, name, value)

    def _reading(self, registers: tuple[int, ...], at: Instant) -> SpotReading:
        _filtered, unfiltered, sensor, status = registers
        flags = SampleFlag.EMISSIVITY_UNKNOWN if self._emissivity is None else SampleFlag.NONE
        if status:
            flags |= SampleFlag.ERROR
        if status & SENSOR_HOT:
            flags |= SampleFlag.OVERHEATED
        seq = self._seq
        self._seq += 1
        return SpotReading(
            instrument=self._instrument,
            seq=seq,
            at=at.at,
            mono_ns=at.mono_ns,
            object_c=modbus_rtu.signed(unfiltered) / 10,
            ambient_c=modbus_rtu.signed(sensor) / 10,
            applied=Applied.NONE if self._emissivity is None else Applied.EMISSIVITY,
            emissivity=1.0 if self._emissivity is None else self._emissivity,
            flags=flags,
        )


def _recognises(heard: bytes) -> bool:
    """Take the answer to `read_identity`: the type tells this sensor from any other Modbus device."""
    frame = heard[: 5 + 2 * _IDENTITY_WORDS]
    if len(frame) < 5 + 2 * _IDENTITY_WORDS or not modbus_rtu.sound(frame):
        return False
    told = modbus_rtu.reply(frame)
    return told is not None and len(told.registers) == _IDENTITY_WORDS and told.registers[0] in TYPES


SPEC: Final = DriverSpec(
    name="calex_miniusb",
    title="Calex PyroMiniUSB / Omega OS-MINIUSB",
    quantity=Quantity.SPOT,
    transport=Transport.SERIAL,
    evidence=Evidence.MANUAL,
    sources=(
        "Omega OS-MINIUSB manual page 6 (manualshive.com 3954204 page 8): registers, address 255, reply delay 20 ms",
        "Calex PyroUSB manual page 11: how its registers differ",
        "the address in the answer to address 255: inferred from what Modbus hosts accept",
    ),
    decoder=CalexMiniusbDecoder,
    says=_says,
    line=SerialLine(9600),
    usb=(UsbId(0x0403, 0x6015, "FTDI adapter; shared with many other devices"),),
    start=(set_emissivity(1.0),),
    handshake=Handshake(read_identity(), _recognises, 0.5),
    poll_interval_s=0.1,
    rate_hz=10.0,
    wiring={"USB": "any USB port (virtual serial port)"},
)
