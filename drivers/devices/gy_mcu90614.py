"""GY-MCU90614 / GY-MCU90615: single-point infrared thermometer MLX90614 or MLX90615 behind an MCU, TTL UART 8N1.

Frame, 9 bytes, as printed by a seller (object 31.92 degC, sensor 33.53 degC):

    5A 5A 45 04 0C 78 0D 19 A7
    SS SS TT NN OO OO AA AA KK

    S  sync
    T  kind of data: 45 = temperatures
    N  bytes of data: 4
    O  i16 BE, 0.01 degC, object
    A  i16 BE, 0.01 degC, the sensor's own temperature
    K  sum of the bytes before it modulo 256

Commands are 3 bytes, `A5`, code, sum modulo 256; none is acknowledged. `45` starts continuous output at once, `15` asks
for one frame. Line rate and behaviour at power-up (`AE`, `AF`, `51`, `52`) are kept in flash and act after the next
power-up: this host never sends them. The maker's pages disagree on the default rate (9600 for the 90614 and 90615V2,
115200 for the older 90615) and on whether the device talks by itself (90614 yes, 90615 no): so the host starts it, and
tries both rates.

A later version sends 10 bytes with a body temperature; its layout is not published and it is not read here.
MLX90614 and MLX90615 leave the factory with emissivity 1; the module has no command for it.
"""

from typing import Final

from contract.clock import Instant
from drivers.checksums import sum8
from drivers.codec import DriverSpec, Evidence, Handshake, Quantity, SerialLine, Transport, decodes
from drivers.samples import DecodeFault, Event, Sample, SpotReading
from drivers.scanner import FrameScanner, fixed

FRAME_BYTES: Final = 9

_HEAD: Final = b"\x5a\x5a\x45\x04"
_LOW_C: Final = -70.0
_HIGH_C: Final = 380.0
"""Range of the object; the chip reports its own faults as values outside it."""
_SENSOR_LOW_C: Final = -40.0
_SENSOR_HIGH_C: Final = 125.0


# --- what the host says -----------------------------------------------------------------------------------------------


def _command(code: int) -> bytes:
    body = bytes((0xA5, code))
    return body + bytes((sum8(body),))


def continuous_output() -> bytes:
    """Return the command that makes the device send frames by itself."""
    return _command(0x45)


def query_reading() -> bytes:
    """Return the request for one frame."""
    return _command(0x15)


def set_baud(baud: int) -> bytes:
    """Return the command for 9600 or 115200 baud, in force after the next power-up. Raises ValueError."""
    codes = {9600: 0xAE, 115200: 0xAF}
    if baud not in codes:
        raise ValueError(f"{baud} baud: the GY-MCU90614 knows {sorted(codes)}")
    return _command(codes[baud])


def set_output_at_power_up(*, on: bool) -> bytes:
    """Return the command that decides whether the device talks by itself after the next power-up."""
    return _command(0x51 if on else 0x52)


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_reading(object_c: float, sensor_c: float) -> bytes:
    """Return one frame. Raises ValueError for what 16 bits cannot say."""
    centi = [round(value * 100) for value in (object_c, sensor_c)]
    if not all(-0x8000 <= value <= 0x7FFF for value in centi):
        raise ValueError(f"{object_c} / {sensor_c} degC do not fit the GY-MCU90614's 16 bits")
    body = _HEAD + b"".join(value.to_bytes(2, "big", signed=True) for value in centi)
    return body + bytes((sum8(body),))


def _says(request: bytes, sample: Sample) -> bytes:
    if isinstance(sample, SpotReading) and request in (b"", query_reading(), continuous_output()):
        return encode_reading(sample.object_c, 25.0 if sample.ambient_c is None else sample.ambient_c)
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


_FORMAT: Final = fixed(_HEAD, FRAME_BYTES, _sum_is_right, _doubt)


class GyMcu90614Decoder:
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
        """Return b"": the device talks by itself once it was started."""
        return b""

    def _reading(self, frame: bytes, at: Instant) -> SpotReading:
        object_c, sensor_c = _temperatures_c(frame)
        seq = self._seq
        self._seq += 1
        return SpotReading(self._instrument, seq, at.at, at.mono_ns, object_c=object_c, ambient_c=sensor_c)


SPEC: Final = DriverSpec(
    name="gy_mcu90614",
    title="GY-MCU90614 / GY-MCU90615 (MLX90614, MLX90615, serial)",
    quantity=Quantity.SPOT,
    transport=Transport.SERIAL,
    evidence=Evidence.MANUAL,
    sources=(
        "as99shop.com product 363, planet-gates.com: GY-MCU90614 frame, commands, 9600 baud, 14 Hz, ranges",
        "hxchipstech.com p-3406: GY-MCU90615, 115200 baud; chipskey.cc p-6642: GY-MCU90615V2, 9600 baud",
        "electrodragon.com wiki, Contactless Temperature: worked frame 5A 5A 45 04 0C 78 0D 19 A7",
    ),
    decoder=GyMcu90614Decoder,
    says=_says,
    line=SerialLine(9600, alternatives=(115200,)),
    start=(continuous_output(),),
    handshake=Handshake(query_reading(), decodes(GyMcu90614Decoder), 0.5),
    rate_hz=10.0,
    wiring={"VCC": "3.3V or 5V", "GND": "GND", "CT (TX)": "RXD", "DR (RX)": "TXD", "PS": "leave open"},
)
