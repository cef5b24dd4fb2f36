"""GY-MCU8833: 8x8 thermal array AMG8833 behind an MCU, TTL UART 9600 8N1. For presence, never for fever.

Frame, 71 bytes, captured from a real module by its owner (sevengivings/gy-mcu8833):

    A4 03 09 42 0C B8 1A 1B ... 1E 1D 83
    HH FF RR NN AA AA PP PP ... PP PP KK

    H  address of the module
    F  function: 03 read
    R  first register: 09
    N  bytes that follow: 66
    A  i16 BE, 0.01 degC, the sensor's own temperature
    P  64 x i8, whole degC, row by row, 8 columns x 8 rows
    K  sum of the bytes before it modulo 256

The owner knew the header, the pixels and the sum. That F, R and N are those of the maker's register protocol, and that
A is the sensor's temperature, is inferred from the GY-614V, which shares it; both values captured (32.56, 32.06 degC)
fit. The module talks by itself; no command of it is published, so none is sent.

Pixels are whole degrees and the AMG8833 is good to 2.5 degC: a step of the output is larger than a fever.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.clock import Instant
from drivers.checksums import sum8
from drivers.codec import DriverSpec, Evidence, Handshake, Quantity, SerialLine, Transport, decodes
from drivers.samples import DecodeFault, Event, Sample, ThermalFrame
from drivers.scanner import FrameScanner, fixed

ROWS: Final = 8
COLUMNS: Final = 8
FRAME_BYTES: Final = 71

_HEAD: Final = b"\xa4\x03\x09\x42"
_PIXELS_AT: Final = 6


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_frame(temps_c: NDArray[np.floating], sensor_c: float) -> bytes:
    """Return the frame for an 8x8 picture, rounded to whole degrees. Raises ValueError for another shape or NaN."""
    if temps_c.shape != (ROWS, COLUMNS):
        raise ValueError(f"shape {temps_c.shape}: the GY-MCU8833 has {ROWS}x{COLUMNS}")
    if not np.isfinite(temps_c).all():
        raise ValueError("the GY-MCU8833 cannot say NaN")
    pixels = np.clip(np.rint(temps_c), -128, 127).astype(np.int8)
    body = b"".join((_HEAD, round(sensor_c * 100).to_bytes(2, "big", signed=True), pixels.tobytes()))
    return body + bytes((sum8(body),))


def _says(request: bytes, sample: Sample) -> bytes:
    if isinstance(sample, ThermalFrame) and not request:
        return encode_frame(sample.temps_c, 25.0 if sample.sensor_c is None else sample.sensor_c)
    return b""


# --- decoding ---------------------------------------------------------------------------------------------------------


class GyMcu8833Decoder:
    """Frames as ThermalFrame, in the order in which the module sends them."""

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._scanner = FrameScanner(fixed(_HEAD, FRAME_BYTES, lambda frame: sum8(frame[:-1]) == frame[-1]))
        self._seq = 0

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        return [
            found if isinstance(found, DecodeFault) else self._frame(found, at)
            for found in self._scanner.feed(data, at)
        ]

    def poll(self) -> bytes:
        """Return b"": the device talks by itself."""
        return b""

    def _frame(self, frame: bytes, at: Instant) -> ThermalFrame:
        raw = np.frombuffer(frame, dtype=np.int8, count=ROWS * COLUMNS, offset=_PIXELS_AT)
        temps_c = raw.astype(np.float32).reshape(ROWS, COLUMNS)
        temps_c.flags.writeable = False
        sensor_c = int.from_bytes(frame[4:6], "big", signed=True) / 100
        seq = self._seq
        self._seq += 1
        return ThermalFrame(self._instrument, seq, at.at, at.mono_ns, temps_c=temps_c, sensor_c=sensor_c)


SPEC: Final = DriverSpec(
    name="gy_mcu8833",
    title="GY-MCU8833 (AMG8833, 8x8)",
    quantity=Quantity.FRAME,
    transport=Transport.SERIAL,
    evidence=Evidence.CAPTURED,
    sources=(
        "sevengivings/gy-mcu8833 README.md and mcu8833.h: captured frame, pixels, sum",
        "sensor temperature and the meaning of the header: inferred from the maker's register protocol (GY-614V)",
    ),
    decoder=GyMcu8833Decoder,
    says=_says,
    line=SerialLine(9600, alternatives=(115200,)),
    shape=(ROWS, COLUMNS),
    hfov_deg=60.0,
    handshake=Handshake(b"", decodes(GyMcu8833Decoder), 1.0),
    rate_hz=10.0,
    screens=False,
    wiring={"VCC": "5V", "GND": "GND", "TX": "RXD", "RX": "leave open"},
)
