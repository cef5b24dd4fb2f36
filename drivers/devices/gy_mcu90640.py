"""GY-MCU90640 (HY-18): 32x24 thermal array MLX90640 behind an STM32, TTL UART 8N1.

Frame, 1544 bytes, worked example (all pixels 36.50 degC, sensor 25.10 degC):

    5A 5A 02 06 42 0E 42 0E ... 42 0E CE 09 2A 30
    SS SS LL LL PP PP PP PP ... PP PP AA AA CC CC

    S  sync
    L  u16 LE, bytes of temperature data: 1538
    P  768 x i16 LE, 0.01 degC, row by row, 32 columns x 24 rows. The first is the UPPER RIGHT corner of the scene as
       seen from the sensor; the decoder mirrors each row, so that samples show the scene as people see it.
    A  i16 LE, 0.01 degC, the sensor's own temperature
    C  u16 LE, sum of the first 771 little-endian WORDS modulo 65536. (A byte sum, which some programs assume, fails on
       every frame; the manual and a published Node driver agree on words.)

Emissivity reply, 4 bytes, to `A5 55 01 FB`:

    5A 5A 5F 13
    SS SS EE KK        E  0.01 (0.95)      K  sum of the bytes before it modulo 256

Commands are 4 bytes, `A5`, register, value, sum modulo 256. None is acknowledged and there is no identification: the
emissivity query is the only question with an answer. Settings are volatile until saved to flash; this host never saves.
Emissivity acts at once. `5A 5A` is also a legal pixel (231.30 degC), so frames are found by four bytes and their sum.

Line rate: 1544 bytes take 134 ms at 115200 baud (7.46 frames/s at most), 33.5 ms at 460800, 1.61 s at 9600: 8 Hz needs
460800. Copied scripts call `A5 25 01 CB` "4 Hz"; by the manual's table it is 1 Hz.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.clock import Instant
from drivers.checksums import sum8, word_sum16
from drivers.codec import DriverSpec, Evidence, Handshake, Quantity, SerialLine, Transport, decodes
from drivers.samples import Applied, DecodeFault, DeviceReply, Event, Sample, SampleFlag, ThermalFrame
from drivers.scanner import FrameFormat, FrameScanner, fixed

ROWS: Final = 24
COLUMNS: Final = 32
PIXELS: Final = ROWS * COLUMNS
FRAME_BYTES: Final = 1544

_SYNC: Final = b"\x5a\x5a"
_HEAD: Final = b"\x5a\x5a\x02\x06"
_LOW_CENTI_C: Final = -4000
_HIGH_CENTI_C: Final = 30000
"""Range of the MLX90640, Melexis data sheet page 1; what lies outside was not measured."""

_BAUD_CODES: Final = {9600: 1, 115200: 2, 460800: 3}
_RATE_CODES: Final = {0.5: 0, 1.0: 1, 2.0: 2, 4.0: 3, 8.0: 4}


# --- what the host says -----------------------------------------------------------------------------------------------


def _command(register: int, value: int) -> bytes:
    body = bytes((0xA5, register, value))
    return body + bytes((sum8(body),))


def set_baud(baud: int) -> bytes:
    """Return the command for 9600, 115200 or 460800 baud; the device changes at once. Raises ValueError."""
    if baud not in _BAUD_CODES:
        raise ValueError(f"{baud} baud: the GY-MCU90640 knows {sorted(_BAUD_CODES)}")
    return _command(0x15, _BAUD_CODES[baud])


def set_rate(rate_hz: float) -> bytes:
    """Return the command for 0.5, 1, 2, 4 or 8 frames a second. Raises ValueError."""
    if rate_hz not in _RATE_CODES:
        raise ValueError(f"{rate_hz} Hz: the GY-MCU90640 knows {sorted(_RATE_CODES)}")
    return _command(0x25, _RATE_CODES[rate_hz])


def query_frame() -> bytes:
    """Return the request for one frame; it ends automatic output."""
    return _command(0x35, 0x01)


def automatic_output() -> bytes:
    """Return the command that makes the device send frames by itself, as after power-up."""
    return _command(0x35, 0x02)


def set_emissivity(emissivity: float) -> bytes:
    """Return the command that sets the emissivity, 0.01-1.00 in steps of 0.01. Raises ValueError."""
    code = round(emissivity * 100)
    if not 1 <= code <= 100:
        raise ValueError(f"emissivity {emissivity}: must be 0.01-1.00")
    return _command(0x45, code)


def query_emissivity() -> bytes:
    """Return the question for the emissivity in force."""
    return _command(0x55, 0x01)


def save_settings() -> bytes:
    """Return the command that writes the settings to flash. For a technician's bench, never sent by a gate."""
    return _command(0x65, 0x01)


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_frame(temps_c: NDArray[np.floating], sensor_c: float) -> bytes:
    """Return the frame for a 24x32 picture in scene order. Raises ValueError for another shape or NaN."""
    if temps_c.shape != (ROWS, COLUMNS):
        raise ValueError(f"shape {temps_c.shape}: the GY-MCU90640 has {ROWS}x{COLUMNS}")
    if not np.isfinite(temps_c).all():
        raise ValueError("the GY-MCU90640 cannot say NaN")
    centi = np.clip(np.rint(temps_c[:, ::-1].astype(np.float64) * 100), -32768, 32767).astype("<i2")
    body = _HEAD + centi.tobytes() + round(sensor_c * 100).to_bytes(2, "little", signed=True)
    return body + word_sum16(body).to_bytes(2, "little")


def encode_emissivity(emissivity: float) -> bytes:
    """Return the reply to the emissivity query."""
    body = _SYNC + bytes((round(emissivity * 100),))
    return body + bytes((sum8(body),))


def _says(request: bytes, sample: Sample) -> bytes:
    if isinstance(sample, ThermalFrame) and request in (b"", query_frame()):
        return encode_frame(sample.temps_c, 25.0 if sample.sensor_c is None else sample.sensor_c)
    if isinstance(sample, DeviceReply) and sample.name == "emissivity":
        return encode_emissivity(float(sample.value))
    return b""


# --- decoding ---------------------------------------------------------------------------------------------------------


def _reply_length(header: bytes) -> int:
    """Say 4 for a valid emissivity reply: with one byte of sum, the value's range has to help to know it."""
    return 4 if 1 <= header[2] <= 100 and sum8(header[:3]) == header[3] else 0


def _frame_sum_is_right(frame: bytes) -> bool:
    return word_sum16(frame[:-2]) == int.from_bytes(frame[-2:], "little")


_FORMATS: Final = (
    FrameFormat(_SYNC, 4, 4, _reply_length, lambda _frame: True),
    fixed(_HEAD, FRAME_BYTES, _frame_sum_is_right),
)


class GyMcu90640Decoder:
    """Frames as ThermalFrame in scene order, emissivity replies as DeviceReply.

    With any emissivity but 1 the module also takes away what it believes to be reflected, and does not tell what that
    is (the chip maker's example takes its own temperature less 8 K): such frames are EMISSIVITY_UNKNOWN.
    """

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._scanner = FrameScanner(*_FORMATS)
        self._seq = 0
        self._emissivity: float | None = None

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        return [
            found if isinstance(found, DecodeFault) else self._sample(found, at)
            for found in self._scanner.feed(data, at)
        ]

    def poll(self) -> bytes:
        """Return b"": the device talks by itself."""
        return b""

    def _sample(self, frame: bytes, at: Instant) -> Sample:
        if len(frame) == FRAME_BYTES:
            return self._frame(frame, at)
        self._emissivity = frame[2] / 100
        return DeviceReply(self._instrument, at.at, at.mono_ns, "emissivity", f"{self._emissivity:.2f}")

    def _frame(self, frame: bytes, at: Instant) -> ThermalFrame:
        words = np.frombuffer(frame, dtype="<i2", count=PIXELS + 1, offset=4)
        raw = words[:PIXELS].reshape(ROWS, COLUMNS)[:, ::-1]
        temps_c = np.divide(raw, np.float32(100), dtype=np.float32)
        known = self._emissivity is not None
        flags = SampleFlag.NONE if self._emissivity == 1 else SampleFlag.EMISSIVITY_UNKNOWN
        if np.minimum.reduce(words[:PIXELS]) < _LOW_CENTI_C or np.maximum.reduce(words[:PIXELS]) > _HIGH_CENTI_C:
            temps_c[(raw < _LOW_CENTI_C) | (raw > _HIGH_CENTI_C)] = np.nan
            flags |= SampleFlag.BAD_PIXELS
        temps_c.setflags(write=False)
        sample = ThermalFrame(
            instrument=self._instrument,
            seq=self._seq,
            at=at.at,
            mono_ns=at.mono_ns,
            temps_c=temps_c,
            sensor_c=int(words[PIXELS]) / 100,
            applied=Applied.EMISSIVITY if known else Applied.NONE,
            emissivity=1.0 if self._emissivity is None else self._emissivity,
            flags=flags,
        )
        self._seq += 1
        return sample


SPEC: Final = DriverSpec(
    name="gy_mcu90640",
    title="GY-MCU90640 / HY-18 (MLX90640, 32x24)",
    quantity=Quantity.FRAME,
    transport=Transport.SERIAL,
    evidence=Evidence.MANUAL,
    sources=(
        "GY_MCU9064 user manual v1 (in vvkuryshev/GY-MCU90640-RPI-Python): frame, commands, rates",
        "kluzzebass/gy-mcu90640-node index.js: word sum, 1 Hz code",
        "Melexis MLX90640 data sheet, page 1: range, noise, fields of view",
    ),
    decoder=GyMcu90640Decoder,
    says=_says,
    line=SerialLine(115200, alternatives=(460800, 9600)),
    shape=(ROWS, COLUMNS),
    hfov_deg=55.0,  # sold with 55x35 or 110x75 degrees; the gate's configuration overrides it
    netd_c=0.1,
    start=(set_emissivity(1.0), set_rate(4.0), automatic_output(), query_emissivity()),
    handshake=Handshake(query_emissivity(), decodes(GyMcu90640Decoder), 1.0),
    rate_hz=4.0,
    silence_s=1.0,  # four frames: a module that was off for longer has forgotten its emissivity
    wiring={"VCC": "5V", "GND": "GND", "TX": "RXD", "RX": "TXD", "PS": "leave open (to GND: the UART is silent)"},
)
