"""Heimann HTPA32x32d with its UDP application board: 32x32 thermopile array, port 30444 on both sides.

The host sends text, one datagram a command; the device answers with text:

    Calling HTPA series devices        HTPA series responded! I am Arraytype 10 MODTYPE ...
    Bind HTPA series device            HW Filter is 192.168.240.122 MAC 1.2.3.4.5.6        or: Device already bound
    K                                  (a stream of images)
    x Release HTPA series device       HW-Filter released

An image is two datagrams, 1292 and 1288 bytes, together 1290 words LE; from a recording of a real device:

    word     0 ...  1023     1024 ... 1279     1280   1281   1282   1283 ... 1289
          2985 2979 2955    34016 34195 ...   39850   3104  36167  33724  ...
          P    P    P       E     E           V       A     T      (more of the same, or zeros)

    P  1024 pixels, 0.1 K, 32 rows x 32       E  256 electrical offsets, raw      V  supply, raw
    A  the sensor's own temperature, 0.1 K: 37.25 degC                             T  its PTAT, raw

No check value and no sync. Images are found by what no other bytes can look like: 1024 words that are temperatures from
-100 to 1000 degC, and behind them 256 offsets near the middle of the 16-bit range. So a lost datagram costs its image
and never makes a picture of two halves. That V, A and T stand in this order is read from the maker's firmware for a
sister. Boards with other firmware send 1058 + 1054 bytes to `k`: not read here. Which corner comes first is not told.
"""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.clock import Instant
from contract.units import ZERO_C_IN_K
from drivers.codec import DriverSpec, Evidence, Handshake, Integrity, Quantity, Transport
from drivers.samples import DecodeFault, DeviceReply, Event, FaultKind, Sample, SampleFlag, ThermalFrame
from drivers.scanner import PAUSE_S

ROWS: Final = 32
COLUMNS: Final = 32
PIXELS: Final = ROWS * COLUMNS
WORDS: Final = 1290
FRAME_BYTES: Final = 2 * WORDS
FIRST_BYTES: Final = 1292
"""The first datagram; the second has the other 1288 bytes."""
PORT: Final = 30444

_OFFSETS: Final = 256
_AMBIENT: Final = PIXELS + _OFFSETS + 1
_COLDEST: Final = 1731
_HOTTEST: Final = 12731
_LEAST_OFFSET: Final = 0x4000


# --- what the host says -----------------------------------------------------------------------------------------------


def call() -> bytes:
    """Return the call that every device in reach answers with its type."""
    return b"Calling HTPA series devices"


def bind() -> bytes:
    """Return the command by which the device listens to this host alone."""
    return b"Bind HTPA series device"


def start_stream() -> bytes:
    """Return the command for a stream of images as temperatures."""
    return b"K"


def release() -> bytes:
    """Return the command that ends the stream and the binding."""
    return b"x Release HTPA series device"


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_frame(temps_c: NDArray[np.floating], sensor_c: float) -> tuple[bytes, bytes]:
    """Return both datagrams of a 32x32 picture. Raises ValueError for another shape or NaN."""
    if temps_c.shape != (ROWS, COLUMNS):
        raise ValueError(f"shape {temps_c.shape}: the HTPA32x32d has {ROWS}x{COLUMNS}")
    if not np.isfinite(temps_c).all():
        raise ValueError("the HTPA32x32d cannot say NaN")
    deci = np.rint((np.append(temps_c.astype(np.float64).ravel(), sensor_c) + ZERO_C_IN_K) * 10)
    words = np.zeros(WORDS, "<u2")
    words[:PIXELS] = np.clip(deci[:PIXELS], _COLDEST, _HOTTEST)
    words[PIXELS : PIXELS + _OFFSETS] = 34_000
    words[PIXELS + _OFFSETS : PIXELS + _OFFSETS + 3] = (39_850, int(deci[PIXELS]), 36_167)
    data = words.tobytes()
    return data[:FIRST_BYTES], data[FIRST_BYTES:]


def encode_called(modtype: str = "000") -> bytes:
    """Return the answer to `call`."""
    return f"HTPA series responded! I am Arraytype 10 MODTYPE {modtype}\r\nADC: 16\n".encode("ascii")


def encode_bound(address: str = "192.168.240.122", mac: str = "00.04.A3.00.00.01") -> bytes:
    """Return the answer to `bind`."""
    return f"HW Filter is {address} MAC {mac}\n\r".encode("ascii")


def encode_already_bound() -> bytes:
    """Return the answer to `bind` of a device that listens to somebody."""
    return b"Device already bound\n\r"


def encode_released() -> bytes:
    """Return the answer to `release`."""
    return b"HW-Filter released\r\n"


def _says(request: bytes, sample: Sample) -> bytes:
    if request == call():
        return encode_called()
    if isinstance(sample, ThermalFrame) and request in (b"", start_stream()):
        return b"".join(encode_frame(sample.temps_c, 30.0 if sample.sensor_c is None else sample.sensor_c))
    return b""


# --- decoding ---------------------------------------------------------------------------------------------------------

_NAMES: Final = {
    "HTPA series responded": "identity",
    "HW Filter is": "bound",
    "Device already bound": "already bound",
    "HW-Filter released": "released",
}
_BEGINNINGS: Final = re.compile(f"(?={'|'.join(_NAMES)})")


def _is_image(buffer: bytearray, start: int) -> bool:
    """Say whether the bytes from `start` are an image; the cheap look at its seam first."""
    seam = start + 2 * PIXELS
    if not (_is_pixel(buffer, start) and _is_pixel(buffer, seam - 2) and buffer[seam + 1] >= _LEAST_OFFSET >> 8):
        return False
    words = np.frombuffer(buffer, "<u2", PIXELS + _OFFSETS, start)
    pixels, offsets = words[:PIXELS], words[PIXELS:]
    return bool(pixels.min() >= _COLDEST and pixels.max() <= _HOTTEST and offsets.min() >= _LEAST_OFFSET)


def _is_pixel(buffer: bytearray, start: int) -> bool:
    return _COLDEST <= buffer[start] | buffer[start + 1] << 8 <= _HOTTEST


def _text(data: bytes) -> str | None:
    """Return the text that all these bytes are, or None."""
    text = data.decode("ascii", "replace").strip()
    return text if text and data.isascii() and all(part.isprintable() for part in text.split()) else None


class Htpa32x32dDecoder:
    """Images as ThermalFrame, in the order in which the device sends them; text as DeviceReply."""

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._buffer = bytearray()
        self._heard_ns = 0
        self._seq = 0

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = []
        if data:
            self._heard_ns = at.mono_ns
            self._buffer += data
            self._take(at, events)
        elif at.mono_ns - self._heard_ns >= PAUSE_S * 1e9:
            self._drop(len(self._buffer), at, events)
        return events

    def poll(self) -> bytes:
        """Return b"": the device streams once it was started."""
        return b""

    def _take(self, at: Instant, events: list[Event]) -> None:
        start = 0
        while start + FRAME_BYTES <= len(self._buffer):
            if not _is_image(self._buffer, start):
                start += 1
                continue
            self._drop(start, at, events)
            events.append(self._frame(bytes(self._buffer[:FRAME_BYTES]), at))
            del self._buffer[:FRAME_BYTES]
            start = 0
        self._drop(start, at, events)

    def _drop(self, count: int, at: Instant, events: list[Event]) -> None:
        """Tell bytes that are no image: text is an answer, anything else is lost."""
        if not count:
            return
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        text = _text(data)
        if text is None:
            events.append(DecodeFault(FaultKind.RESYNC, count, at.at, at.mono_ns, "no image"))
            return
        for answer in filter(str.strip, _BEGINNINGS.split(text)):
            name = next((name for begin, name in _NAMES.items() if answer.startswith(begin)), "text")
            events.append(DeviceReply(self._instrument, at.at, at.mono_ns, name, " ".join(answer.split())))

    def _frame(self, frame: bytes, at: Instant) -> ThermalFrame:
        words = np.frombuffer(frame, "<u2")
        temps_c = np.multiply(words[:PIXELS], np.float32(0.1), dtype=np.float32)
        temps_c -= np.float32(ZERO_C_IN_K)
        temps_c.flags.writeable = False
        ambient = int(words[_AMBIENT])
        seq = self._seq
        self._seq += 1
        return ThermalFrame(
            instrument=self._instrument,
            seq=seq,
            at=at.at,
            mono_ns=at.mono_ns,
            temps_c=temps_c.reshape(ROWS, COLUMNS),
            sensor_c=ambient / 10 - ZERO_C_IN_K if _COLDEST <= ambient <= _HOTTEST else None,
            flags=SampleFlag.UNCHECKED,
        )


def _recognises(heard: bytes) -> bool:
    return heard.startswith(b"HTPA series responded!") and b"Arraytype 10 " in heard


SPEC: Final = DriverSpec(
    name="htpa32x32d",
    title="Heimann HTPA32x32d application board (UDP)",
    quantity=Quantity.FRAME,
    transport=Transport.UDP,
    evidence=Evidence.MANUAL,
    sources=(
        "igor-morawski/HTPA32x32d (MIT): commands, 1292 + 1288 bytes, recordings of a real device",
        "Heimann's Arduino firmware for a sister array: answers, order of supply, ambient and PTAT",
    ),
    decoder=Htpa32x32dDecoder,
    says=_says,
    integrity=Integrity.SIZE,
    shape=(ROWS, COLUMNS),
    start=(call(), bind(), start_stream()),
    handshake=Handshake(call(), _recognises, 1.0),
    rate_hz=8.0,
    wiring={"Ethernet": "same network as the host, or straight to a port of its own; UDP 30444 open in the firewall"},
)
