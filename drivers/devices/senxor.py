"""Meridian SenXor modules MI0801/MI0802 (80x62), MI1602 (160x120), MI0502 (50x50): USB-CDC, or TCP port 3333.

Message, both ways, text around binary content (the reply to a register read, from the maker's tests):

    20 20 20 23 30 30 30 41 52 52 45 47 30 31 30 32 36 32
     _  _  _  #  0  0  0  A  R  R  E  G  0  1  0  2  6  2
     P  P  P  P  L  L  L  L  C  C  C  C  V  V  K  K  K  K

    P  prefix, three spaces and #
    L  4 hex digits, bytes that follow: C + content + K
    C  command
    K  4 hex digits, sum of the bytes of L, C and content modulo 65536. The host sends the letters XXXX instead, and so
       do some ESP32 bridges in images: such an image is accepted and flagged UNCHECKED.

| host says                        | device answers                          |
| RREG aa XXXX  read a register    | RREG vv kkkk  (the address is not told) |
| WREG aavv XXXX  write a register | WREG kkkk, always 01FD                  |
| RRSE aabb..FF XXXX  read several | RRSE aavv.. kkkk                        |
|                                  | GFRA reserved header pixels kkkk        |
|                                  | SERR: no sensor module                  |

Image, L and the bytes of its parts (header left out in no-header mode):

    MI08  2808   160 reserved + 160 header +  9920 pixels (62 rows x 80)
    MI16  9B08   960 reserved + 320 header + 38400 pixels (120 rows x 160)
    MI05  1458   100 reserved + 100 header +  5000 pixels (50 rows x 50)

    pixels  u16 LE, 0.1 K; raw counts in ADC mode
    header  u16 LE words: 0 frame counter, 1 supply 0.1 mV, 2 chip temperature 0.01 K, 3-4 clock, 5 and 6 hottest and
            coldest 0.1 K, 7 its own check value (algorithm not published)

Registers used: B1 mode (bit 0 one image, 1 continuous, 5 no header, 7 ADC), B4 rate divider, B6 status (bit 2 interface
error, 3 capture error, 5 booting), CA emissivity in %, CB offset i8 0.1 K, BB module type. All act at once; flash has a
register of its own (D8) which this host never writes. A reply to RREG does not say which register it read, so the
decoder asks one at a time and remembers: `poll` asks for emissivity, mode and status in turn. RRSE may hang old
firmware; this host reads one register at a time.
"""

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.clock import Instant
from contract.units import ZERO_C_IN_K
from drivers.checksums import sum16
from drivers.codec import DriverSpec, Evidence, Handshake, Quantity, SerialLine, Transport, UsbId, decodes
from drivers.samples import Applied, DecodeFault, DeviceReply, Event, FaultKind, Sample, SampleFlag, ThermalFrame
from drivers.scanner import FrameFormat, FrameScanner

FRAME_MODE: Final = 0xB1
RATE_DIVIDER: Final = 0xB4
STATUS: Final = 0xB6
MODULE_TYPE: Final = 0xBB
EMISSIVITY: Final = 0xCA
OFFSET: Final = 0xCB

CONTINUOUS: Final = 0x02
ONE_IMAGE: Final = 0x01
NO_HEADER: Final = 0x20
ADC: Final = 0x80

INTERFACE_ERROR: Final = 0x04
CAPTURE_ERROR: Final = 0x08
BOOTING: Final = 0x20

_PREFIX: Final = b"   #"
_UNCHECKED: Final = b"XXXX"
_FIXED: Final = 8
"""Bytes of command and check value."""
_LONGEST_TEXT: Final = 4 * 256 + _FIXED
"""Content of the longest text message: every register once."""
_HEADER: Final = struct.Struct("<HHH")
"""Frame counter, supply, chip temperature."""
_COUNTS: Final = np.dtype("<u2")
_DECI: Final = np.float32(0.1)
_ZERO_C: Final = np.float32(ZERO_C_IN_K)
_WATCHED: Final = (EMISSIVITY, FRAME_MODE, STATUS)
_REGISTERS: Final = 256


@dataclass(frozen=True, slots=True)
class Layout:
    """Parts of an image."""

    rows: int
    columns: int
    reserved: int
    header: int
    """Bytes; 0 in no-header mode."""

    @property
    def content(self) -> int:
        """Bytes of content between command and check value."""
        return self.reserved + self.header + 2 * self.rows * self.columns


_MODELS: Final = (Layout(62, 80, 160, 160), Layout(120, 160, 960, 320), Layout(50, 50, 100, 100))
_LAYOUTS: Final = {
    layout.content: layout
    for model in _MODELS
    for layout in (model, Layout(model.rows, model.columns, model.reserved, 0))
}
_LONGEST: Final = len(_PREFIX) + 4 + max(_LAYOUTS) + _FIXED


# --- what both say ----------------------------------------------------------------------------------------------------


def _message(command: bytes, content: bytes, check: bytes | None = None) -> bytes:
    body = b"%04X%s%s" % (len(content) + _FIXED, command, content)
    return b"".join((_PREFIX, body, b"%04X" % sum16(body) if check is None else check))


def _byte(value: int) -> int:
    if not 0 <= value < _REGISTERS:
        raise ValueError(f"{value} is no byte")
    return value


# --- what the host says -----------------------------------------------------------------------------------------------


def read_register(address: int) -> bytes:
    """Return the request for one register. Raises ValueError."""
    return _message(b"RREG", b"%02X" % _byte(address), _UNCHECKED)


def write_register(address: int, value: int) -> bytes:
    """Return the command that sets one register. Raises ValueError."""
    return _message(b"WREG", b"%02X%02X" % (_byte(address), _byte(value)), _UNCHECKED)


def read_registers(addresses: Sequence[int]) -> bytes:
    """Return the request for several registers; old firmware may hang on it. Raises ValueError."""
    return _message(b"RRSE", b"".join(b"%02X" % _byte(address) for address in addresses) + b"FF", _UNCHECKED)


def start_stream() -> bytes:
    """Return the command for continuous images with header, as temperatures."""
    return write_register(FRAME_MODE, CONTINUOUS | ONE_IMAGE)


def stop_stream() -> bytes:
    """Return the command that ends continuous images."""
    return write_register(FRAME_MODE, 0)


def set_emissivity(emissivity: float) -> bytes:
    """Return the command that sets the emissivity, 0.01-1.00 in steps of 0.01. Raises ValueError."""
    percent = round(emissivity * 100)
    if not 1 <= percent <= 100:
        raise ValueError(f"emissivity {emissivity}: must be 0.01-1.00")
    return write_register(EMISSIVITY, percent)


def set_offset(offset_c: float) -> bytes:
    """Return the command that adds -12.8 to 12.7 degC to every pixel; a gate sets 0. Raises ValueError."""
    tenths = round(offset_c * 10)
    if not -128 <= tenths <= 127:
        raise ValueError(f"offset {offset_c} degC: must be -12.8 to 12.7")
    return write_register(OFFSET, tenths & 0xFF)


def set_rate_divider(divider: int) -> bytes:
    """Return the command for the module's fastest rate divided by 1-127; 0 is the fastest. Raises ValueError."""
    if not 0 <= divider <= 127:
        raise ValueError(f"rate divider {divider}: must be 0-127")
    return write_register(RATE_DIVIDER, divider)


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_register(value: int) -> bytes:
    """Return the answer to RREG."""
    return _message(b"RREG", b"%02X" % _byte(value))


def encode_registers(values: Mapping[int, int]) -> bytes:
    """Return the answer to RRSE."""
    return _message(
        b"RRSE", b"".join(b"%02X%02X" % (_byte(address), _byte(value)) for address, value in values.items())
    )


def encode_written() -> bytes:
    """Return the answer to WREG."""
    return _message(b"WREG", b"")


def encode_no_module() -> bytes:
    """Return what the interface board says when no sensor module is plugged into it."""
    return _message(b"SERR", b"")


def encode_frame(
    temps_c: NDArray[np.floating], sensor_c: float, counter: int = 0, *, header: bool = True, checked: bool = True
) -> bytes:
    """Return the image of a 62x80, 120x160 or 50x50 picture. Raises ValueError for another shape or NaN."""
    model = next((model for model in _MODELS if (model.rows, model.columns) == temps_c.shape), None)
    if model is None:
        raise ValueError(f"shape {temps_c.shape}: a SenXor has {[(m.rows, m.columns) for m in _MODELS]}")
    if not np.isfinite(temps_c).all():
        raise ValueError("a SenXor cannot say NaN")
    deci = np.clip(np.rint((temps_c.astype(np.float64) + ZERO_C_IN_K) * 10), 0, 65535).astype("<u2")
    words = np.zeros(model.header // 2, "<u2")
    words[:7] = (
        *(counter & 0xFFFF, 33000, round((sensor_c + ZERO_C_IN_K) * 100) & 0xFFFF, 0, 0),
        *(int(deci.max()), int(deci.min())),
    )
    content = bytes(model.reserved) + (words.tobytes() if header else b"") + deci.tobytes()
    return _message(b"GFRA", content, None if checked else _UNCHECKED)


def _says(request: bytes, sample: Sample) -> bytes:
    """Answer a request, and go on sending images in between as a streaming module does."""
    if not isinstance(sample, ThermalFrame):
        return b""
    sensor_c = 30.0 if sample.sensor_c is None else sample.sensor_c
    return _watched(request, sample) + encode_frame(sample.temps_c, sensor_c, sample.device_counter or 0)


def _watched(request: bytes, frame: ThermalFrame) -> bytes:
    """Return the reply to a request for a watched register of a module that sends this image."""
    raw = SampleFlag.NOT_RADIOMETRIC in frame.flags
    values = {
        EMISSIVITY: round(frame.emissivity * 100),
        FRAME_MODE: CONTINUOUS | ONE_IMAGE | (ADC if raw else 0),
        STATUS: CAPTURE_ERROR if SampleFlag.ERROR in frame.flags else 0,
    }
    asked = next((address for address in values if request == read_register(address)), None)
    return b"" if asked is None else encode_register(values[asked])


# --- decoding ---------------------------------------------------------------------------------------------------------


_LENGTHS: Final[Mapping[bytes, int]] = {
    b"%04X" % length: length + 8
    for length in (*range(_FIXED, _LONGEST_TEXT + 1), *(content + _FIXED for content in _LAYOUTS))
}


def _length(header: bytes) -> int:
    """Say how long the message is; 0 for a length that no message of the protocol has."""
    return _LENGTHS.get(header[4:], 0)


def _sum_is_right(message: bytes) -> bool:
    return message[-4:] == b"%04X" % sum16(memoryview(message)[4:-4]) or (
        message.endswith(_UNCHECKED) and message.startswith(b"GFRA", 8)
    )


_FORMAT: Final = FrameFormat(_PREFIX, 8, _LONGEST, _length, _sum_is_right)


class SenxorDecoder:
    """Images as ThermalFrame, replies as DeviceReply; remembers the emissivity and the mode it was told."""

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._scanner = FrameScanner(_FORMAT)
        self._seq = 0
        self._asked: int | None = None
        self._given_up = False
        self._turn = 0
        self._told: dict[int, int] = {}
        self._doubts = SampleFlag.EMISSIVITY_UNKNOWN
        self._counter: int | None = None

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = []
        if self._given_up:
            self._given_up = False
            events.append(DecodeFault(FaultKind.TIMEOUT, 0, at.at, at.mono_ns, "no reply to RREG"))
        for found in self._scanner.feed(data, at):
            events.append(found if isinstance(found, DecodeFault) else self._event(found, at))  # noqa: PERF401
        return events

    def poll(self) -> bytes:
        """Return the request for the next of the watched registers: emissivity, mode, status."""
        self._given_up = self._asked is not None
        self._asked = _WATCHED[self._turn % len(_WATCHED)]
        self._turn += 1
        return read_register(self._asked)

    def _event(self, message: bytes, at: Instant) -> Event:
        try:
            if message.startswith(b"GFRA", 8):
                return self._frame(message, _LAYOUTS[len(message) - 16], at)
            name, value = self._reply(message[8:12], message[12:-4])
        except KeyError:
            return DecodeFault(FaultKind.CONTENT, len(message), at.at, at.mono_ns, repr(message[8:40]))
        return DeviceReply(self._instrument, at.at, at.mono_ns, name, value)

    def _reply(self, command: bytes, content: bytes) -> tuple[str, str]:
        """Return name and value of a text reply. Raises KeyError: it means nothing."""
        if command == b"RREG" and re.fullmatch(rb"[0-9A-F]{2}", content):
            return self._register(int(content, 16))
        if command == b"RRSE" and re.fullmatch(rb"([0-9A-F]{4})*", content):
            pairs = [(content[i : i + 2].decode(), content[i + 2 : i + 4].decode()) for i in range(0, len(content), 4)]
            self._hear({int(address, 16): int(value, 16) for address, value in pairs})
            return "registers", " ".join(f"{address}={value}" for address, value in pairs)
        names = {b"WREG": "written", b"SERR": "no module"}
        return names[command], ""

    def _register(self, value: int) -> tuple[str, str]:
        asked, self._asked = self._asked, None
        if asked is None:
            return "register", f"{value:02X}"
        self._hear({asked: value})
        if asked == EMISSIVITY:
            return "emissivity", f"{value / 100:.2f}"
        return ("mode" if asked == FRAME_MODE else "status"), f"{value:02X}"

    def _frame(self, message: bytes, layout: Layout, at: Instant) -> ThermalFrame:
        start = 12 + layout.reserved
        counter, _supply, chip = _HEADER.unpack_from(message, start) if layout.header else (None, None, None)
        raw = np.ndarray((layout.rows, layout.columns), _COUNTS, message, start + layout.header)
        temps_c = raw.astype(np.float32)
        temps_c *= _DECI
        temps_c -= _ZERO_C
        flags = self._doubts
        if message.endswith(_UNCHECKED):
            flags |= SampleFlag.UNCHECKED
        if not raw.item(raw.argmin()):
            temps_c[raw == 0] = np.nan
            flags |= SampleFlag.BAD_PIXELS
        temps_c.setflags(write=False)
        if counter is not None and counter == self._counter:
            flags |= SampleFlag.REPEATED
        self._counter = counter
        seq = self._seq
        self._seq += 1
        percent = self._told.get(EMISSIVITY)
        return ThermalFrame(
            self._instrument,
            seq,
            at.at,
            at.mono_ns,
            temps_c,
            None if chip is None else chip / 100 - ZERO_C_IN_K,
            applied=Applied.EMISSIVITY if percent else Applied.NONE,
            emissivity=percent / 100 if percent else 1.0,
            flags=flags,
            device_counter=counter,
        )

    def _hear(self, registers: Mapping[int, int]) -> None:
        self._told |= registers
        self._doubts = SampleFlag.NONE
        if not self._told.get(EMISSIVITY):
            self._doubts |= SampleFlag.EMISSIVITY_UNKNOWN
        if self._told.get(FRAME_MODE, 0) & ADC:
            self._doubts |= SampleFlag.NOT_RADIOMETRIC
        if self._told.get(STATUS, 0) & (INTERFACE_ERROR | CAPTURE_ERROR):
            self._doubts |= SampleFlag.ERROR


SPEC: Final = DriverSpec(
    name="senxor",
    title="Meridian SenXor MI0801 / MI0802 (80x62), MI1602 (160x120), MI0502 (50x50)",
    quantity=Quantity.FRAME,
    transport=Transport.SERIAL,
    evidence=Evidence.MANUAL,
    sources=(
        "MeridianInnovation/pysenxor-lite 3.1.5 (Apache-2.0): serial_port/parser.py, regmap, proc.py, tests",
        "vendor's ESP32 documents: WREG B1=03 starts the stream, TCP port 3333, XXXX in images",
    ),
    decoder=SenxorDecoder,
    says=_says,
    line=SerialLine(115200),
    usb=(UsbId(0x0416, 0xB002, "SenXor EVK"), UsbId(0x0416, 0xB020, "XPRO"), UsbId(0x0416, 0x9393, "XCAM")),
    shape=(62, 80),  # the image tells its own; MI1602 and MI0502 are read by the same driver
    start=(set_emissivity(1.0), set_offset(0.0), set_rate_divider(3), start_stream()),
    handshake=Handshake(read_register(MODULE_TYPE), decodes(SenxorDecoder), 0.5),
    poll_interval_s=2.0,
    rate_hz=8.0,  # the fastest rate, about 25 a second, divided by 3
    wiring={"USB": "any USB port; over a network: the bridge's TCP port 3333"},
)
