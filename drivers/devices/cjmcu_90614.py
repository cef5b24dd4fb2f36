"""CJMCU-90614 (CJMCU-IR): single-point infrared thermometer MLX90614 behind an MCU, TTL UART 8N1.

Frame, 9 bytes, example (continuous output, object 36.25 degC, sensor 25.00 degC):

    66 66 01 04 0E 29 09 C4 D5
    SS SS MM NN OO OO AA AA KK

    S  sync
    M  mode in which it was sent: 01 continuous, 02 on request
    N  bytes of data: 4
    O  i16 BE, 0.01 degC, "data 1"
    A  i16 BE, 0.01 degC, "data 2"
    K  sum of the bytes before it modulo 256

The maker's page does not say which of the two is the object. Object first is inferred from the module it copies
(GY-MCU90614); a check against a blackbody tells within a minute, and a certificate cannot be made without one.

Commands are 4 bytes, `66 66`, code, `56`; none is acknowledged: 01 continuous, 02 one frame on each request, 11, 12, 13
for 9600, 57600, 115200 baud. At power-up: 115200, continuous. Nothing is said about flash; this host sends only 01.
"""

from typing import Final

from contract.clock import Instant
from drivers.checksums import sum8
from drivers.codec import DriverSpec, Evidence, Handshake, Quantity, SerialLine, Transport, decodes
from drivers.samples import DecodeFault, Event, Sample, SpotReading
from drivers.scanner import FrameFormat, FrameScanner

FRAME_BYTES: Final = 9
CONTINUOUS: Final = 0x01
ON_REQUEST: Final = 0x02

_SYNC: Final = b"\x66\x66"
_END: Final = 0x56
_BAUD_CODES: Final = {9600: 0x11, 57600: 0x12, 115200: 0x13}
_LOW_C: Final = -70.0
_HIGH_C: Final = 380.0
"""Range of the MLX90614's object; the chip reports its own faults as values outside it."""
_SENSOR_LOW_C: Final = -40.0
_SENSOR_HIGH_C: Final = 125.0


# --- what the host says -----------------------------------------------------------------------------------------------


def _command(code: int) -> bytes:
    return _SYNC + bytes((code, _END))


def continuous_output() -> bytes:
    """Return the command that makes the device send frames by itself, as after power-up."""
    return _command(CONTINUOUS)


def query_reading() -> bytes:
    """Return the request for one frame; it ends continuous output."""
    return _command(ON_REQUEST)


def set_baud(baud: int) -> bytes:
    """Return the command for 9600, 57600 or 115200 baud. Raises ValueError."""
    if baud not in _BAUD_CODES:
        raise ValueError(f"{baud} baud: the CJMCU-90614 knows {sorted(_BAUD_CODES)}")
    return _command(_BAUD_CODES[baud])


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_reading(object_c: float, sensor_c: float, mode: int = CONTINUOUS) -> bytes:
    """Return one frame. Raises ValueError for what 16 bits cannot say."""
    centi = [round(value * 100) for value in (object_c, sensor_c)]
    if not all(-0x8000 <= value <= 0x7FFF for value in centi):
        raise ValueError(f"{object_c} / {sensor_c} degC do not fit the CJMCU-90614's 16 bits")
    body = _SYNC + bytes((mode, 4)) + b"".join(value.to_bytes(2, "big", signed=True) for value in centi)
    return body + bytes((sum8(body),))


def _says(request: bytes, sample: Sample) -> bytes:
    modes = {b"": CONTINUOUS, continuous_output(): CONTINUOUS, query_reading(): ON_REQUEST}
    if isinstance(sample, SpotReading) and request in modes:
        sensor_c = 25.0 if sample.ambient_c is None else sample.ambient_c
        return encode_reading(sample.object_c, sensor_c, modes[request])
    return b""


# --- decoding ---------------------------------------------------------------------------------------------------------


def _temperatures_c(frame: bytes) -> tuple[float, float]:
    """Return object and sensor temperature."""
    words = (int.from_bytes(frame[start : start + 2], "big", signed=True) for start in (4, 6))
    object_c, sensor_c = (word / 100 for word in words)
    return object_c, sensor_c


def _doubt(frame: bytes) -> str:
    object_c, sensor_c = _temperatures_c(frame)
    possible = _LOW_C <= object_c <= _HIGH_C and _SENSOR_LOW_C <= sensor_c <= _SENSOR_HIGH_C
    return "" if possible else f"object {object_c} degC, sensor {sensor_c} degC"


def _sum_is_right(frame: bytes) -> bool:
    return sum8(frame[:-1]) == frame[-1]


def _length(header: bytes) -> int:
    return FRAME_BYTES if header[2] in (CONTINUOUS, ON_REQUEST) and header[3] == 4 else 0


_FORMAT: Final = FrameFormat(_SYNC, 4, FRAME_BYTES, _length, _sum_is_right, _doubt)


class Cjmcu90614Decoder:
    """Frames as SpotReading of a surface."""

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._scanner = FrameScanner(_FORMAT)
        self._seq = 0

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        return [
            found if isinstance(found, DecodeFault) else self._reading(found, at)
            for found in self._scanner.feed(data, at)
        ]

    def poll(self) -> bytes:
        """Return b"": the device talks by itself."""
        return b""

    def _reading(self, frame: bytes, at: Instant) -> SpotReading:
        object_c, sensor_c = _temperatures_c(frame)
        seq = self._seq
        self._seq += 1
        return SpotReading(self._instrument, seq, at.at, at.mono_ns, object_c=object_c, ambient_c=sensor_c)


SPEC: Final = DriverSpec(
    name="cjmcu_90614",
    title="CJMCU-90614 / CJMCU-IR (MLX90614, serial)",
    quantity=Quantity.SPOT,
    transport=Transport.SERIAL,
    evidence=Evidence.INFERRED,
    sources=(
        "electronicpro.co.za and newegg.ca 3D0-0039-001C4: frame, commands, 115200 baud",
        "which value is the object: inferred from the GY-MCU90614",
    ),
    decoder=Cjmcu90614Decoder,
    says=_says,
    line=SerialLine(115200, alternatives=(9600, 57600)),
    start=(continuous_output(),),
    handshake=Handshake(b"", decodes(Cjmcu90614Decoder), 0.5),
    rate_hz=10.0,
    wiring={"VCC": "3.3V or 5V", "GND": "GND", "TX": "RXD", "RX": "TXD"},
)
