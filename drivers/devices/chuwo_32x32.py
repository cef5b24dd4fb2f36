"""CHUWO 32x32 thermal module of Chinese access gates, UART 115200 8N1. Request and reply, no check value.

    host    EE E1 01 55 FF FC FD FF
    device  E1 0C 1A 0C 1B ... 0B E4 0B C3 FF FC FD FF           2055 bytes
            SS PP PP PP PP ... PP PP AA AA ?? ?? ?? ??

    S  E1
    P  1024 x u16 BE, (v - 2731) / 10 degC, 32 rows x 32
    A  u16 BE at 2049, same scale: the sensor's own temperature
    ?  four bytes of which nothing is known: the encoder sends the tail of the request, the decoder ignores them

Known from host code alone: an Android library for access gates (the 32x32 layout), and several public host programs for
an 80x62 sister at 921600 baud (request, E1, pixels from offset 1, big endian, 2731). Nobody publishes a check value, so
a reply is believed only if all its 1025 temperatures are possible and the four bytes behind them are not two more: then
it is not shifted and not the halves of two. Images are flagged UNCHECKED. Which corner comes first is not told.

Anti-requirement: that Android library shows 36.0-36.3 at random where it measured 35-36 degC. Nothing here does.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.clock import Instant
from drivers.codec import DriverSpec, Evidence, Handshake, Integrity, Quantity, SerialLine, Transport, decodes
from drivers.exchange import Exchange
from drivers.samples import DecodeFault, Event, Sample, SampleFlag, ThermalFrame
from drivers.scanner import FrameScanner, fixed

ROWS: Final = 32
COLUMNS: Final = 32
PIXELS: Final = ROWS * COLUMNS
FRAME_BYTES: Final = 2055

_SYNC: Final = b"\xe1"
_TAIL: Final = b"\xff\xfc\xfd\xff"
_REQUEST: Final = b"\xee\xe1\x01\x55" + _TAIL
_ICE: Final = 2731
_LOW: Final = _ICE - 400
_HIGH: Final = _ICE + 3000
"""-40 to 300 degC."""


# --- what the host says -----------------------------------------------------------------------------------------------


def query_frame() -> bytes:
    """Return the request for one image."""
    return _REQUEST


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_frame(temps_c: NDArray[np.floating], sensor_c: float) -> bytes:
    """Return the reply for a 32x32 picture. Raises ValueError for another shape or NaN."""
    if temps_c.shape != (ROWS, COLUMNS):
        raise ValueError(f"shape {temps_c.shape}: the module has {ROWS}x{COLUMNS}")
    if not np.isfinite(temps_c).all():
        raise ValueError("the module cannot say NaN")
    values = np.append(temps_c.astype(np.float64).ravel(), sensor_c)
    deci = np.clip(np.rint(values * 10) + _ICE, 0, 65535).astype(">u2")
    return b"".join((_SYNC, deci.tobytes(), _TAIL))


def _says(request: bytes, sample: Sample) -> bytes:
    if isinstance(sample, ThermalFrame) and request == _REQUEST:
        return encode_frame(sample.temps_c, 30.0 if sample.sensor_c is None else sample.sensor_c)
    return b""


# --- decoding ---------------------------------------------------------------------------------------------------------


def _values(frame: bytes) -> NDArray[np.uint16]:
    return np.frombuffer(frame, ">u2", PIXELS + 1, 1)


def _is_image(frame: bytes) -> bool:
    values = _values(frame)
    tail = np.frombuffer(frame, ">u2", 2, FRAME_BYTES - 4)
    all_possible = values.min() >= _LOW and values.max() <= _HIGH
    return bool(all_possible and not (tail.min() >= _LOW and tail.max() <= _HIGH))


_FORMAT: Final = fixed(_SYNC, FRAME_BYTES, _is_image)


class Chuwo32x32Decoder:
    """Replies as ThermalFrame, in the order in which the module sends them."""

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._scanner = FrameScanner(_FORMAT)
        self._exchange = Exchange()
        self._seq = 0

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = [*self._exchange.tell_overdue(at)]
        if events:
            events += self._scanner.reset(at)  # half an image and half of the next would pass for one
        events.extend(
            found if isinstance(found, DecodeFault) else self._frame(found, at)
            for found in self._scanner.feed(data, at)
        )
        return events

    def poll(self) -> bytes:
        """Return the request for one image."""
        return self._exchange.ask(_REQUEST)

    def _frame(self, frame: bytes, at: Instant) -> ThermalFrame:
        self._exchange.close()
        values_c = (_values(frame).astype(np.float32) - np.float32(_ICE)) / np.float32(10)
        temps_c = values_c[:PIXELS].reshape(ROWS, COLUMNS)
        temps_c.flags.writeable = False
        seq = self._seq
        self._seq += 1
        return ThermalFrame(
            instrument=self._instrument,
            seq=seq,
            at=at.at,
            mono_ns=at.mono_ns,
            temps_c=temps_c,
            sensor_c=float(values_c[PIXELS]),
            flags=SampleFlag.UNCHECKED,
        )


SPEC: Final = DriverSpec(
    name="chuwo_32x32",
    title="CHUWO 32x32 thermal module (access gates)",
    quantity=Quantity.FRAME,
    transport=Transport.SERIAL,
    evidence=Evidence.INFERRED,
    sources=(
        "YS temperaturelib for Android, host code: 115200 baud, request, 2055 bytes, pixels, sensor temperature",
        "three public host programs for the 80x62 sister: same request, E1, big endian, 2731",
    ),
    decoder=Chuwo32x32Decoder,
    says=_says,
    integrity=Integrity.SIZE,
    line=SerialLine(115200, alternatives=(921600,)),
    shape=(ROWS, COLUMNS),
    handshake=Handshake(_REQUEST, decodes(Chuwo32x32Decoder), 1.0),
    poll_interval_s=0.25,
    rate_hz=4.0,
    wiring={"VCC": "5V", "GND": "GND", "TX": "RXD", "RX": "TXD"},
)
