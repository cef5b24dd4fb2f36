"""Optris CT (CTlaser, CTvideo) and CS (CSmicro, CSlaser, CX): infrared pyrometers, binary, CT 115200 8N1, CS 9600.

Exchanges of the manuals; nothing frames an answer, its length alone is known, from what was asked:

    host 01         device 04 D3       target temperature  (b1 * 256 + b2 - 1000) / 10 = 23.5 degC
    host 02         device b1 b2       temperature of the measuring head, same scale
    host 03         device b1 b2       target temperature without averaging, same scale
    host 04         device 03 B6       emissivity / 1000 = 0.950
    host 05         device b1 b2       transmission / 1000
    host 09         device b1          temperature of the processor box (one byte; scale unclear, not read here)
    host 0E         device b1 b2 b3    serial number
    host 0F         device b1 b2       firmware
    host 84 03 B6   device 03 B6       set emissivity 0.950; 85 likewise transmission

CT wants a check byte behind SET commands after power-on: the exclusive or of the command's bytes, address left out, as
in `84 03 B6 31`. CS knows none. On RS-485 a byte B0 + address comes first. Nobody says whether a SET wears out a
memory: a gate sets nothing, it reads emissivity and transmission and tells them.

So the codec asks one thing at a time and waits for exactly so many bytes. After an answer that did not come it lets one
turn pass in silence and drops what still arrives, because a late answer looks like any other. A host that never asked
itself, which plays a capture, takes a lone byte that is a question for one. Bytes that nobody asked
for are dropped and told; damage inside two bytes cannot be noticed: values that the device cannot measure are refused,
and samples are flagged UNCHECKED.

NOT READ: "hs" models answer in hundredths, `30 3E` = (12350 - 10000) / 100 = 23.50. Read as tenths that is 1135 degC,
above the 975 degC of any model that sees skin, so it is refused with a fault that says so. Nor is burst mode read.
"""

from dataclasses import dataclass
from typing import Final

from contract.clock import Instant
from drivers.checksums import xor8
from drivers.codec import DriverSpec, Evidence, Handshake, Integrity, Quantity, SerialLine, Transport
from drivers.exchange import Exchange
from drivers.samples import Applied, DecodeFault, DeviceReply, Event, FaultKind, Sample, SampleFlag, SpotReading
from drivers.scanner import PAUSE_S

TARGET: Final = 0x01
HEAD: Final = 0x02
CURRENT: Final = 0x03
EMISSIVITY: Final = 0x04
TRANSMISSION: Final = 0x05
SERIAL_NUMBER: Final = 0x0E
FIRMWARE: Final = 0x0F
SET_EMISSIVITY: Final = 0x84
SET_TRANSMISSION: Final = 0x85
ANY_ADDRESS: Final = 0xB0
"""Prefix of RS-485: this plus the address 1-15; alone, a SET reaches every device and none answers."""

ANSWER_BYTES: Final = {
    TARGET: 2,
    HEAD: 2,
    CURRENT: 2,
    EMISSIVITY: 2,
    TRANSMISSION: 2,
    SERIAL_NUMBER: 3,
    FIRMWARE: 2,
    SET_EMISSIVITY: 2,
    SET_TRANSMISSION: 2,
}

_CYCLE: Final = (EMISSIVITY, TRANSMISSION, HEAD, *(TARGET,) * 20)
_MOST_STRAY: Final = 64
_LOWEST_C: Final = -60.0
_HIGHEST_C: Final = 975.0


# --- what the host says -----------------------------------------------------------------------------------------------


def read(opcode: int) -> bytes:
    """Return the question of that code. Raises ValueError."""
    if opcode not in ANSWER_BYTES or opcode & 0x80:
        raise ValueError(
            f"{opcode:02X}: Optris devices are asked {[f'{code:02X}' for code in ANSWER_BYTES if code < 0x80]}"
        )
    return bytes((opcode,))


def set_emissivity(emissivity: float, *, checked: bool = True) -> bytes:
    """Return the command for an emissivity of 0.1-1.1; `checked` with the byte that CT wants. Raises ValueError."""
    code = round(emissivity * 1000)
    if not 100 <= code <= 1100:
        raise ValueError(f"emissivity {emissivity}: must be 0.1-1.1")
    body = bytes((SET_EMISSIVITY, *code.to_bytes(2, "big")))
    return body + bytes((xor8(body),)) if checked else body


def addressed(command: bytes, address: int) -> bytes:
    """Return the command for one of several devices on RS-485, address 1-15. Raises ValueError."""
    if not 1 <= address <= 15:
        raise ValueError(f"address {address}: must be 1-15")
    return bytes((ANY_ADDRESS + address,)) + command


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_temperature(temperature_c: float) -> bytes:
    """Return the answer to TARGET, HEAD or CURRENT. Raises ValueError for what 16 bits cannot say."""
    tenths = round(temperature_c * 10) + 1000
    if not 0 <= tenths <= 0xFFFF:
        raise ValueError(f"{temperature_c} degC does not fit 16 bits")
    return tenths.to_bytes(2, "big")


def encode_share(share: float) -> bytes:
    """Return the answer to EMISSIVITY, TRANSMISSION and their SET commands."""
    return round(share * 1000).to_bytes(2, "big")


def encode_number(opcode: int, number: int) -> bytes:
    """Return the answer to SERIAL_NUMBER or FIRMWARE."""
    return number.to_bytes(ANSWER_BYTES[opcode], "big")


def _says(request: bytes, sample: Sample) -> bytes:
    if not isinstance(sample, SpotReading) or len(request) != 1:
        return b""
    head_c = 25.0 if sample.ambient_c is None else sample.ambient_c
    answers = {
        TARGET: encode_temperature(sample.object_c),
        CURRENT: encode_temperature(sample.object_c),
        HEAD: encode_temperature(head_c),
        EMISSIVITY: encode_share(sample.emissivity),
        TRANSMISSION: encode_share(1.0),
    }
    return answers.get(request[0], b"")


# --- decoding ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Known:
    """What the device has told of itself."""

    emissivity: float | None = None
    transmission: float | None = None
    head_c: float | None = None


class OptrisCtDecoder:
    """Target temperatures as SpotReading; emissivity, transmission and head temperature as DeviceReply."""

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._exchange = Exchange()
        self._asks = False
        """Whether this host asks itself: then no byte that it hears is a question."""
        self._asked = TARGET
        self._buffer = bytearray()
        self._stray = 0
        self._heard_ns = 0
        self._turn = 0
        self._seq = 0
        self._known = _Known()

    def poll(self) -> bytes:
        """Return the next question, or b"" for a turn of silence after one that was not answered."""
        self._asks = True
        self._stray += len(self._buffer)
        self._buffer.clear()
        if self._exchange.is_open:
            self._turn = 0
            return self._exchange.ask(b"")
        self._asked = _CYCLE[self._turn]
        self._turn = (self._turn + 1) % len(_CYCLE)
        return self._exchange.ask(read(self._asked))

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = [*self._exchange.tell_overdue(at)]
        if self._is_question(data):
            self._asked = data[0]
            self._exchange.ask(data)
            return events
        if data:
            self._heard_ns = at.mono_ns
            self._buffer += data
        wanted = ANSWER_BYTES[self._asked]
        if self._exchange.is_open and len(self._buffer) >= wanted:
            answer = bytes(self._buffer[:wanted])
            del self._buffer[:wanted]
            self._exchange.close()
            events.append(self._answer(answer, at))
        if len(self._buffer) > _MOST_STRAY or (not data and at.mono_ns - self._heard_ns >= PAUSE_S * 1e9):
            self._stray += len(self._buffer)
            self._buffer.clear()
        if self._stray:
            events.append(DecodeFault(FaultKind.RESYNC, self._stray, at.at, at.mono_ns, "nobody asked for these"))
            self._stray = 0
        return events

    def _is_question(self, data: bytes) -> bool:
        idle = not (self._asks or self._exchange.is_open or self._buffer)
        return idle and len(data) == 1 and data[0] in _CYCLE

    def _answer(self, answer: bytes, at: Instant) -> Event:
        number = int.from_bytes(answer, "big")
        if self._asked in (EMISSIVITY, TRANSMISSION):
            return self._share(number / 1000, at)
        value_c = (number - 1000) / 10
        if not _LOWEST_C <= value_c <= _HIGHEST_C:
            why = f"{answer.hex(' ')} = {value_c} degC: impossible, or an hs model, which answers in hundredths"
            return DecodeFault(FaultKind.CONTENT, len(answer), at.at, at.mono_ns, why)
        if self._asked == HEAD:
            self._known.head_c = value_c
            return DeviceReply(self._instrument, at.at, at.mono_ns, "head", f"{value_c:.1f}")
        return self._reading(value_c, at)

    def _share(self, share: float, at: Instant) -> Event:
        if not 0.05 <= share <= 1.1:
            return DecodeFault(FaultKind.CONTENT, 2, at.at, at.mono_ns, f"{share} is no emissivity or transmission")
        if self._asked == EMISSIVITY:
            self._known.emissivity = share
            return DeviceReply(self._instrument, at.at, at.mono_ns, "emissivity", f"{share:.3f}")
        self._known.transmission = share
        return DeviceReply(self._instrument, at.at, at.mono_ns, "transmission", f"{share:.3f}")

    def _reading(self, object_c: float, at: Instant) -> SpotReading:
        known = self._known
        flags, applied = SampleFlag.UNCHECKED, Applied.NONE
        if known.emissivity is None:
            flags |= SampleFlag.EMISSIVITY_UNKNOWN
        else:
            applied |= Applied.EMISSIVITY
        if known.transmission not in (None, 1.0):
            applied |= Applied.WINDOW
        seq = self._seq
        self._seq += 1
        return SpotReading(
            instrument=self._instrument,
            seq=seq,
            at=at.at,
            mono_ns=at.mono_ns,
            object_c=object_c,
            ambient_c=known.head_c,
            applied=applied,
            emissivity=1.0 if known.emissivity is None else known.emissivity,
            flags=flags,
        )


_HANDSHAKE: Final = read(EMISSIVITY) + read(TRANSMISSION)


def _recognises(heard: bytes) -> bool:
    """Take the answers to `_HANDSHAKE`, perhaps behind its echo: four bytes, two shares of 0.1-1.1, and no more.

    Nothing frames them; but few devices answer two bytes so shortly. That both are answered in a row is inferred.
    """
    answers = (heard, heard[len(_HANDSHAKE) :]) if heard.startswith(_HANDSHAKE) else (heard,)
    return any(
        len(answer) == 4 and all(100 <= int.from_bytes(answer[place : place + 2], "big") <= 1100 for place in (0, 2))
        for answer in answers
    )


SPEC: Final = DriverSpec(
    name="optris_ct",
    title="Optris CT / CS infrared thermometers (binary protocol)",
    quantity=Quantity.SPOT,
    transport=Transport.SERIAL,
    evidence=Evidence.MANUAL,
    sources=(
        "Optris CS / CSmicro / CSlaser manuals, digital command set (manualshive 1645604 p38, easymanua.ls cs p49)",
        "Optris CT communication interface 2020-04 (scribd 678736938): 115200 baud, check byte, addresses",
        "imacovei/Optris-CT-Basics OptrisCtManager.cs: a host that reads by length",
    ),
    decoder=OptrisCtDecoder,
    says=_says,
    integrity=Integrity.SIZE,
    line=SerialLine(115200, alternatives=(9600, 57600, 38400, 19200)),
    handshake=Handshake(_HANDSHAKE, _recognises, 0.2),
    poll_interval_s=0.1,
    rate_hz=8.0,
    wiring={"USB or RS-232": "interface of the box", "RS-485": "A, B; this driver speaks to a single device"},
)
