"""XY-MD02 / MD02: temperature and humidity of the air (SHT20, SHT40), RS-485, Modbus RTU, 9600 8N1, unit 1.

The host asks, the device answers; both registers at once, worked example of the manual (30.5 degC, 54.6 %):

    01 04 00 01 00 02 20 0B        01 04 04 01 31 02 22 2A CE
    UU FF AA AA NN NN CC CC        UU FF BB TT TT HH HH CC CC

    U  unit 1-247         F  function 04, read input registers
    A  first register     N  how many                B  bytes that follow
    T  register 0001, i16 BE, 0.1 degC (two's complement: FF33 = -20.5)
    H  register 0002, u16 BE, 0.1 %
    C  CRC-16 of Modbus, low byte first

Register by register: `01 04 00 01 00 01 60 0A` -> `01 04 02 01 31 79 74`, `01 04 00 02 00 01 90 0A` ->
`01 04 02 02 22 38 49`. THE MANUAL PRINTS `C1 CA` and `D1 BA` for the last two CRCs; both are wrong by the Modbus CRC
that its other frames obey. A reply to one register does not say which: it is read only if the request was asked or
heard.

Some units count hundredths. Nobody can know that from one number, so tenths hold until the device itself disproves
them: air cannot hold more than 100 %, so a humidity above 1000 counts that makes sense as hundredths, twice in a row,
proves it. The reading that could not be true is a CONTENT fault, never a reading. 8E1 and 8O1 units are told of,
unconfirmed.

Holding registers (03, 06, 10): 0101 unit, 0102 baud (as 9600/14400/19200 in some units, as index 0/1/2 in others), 0103
temperature offset, 0104 humidity offset, both in tenths.
"""

from typing import Final

from contract.clock import Instant
from drivers import modbus_rtu
from drivers.codec import DriverSpec, Evidence, Handshake, Quantity, SerialLine, Transport, decodes
from drivers.modbus_rtu import READ_INPUT, Message
from drivers.samples import AmbientReading, DecodeFault, DeviceReply, Event, FaultKind, Sample
from drivers.scanner import FrameScanner, fixed

UNIT: Final = 1
TEMPERATURE: Final = 0x0001
HUMIDITY: Final = 0x0002

_OFFSETS: Final = 0x0103
_REQUEST_BYTES: Final = 8
_LOWEST_C: Final = -40.0
_HIGHEST_C: Final = 85.0
_PROOFS: Final = 2
"""Impossible humidities in a row that prove hundredths."""


# --- what the host says -----------------------------------------------------------------------------------------------


def read_both(unit: int = UNIT) -> bytes:
    """Return the question for temperature and humidity."""
    return modbus_rtu.read_input(unit, TEMPERATURE, 2)


def read_temperature(unit: int = UNIT) -> bytes:
    """Return the question for the temperature alone."""
    return modbus_rtu.read_input(unit, TEMPERATURE, 1)


def read_humidity(unit: int = UNIT) -> bytes:
    """Return the question for the humidity alone."""
    return modbus_rtu.read_input(unit, HUMIDITY, 1)


def set_offsets(temperature_c: float, humidity_pct: float, unit: int = UNIT) -> bytes:
    """Return the command for both offsets; kept when the power fails. A gate never sends it."""
    return modbus_rtu.write_registers(unit, _OFFSETS, (round(temperature_c * 10), round(humidity_pct * 10)))


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_reply(request: Message, ambient_c: float, humidity_pct: float, counts_per_unit: int = 10) -> bytes:
    """Return the answer to a read of input registers; a refusal for registers that the device does not have."""
    values = (round(ambient_c * counts_per_unit), round(humidity_pct * counts_per_unit))
    first = request.address - TEMPERATURE
    if request.function != READ_INPUT:
        return modbus_rtu.refusal(request, modbus_rtu.ILLEGAL_FUNCTION)
    if request.count < 1 or not 0 <= first <= first + request.count <= len(values):
        return modbus_rtu.refusal(request, modbus_rtu.ILLEGAL_ADDRESS)
    return modbus_rtu.registers_reply(request, values[first : first + request.count])


def _says(request: bytes, sample: Sample) -> bytes:
    if not isinstance(sample, AmbientReading) or not modbus_rtu.sound(request):
        return b""
    asked = modbus_rtu.request(request)
    if asked is None or asked.unit != UNIT:
        return b""
    return encode_reply(asked, sample.ambient_c, 0.0 if sample.humidity_pct is None else sample.humidity_pct)


# --- decoding ---------------------------------------------------------------------------------------------------------


class XyMd02Decoder:
    """Replies as AmbientReading; a humidity read alone, or a register nobody asked for, as DeviceReply.

    `counts_per_unit` 10 or 100 settles the scale; None begins with tenths and believes a proof.
    """

    def __init__(self, instrument: str, unit: int = UNIT, counts_per_unit: int | None = None) -> None:
        self._instrument = instrument
        self._unit = unit
        one, refused = modbus_rtu.read_reply(unit, READ_INPUT, 2)
        two, _same = modbus_rtu.read_reply(unit, READ_INPUT, 4)
        # a request heard back; its first register is below 256, so that no reply begins like it
        echo = fixed(bytes((unit, READ_INPUT, 0)), _REQUEST_BYTES, modbus_rtu.sound)
        self._scanner = FrameScanner(refused, one, echo, two)
        self._settled = counts_per_unit is not None
        self._counts = counts_per_unit or 10
        self._proofs = 0
        self._asked: Message | None = None
        self._answered = True
        self._given_up = False
        self._seq = 0

    def poll(self) -> bytes:
        """Return the question for both values."""
        question = read_both(self._unit)
        self._given_up = not self._answered
        self._answered = False
        self._asked = modbus_rtu.request(question)
        return question

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = []
        if self._given_up:
            self._given_up = False
            events.append(DecodeFault(FaultKind.TIMEOUT, 0, at.at, at.mono_ns, "no answer"))
            events += self._scanner.reset(at)
        for found in self._scanner.feed(data, at):
            events += [found] if isinstance(found, DecodeFault) else self._message(found, at)
        return events

    def _message(self, frame: bytes, at: Instant) -> list[Event]:
        if len(frame) == _REQUEST_BYTES:
            self._asked = modbus_rtu.request(frame)
            return []
        reply = modbus_rtu.reply(frame)
        asked, self._asked = self._asked, None
        self._answered = True
        if reply is None or reply.exception is not None:
            code = "unreadable" if reply is None else f"refused with code {reply.exception}"
            return [DecodeFault(FaultKind.CONTENT, len(frame), at.at, at.mono_ns, code)]
        if len(reply.registers) == 2:
            return self._both(*reply.registers, at)
        return [self._one(reply.registers[0], asked, at)]

    def _both(self, temperature: int, humidity: int, at: Instant) -> list[Event]:
        self._weigh(humidity)
        return [self._reading(modbus_rtu.signed(temperature) / self._counts, humidity / self._counts, at)]

    def _one(self, register: int, asked: Message | None, at: Instant) -> Event:
        address = asked.address if asked and asked.count == 1 else None
        if address == TEMPERATURE:
            return self._reading(modbus_rtu.signed(register) / self._counts, None, at)
        if address == HUMIDITY:
            return DeviceReply(self._instrument, at.at, at.mono_ns, "humidity_pct", str(register / self._counts))
        return DeviceReply(self._instrument, at.at, at.mono_ns, "register", f"{register} (nobody asked which)")

    def _reading(self, ambient_c: float, humidity_pct: float | None, at: Instant) -> Event:
        if not _LOWEST_C <= ambient_c <= _HIGHEST_C or (humidity_pct is not None and humidity_pct > 100):
            told = f"{ambient_c} degC, {humidity_pct} %: does this unit count hundredths?"
            return DecodeFault(FaultKind.CONTENT, 0, at.at, at.mono_ns, told)
        seq = self._seq
        self._seq += 1
        return AmbientReading(self._instrument, seq, at.at, at.mono_ns, ambient_c, humidity_pct)

    def _weigh(self, humidity: int) -> None:
        """Count humidities that only hundredths can explain, and believe them when there are enough."""
        if self._settled:
            return
        self._proofs = self._proofs + 1 if 1000 < humidity <= 10_000 else 0
        if self._proofs >= _PROOFS:
            self._counts = 100
            self._settled = True


SPEC: Final = DriverSpec(
    name="xy_md02",
    title="XY-MD02 temperature and humidity (RS-485, Modbus RTU)",
    quantity=Quantity.AMBIENT,
    transport=Transport.SERIAL,
    evidence=Evidence.MANUAL,
    sources=(
        "XY-MD02 manual, as quoted by SantaClaas/serial and others: registers, frames; two CRCs misprinted",
        "MODBUS over Serial Line V1.02: CRC, silence between frames",
    ),
    decoder=XyMd02Decoder,
    says=_says,
    line=SerialLine(9600, alternatives=(19200, 14400)),
    handshake=Handshake(read_both(), decodes(XyMd02Decoder), 0.5),
    poll_interval_s=2.0,
    rate_hz=0.5,
    silence_s=10.0,
    wiring={"VCC": "5-30V", "GND": "GND", "A+": "A (D+)", "B-": "B (D-)"},
)
