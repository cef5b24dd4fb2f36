"""InfiRay P2 Pro, Topdon TC001 and their twins: USB video, 256x384 YUYV, of which the lower half is temperatures.

Frame, 196,608 bytes, 25 a second, 384 rows of 512 bytes:

    rows   0-191  Y 80 Y 80 Y 80 ...  YUY2 picture; in its default palette (white hot) all chroma bytes are 80
    rows 192-383  T  T  T  T  T  T..  256 columns x 192 rows of u16 LE, 1/64 K: degC = v / 64 - 273.15

    C0 4D -> 0x4DC0 = 19904 -> 37.85 degC     the two lowest bits are always 0: the real step is 1/16 K

There is no sync mark and no check value. A frame is known by its chroma: 49,152 bytes of 80 at every second place,
which nothing else in the stream has (as the high byte of a temperature, 80 would be 239 degC). So a stream that begins
in the middle of a frame is aligned without a guess, and a picture in colour is refused with a fault that says what to
change.
Verified on a real TC001 frame: chroma, step, and the three temperatures that the program which recorded it printed.

USB id 0bda:5830 (P2 Pro, TC001, UTi261M, UTi722M). Newer cameras share the look but not the layout; id AND geometry are
checked, and a look-alike is refused by name (`refusal`). The camera closes its shutter by itself; frames stop for less
than a second. Distance, emissivity and reflected temperature can be set over USB control transfers; nothing here does.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.clock import Instant
from contract.units import ZERO_C_IN_K
from drivers.codec import DriverSpec, Evidence, Integrity, Quantity, Transport, UsbId, VideoMode
from drivers.samples import DecodeFault, Event, FaultKind, Sample, SampleFlag, ThermalFrame
from drivers.scanner import PAUSE_S

ROWS: Final = 192
COLUMNS: Final = 256
PIXELS: Final = ROWS * COLUMNS
HALF_BYTES: Final = 2 * PIXELS
FRAME_BYTES: Final = 2 * HALF_BYTES
GEOMETRY: Final = (COLUMNS, 2 * ROWS)
"""Width and height of the video mode that carries temperatures; 256x192 carries the picture alone."""

USB: Final = UsbId(0x0BDA, 0x5830, "InfiRay P2 Pro / Topdon TC001 / Uni-T UTi261M, UTi722M")

_LOOK_ALIKES: Final = {
    (0x3474, 0x4321): "Thermal Cam Co (newer P2 Pro look-alike): known to garble its last row",
    (0x3474, 0x45A2): "Thermal Master P3: no USB video, 192 + 2 + 190 rows",
    (0x3474, 0x45C2): "Thermal Master P1: no USB video, 192 + 2 + 190 rows",
}
_OTHER_GEOMETRIES: Final = {
    (256, 192): "picture only: choose the 256x384 mode",
    (512, 484): "Topdon TC002C Duo: 1/16 K, other layout",
}

_NEUTRAL: Final = 0x80
_LOW: Final = round((ZERO_C_IN_K - 40) * 64)
_HIGH: Final = round((ZERO_C_IN_K + 600) * 64)
"""Range of the camera in both gains; what lies outside was not measured."""


def refusal(vid: int, pid: int, geometry: tuple[int, int]) -> str | None:
    """Return why a camera cannot be read by this driver, by name where it is known; None if it can.

    `geometry` is width and height of the video mode.
    """
    if (vid, pid) != (USB.vid, USB.pid):
        known = _LOOK_ALIKES.get((vid, pid), "unknown camera")
        return f"{vid:04x}:{pid:04x} is not {USB.product}: {known}"
    if geometry != GEOMETRY:
        known = _OTHER_GEOMETRIES.get(geometry, "unknown layout")
        return f"{geometry[0]}x{geometry[1]} is not {GEOMETRY[0]}x{GEOMETRY[1]}: {known}"
    return None


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_frame(temps_c: NDArray[np.floating]) -> bytes:
    """Return the frame for a 192x256 picture. Raises ValueError for another shape or NaN."""
    if temps_c.shape != (ROWS, COLUMNS):
        raise ValueError(f"shape {temps_c.shape}: the P2 has {ROWS}x{COLUMNS}")
    if not np.isfinite(temps_c).all():
        raise ValueError("the P2 cannot say NaN")
    sixteenths = np.clip(np.rint((temps_c.astype(np.float64) + ZERO_C_IN_K) * 16), 0, 0x3FFF)
    low, high = float(sixteenths.min()), float(sixteenths.max())
    luma = ((sixteenths - low) * (219 / max(high - low, 1.0)) + 16).astype(np.uint8)
    picture = np.full((ROWS, COLUMNS, 2), _NEUTRAL, np.uint8)
    picture[:, :, 0] = luma
    return picture.tobytes() + (sixteenths * 4).astype("<u2").tobytes()


def _says(request: bytes, sample: Sample) -> bytes:
    return encode_frame(sample.temps_c) if isinstance(sample, ThermalFrame) and not request else b""


# --- decoding ---------------------------------------------------------------------------------------------------------


def _is_aligned(source: bytes | bytearray, start: int) -> bool:
    """Say whether every chroma byte of the upper half is neutral: read as words, all lie between 8000 and 80FF."""
    picture = np.frombuffer(source, "<u2", PIXELS, start)
    return bool(picture.min() >= _NEUTRAL << 8 and picture.max() < _NEUTRAL + 1 << 8)


def _next_start(source: bytes | bytearray, after: int) -> int:
    """Return the first place behind `after` at which an aligned frame may begin.

    A run of neutral bytes at every second place that reaches the end may still become one, and so may the last byte,
    whose chroma has not come yet.
    """
    data = np.frombuffer(source, np.uint8, offset=after)
    best = len(data) - 1
    for parity in (0, 1):
        neutral = np.concatenate(([False], data[parity::2] == _NEUTRAL, [False]))
        edges = np.flatnonzero(neutral[1:] != neutral[:-1])
        starts, ends = edges[::2], edges[1::2]
        long_enough = (ends - starts >= PIXELS) | (ends == len(neutral) - 2)
        for start in (2 * starts[long_enough] + parity - 1).tolist():
            if start > 0:
                best = min(best, start)
                break
    return after + best


class InfirayP2Decoder:
    """Frames as ThermalFrame, as the camera sees the scene (not mirrored)."""

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._buffer = bytearray()
        self._heard_ns = 0
        self._seq = 0
        self._lost = 0

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        if not data:
            return self._pause(at)
        self._heard_ns = at.mono_ns
        source: bytes | bytearray = data
        if self._buffer:
            self._buffer += data
            source = self._buffer
        events: list[Event] = []
        start = 0
        while start + FRAME_BYTES <= len(source):
            if _is_aligned(source, start):
                self._tell_loss(at, events, 1)
                events.append(self._frame(source, start, at))
                start += FRAME_BYTES
                continue
            step = min(_next_start(source, start) - start, FRAME_BYTES)
            self._lost += step
            start += step
            self._tell_loss(at, events, FRAME_BYTES)
        if source is self._buffer:
            del self._buffer[:start]
        else:
            self._buffer += data[start:]
        return events

    def poll(self) -> bytes:
        """Return b"": the camera talks by itself."""
        return b""

    def _pause(self, at: Instant) -> list[Event]:
        """Give up a frame whose end does not come."""
        events: list[Event] = []
        if at.mono_ns - self._heard_ns >= PAUSE_S * 1e9:
            if self._buffer:
                events.append(DecodeFault(FaultKind.LENGTH, len(self._buffer), at.at, at.mono_ns, "a frame cut short"))
            self._buffer.clear()
            self._tell_loss(at, events, 1)
        return events

    def _tell_loss(self, at: Instant, events: list[Event], at_least: int) -> None:
        if self._lost >= at_least:
            hint = "no temperatures under a neutral picture: choose 256x384 and the white-hot palette"
            events.append(DecodeFault(FaultKind.RESYNC, self._lost, at.at, at.mono_ns, hint))
            self._lost = 0

    def _frame(self, source: bytes | bytearray, start: int, at: Instant) -> ThermalFrame:
        raw = np.frombuffer(source, "<u2", PIXELS, start + HALF_BYTES)
        temps_c = np.multiply(raw, np.float32(1 / 64), dtype=np.float32)
        temps_c -= np.float32(ZERO_C_IN_K)
        flags = SampleFlag.UNCHECKED
        if raw.min() < _LOW or raw.max() > _HIGH:
            temps_c[(raw < _LOW) | (raw > _HIGH)] = np.nan
            flags |= SampleFlag.BAD_PIXELS
        temps_c.flags.writeable = False
        seq = self._seq
        self._seq += 1
        return ThermalFrame(
            self._instrument, seq, at.at, at.mono_ns, temps_c=temps_c.reshape(ROWS, COLUMNS), flags=flags
        )


SPEC: Final = DriverSpec(
    name="infiray_p2",
    title="InfiRay P2 Pro / Topdon TC001 (256x192)",
    quantity=Quantity.FRAME,
    transport=Transport.UVC,
    evidence=Evidence.MANUAL,
    sources=(
        "mbuesch/p2pro-rs doc/P2PRO-HARDWARE-SPEC.md, LeoDJ/P2Pro-Viewer: layout, 1/64 K, palettes, USB ids",
        "leswright1977/PyThermalCamera: the same layout for the TC001",
        "one real TC001 frame checked against the temperatures that its program printed; the frame is not kept here",
    ),
    decoder=InfirayP2Decoder,
    says=_says,
    integrity=Integrity.SIZE,
    usb=(USB,),
    video=(VideoMode(*GEOMETRY, "YUYV", "yuyv422"),),
    refuses=refusal,
    shape=(ROWS, COLUMNS),
    hfov_deg=56.0,
    netd_c=0.04,
    rate_hz=25.0,
    wiring={"USB-C": "USB host port (the plug fits either way up; keep the cable under 1 m)"},
)
