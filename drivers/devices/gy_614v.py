"""GY-614V / GY-614V3: single-point infrared thermometer for foreheads, TTL UART 8N1, register protocol.

What the device says, by itself (default) or to a read, worked example:

    A4 03 07 07 5F 0D 54 09 E3 0E 4A B9
    DD FF SS NN EE OO OO AA AA BB BB KK

    D  device address, A4 unless set otherwise (register 00, even, 1-254)
    F  function: 03 read; the host writes with 06
    S  first register        N  how many registers follow, one byte each: both vary, the frame is 5 + N bytes long
    E  register 07     emissivity, 0.01           (0.95)
    O  registers 08-09 object, i16 BE, 0.01 degC  (34.12)
    A  registers 0A-0B sensor, i16 BE, 0.01 degC  (25.31)
    B  registers 0C-0D "body" from the forehead, i16 BE, 0.01 degC (36.58)
    K  sum of all bytes before it modulo 256

The payload order is read from a published host (RMCS gy614.hpp); that S and N are 07 07 in automatic output is inferred
from the register map. B is the device's own mapping of forehead to body: it is passed on to be shown, never to decide.

Registers: 00 address, 01 baud (0-7 = 2400 4800 9600 19200 38400 57600 115200 230400), 02 rate (0-3 = 1 2 5 10 Hz),
03 mode (0 continuous, 1 query), 04 format (0 binary, 1 characters), 05 save (55) or factory reset (AA), 06 object
offset (v - 100)/10 degC, 07 emissivity 1-100, 0E chip model, 0F firmware. An offset other than 100 shifts every reading
without a word, so the host asks for it at the start and reports it.
"""

from typing import Final

from contract.clock import Instant
from drivers.checksums import sum8
from drivers.codec import DriverSpec, Evidence, Handshake, Quantity, SerialLine, Transport, decodes
from drivers.samples import Applied, DecodeFault, DeviceReply, Event, Mode, Sample, SampleFlag, SpotReading
from drivers.scanner import FrameFormat, FrameScanner

ADDRESS: Final = 0xA4

_READ: Final = 0x03
_WRITE: Final = 0x06
_BAUD: Final = 0x01
_RATE: Final = 0x02
_MODE: Final = 0x03
_FORMAT: Final = 0x04
_SAVE: Final = 0x05
_OFFSET: Final = 0x06
_EMISSIVITY: Final = 0x07
_OBJECT: Final = 0x08
_SENSOR: Final = 0x0A
_BODY: Final = 0x0C
_REGISTERS: Final = 0x10
_NO_OFFSET: Final = 100

_BAUD_CODES: Final = {2400: 0, 4800: 1, 9600: 2, 19200: 3, 38400: 4, 57600: 5, 115200: 6, 230400: 7}
_RATE_CODES: Final = {1.0: 0, 2.0: 1, 5.0: 2, 10.0: 3}

_OBJECT_CENTI_C: Final = range(-7000, 38001)
_SENSOR_CENTI_C: Final = range(-4000, 12501)
"""Ranges of the MLX90614 family inside."""


# --- what the host says -----------------------------------------------------------------------------------------------


def write_register(register: int, value: int, *, address: int = ADDRESS) -> bytes:
    """Return the command that sets one register. Raises ValueError for what is no register or no byte."""
    if not (0 <= register < _REGISTERS and 0 <= value <= 0xFF):
        raise ValueError(f"register {register} = {value}: the GY-614V has registers 0-15 of one byte")
    return _frame(bytes((address, _WRITE, register, value)))


def read_registers(start: int, count: int, *, address: int = ADDRESS) -> bytes:
    """Return the question for `count` registers from `start`. Raises ValueError outside 0-15."""
    if not (count >= 1 and start >= 0 and start + count <= _REGISTERS):
        raise ValueError(f"registers {start}+{count}: the GY-614V has 0-15")
    return _frame(bytes((address, _READ, start, count)))


def set_baud(baud: int) -> bytes:
    """Return the command for one of the eight line rates. Raises ValueError."""
    return write_register(_BAUD, _code(baud, _BAUD_CODES, "baud"))


def set_rate(rate_hz: float) -> bytes:
    """Return the command for 1, 2, 5 or 10 readings a second. Raises ValueError."""
    return write_register(_RATE, _code(rate_hz, _RATE_CODES, "Hz"))


def continuous_output() -> bytes:
    """Return the command that makes the device talk by itself, as it does from the factory."""
    return write_register(_MODE, 0)


def query_mode() -> bytes:
    """Return the command that makes the device wait for questions."""
    return write_register(_MODE, 1)


def binary_format() -> bytes:
    """Return the command for binary frames, as against characters."""
    return write_register(_FORMAT, 0)


def set_offset(offset_c: float) -> bytes:
    """Return the command for the object offset, -10.0 to +15.5 degC. A gate never sends it. Raises ValueError."""
    return write_register(_OFFSET, round(offset_c * 10) + _NO_OFFSET)


def set_emissivity(emissivity: float) -> bytes:
    """Return the command for an emissivity of 0.01-1.00. Raises ValueError."""
    code = round(emissivity * 100)
    if not 1 <= code <= 100:
        raise ValueError(f"emissivity {emissivity}: must be 0.01-1.00")
    return write_register(_EMISSIVITY, code)


def save_settings() -> bytes:
    """Return the command that writes the settings to flash. For a technician's bench, never sent by a gate."""
    return write_register(_SAVE, 0x55)


def factory_reset() -> bytes:
    """Return the command that restores the factory's settings. For a technician's bench, never sent by a gate."""
    return write_register(_SAVE, 0xAA)


def query_reading() -> bytes:
    """Return the question for emissivity, object, sensor and body."""
    return read_registers(_EMISSIVITY, 7)


def query_offset() -> bytes:
    """Return the question for the object offset."""
    return read_registers(_OFFSET, 1)


def _code(value: float, codes: dict[int, int] | dict[float, int], unit: str) -> int:
    for known, code in codes.items():
        if known == value:
            return code
    raise ValueError(f"{value} {unit}: the GY-614V knows {', '.join(map(str, codes))}")


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_registers(start: int, values: bytes, *, address: int = ADDRESS) -> bytes:
    """Return the frame that tells the registers from `start` on."""
    return _frame(bytes((address, _READ, start, len(values))) + values)


def encode_reading(object_c: float, sensor_c: float | None, body_c: float | None, emissivity: float = 0.95) -> bytes:
    """Return the frame of automatic output, shorter where there is no body or sensor value. Raises ValueError."""
    payload = bytes((round(emissivity * 100),))
    for value_c in (object_c, sensor_c, body_c):
        if value_c is None:
            break
        centi = round(value_c * 100)
        if not -0x8000 <= centi <= 0x7FFF:
            raise ValueError(f"{value_c} degC does not fit the GY-614V's 16 bits")
        payload += centi.to_bytes(2, "big", signed=True)
    return encode_registers(_EMISSIVITY, payload)


def _frame(body: bytes) -> bytes:
    return body + bytes((sum8(body),))


def _says(request: bytes, sample: Sample) -> bytes:
    if isinstance(sample, SpotReading) and request in (b"", query_reading()):
        emissivity = sample.emissivity if Applied.EMISSIVITY in sample.applied else 0.95
        return encode_reading(sample.object_c, sample.ambient_c, sample.body_c, emissivity)
    return b""


# --- decoding ---------------------------------------------------------------------------------------------------------


def _length(header: bytes) -> int:
    """Return 5 + count where the registers exist, else 0."""
    start, count = header[2], header[3]
    return 5 + count if count and start + count <= _REGISTERS else 0


def _doubt(frame: bytes) -> str:
    """Say which value the sensor cannot have; with one byte of sum, the values have to help to know a frame."""
    registers = _registers(frame)
    emissivity = registers.get(_EMISSIVITY, 100)
    if not 1 <= emissivity <= 100:
        return f"emissivity {emissivity / 100}"
    for first, name, allowed in ((_OBJECT, "object", _OBJECT_CENTI_C), (_SENSOR, "sensor", _SENSOR_CENTI_C)):
        centi = _signed(registers, first)
        if centi is not None and centi not in allowed:
            return f"{name} {centi / 100} degC"
    return ""


def _registers(frame: bytes) -> dict[int, int]:
    return dict(enumerate(frame[4:-1], start=frame[2]))


def _signed(registers: dict[int, int], first: int) -> int | None:
    if first not in registers or first + 1 not in registers:
        return None
    return int.from_bytes(bytes((registers[first], registers[first + 1])), "big", signed=True)


def _told(register: int, value: int) -> tuple[str, str]:
    """Return name and value of a register that was read alone."""
    match register:
        case 0x06:
            return "offset_c", f"{(value - _NO_OFFSET) / 10:.1f}"
        case 0x07:
            return "emissivity", f"{value / 100:.2f}"
        case _:
            return f"register_{register:02x}", f"{value:02X}"


class Gy614vDecoder:
    """Frames with an object temperature as SpotReading, other registers as DeviceReply each."""

    def __init__(self, instrument: str, address: int = ADDRESS) -> None:
        self._instrument = instrument
        sync = bytes((address, _READ))
        self._scanner = FrameScanner(
            FrameFormat(sync, 4, 5 + _REGISTERS, _length, lambda frame: sum8(frame[:-1]) == frame[-1], _doubt)
        )
        self._seq = 0
        self._emissivity: float | None = None

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = []
        for found in self._scanner.feed(data, at):
            events += [found] if isinstance(found, DecodeFault) else self._samples(found, at)
        return events

    def poll(self) -> bytes:
        """Return b"": the device talks by itself."""
        return b""

    def _samples(self, frame: bytes, at: Instant) -> list[Sample]:
        registers = _registers(frame)
        if _EMISSIVITY in registers:
            self._emissivity = registers[_EMISSIVITY] / 100
        centi = _signed(registers, _OBJECT)
        if centi is not None:
            return [self._reading(centi / 100, registers, at)]
        return [DeviceReply(self._instrument, at.at, at.mono_ns, *_told(*item)) for item in registers.items()]

    def _reading(self, object_c: float, registers: dict[int, int], at: Instant) -> SpotReading:
        sensor, body = _signed(registers, _SENSOR), _signed(registers, _BODY)
        flags = SampleFlag.NONE if self._emissivity is not None else SampleFlag.EMISSIVITY_UNKNOWN
        seq = self._seq
        self._seq += 1
        return SpotReading(
            instrument=self._instrument,
            seq=seq,
            at=at.at,
            mono_ns=at.mono_ns,
            object_c=object_c,
            ambient_c=None if sensor is None else sensor / 100,
            body_c=None if body is None else body / 100,
            mode=Mode.SURFACE,
            applied=Applied.NONE if self._emissivity is None else Applied.EMISSIVITY,
            emissivity=1.0 if self._emissivity is None else self._emissivity,
            flags=flags,
        )


SPEC: Final = DriverSpec(
    name="gy_614v",
    title="GY-614V / GY-614V3 (single point, object, sensor and body)",
    quantity=Quantity.SPOT,
    transport=Transport.SERIAL,
    evidence=Evidence.MANUAL,
    sources=(
        "wap.szlitus.com show-4084, en.szlitus.com show-4082 (product pages): registers, commands, checksum",
        "allnewsemi.com/show-228082: the same register map",
        "Alliance-Algorithm/RMCS gy614.hpp: order of the payload; first register and count are inferred from the map",
    ),
    decoder=Gy614vDecoder,
    says=_says,
    line=SerialLine(9600, alternatives=(115200, 19200, 38400, 57600, 230400, 4800, 2400)),
    start=(query_offset(), continuous_output()),
    handshake=Handshake(query_reading(), decodes(Gy614vDecoder), 0.5),
    rate_hz=10.0,
    wiring={"VCC": "3.3V or 5V", "GND": "GND", "TX": "RXD", "RX": "TXD", "PS": "leave open (soldered: I2C)"},
)
