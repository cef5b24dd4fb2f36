"""FLIR Lepton 3.5 (3.0) on PureThermal 1/2/3, USB video, format Y16: radiometric 160x120 frames.

A frame is 38,400 bytes (160x120) or 39,040 (160x122: two rows of telemetry behind, or before, the picture). Row by row,
no mark between frames: the link hands over whole ones, and a stream is told apart by its telemetry.

    A9 75 B0 75 ... | rows A-B: 160 words | rows C-D: 160 words
    PP PP PP PP     | telemetry packets of 80 words, u16 LE; 32-bit values low word first

    P   u16 LE, TLinear: kelvin x 100 (resolution word 1) or x 10 (0); A9 75 = 30121 = 28.06 degC
    Telemetry, word numbers within rows A and C:
    A0      revision               A1-2    uptime, ms            A3-4    status
    A20-21  frame counter (counts at 26 Hz)                      A24     sensor (FPA) temperature, K x 100
    A26     housing, K x 100       A29     FPA temperature at the last FFC, K x 100
    A30-31  uptime at the last FFC, ms
    C48     TLinear on             C49     TLinear resolution: 1 = 0.01 K, 0 = 0.1 K
    Status bits: 3 FFC desired; 4-5 FFC state: 0 never, 1 imminent, 2 in progress, 3 complete; 12 AGC on (pixels are
    grey levels); 15 shutter lockout; 20 overtemperature shutdown imminent

An FFC closes the shutter for about a second; the picture freezes or shows the shutter. One vendor sample calls state 1
"in progress" where the data sheet says "imminent": nothing is measured in either, so both are flagged SHUTTER.
Real recordings hold a row with lost bits (76 of one unit, in every frame) and pixels that glow after an FFC:
`drivers.defects` finds both by what a lens can do; they become NaN and are flagged.
Without telemetry nothing tells that TLinear is on, but counts and grey levels stay below 16384 (-109 degC as K x 100).
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.clock import Instant
from contract.units import ZERO_C_IN_K
from drivers.codec import DriverSpec, Evidence, Integrity, Quantity, Transport, UsbId, VideoMode
from drivers.defects import find_defects
from drivers.samples import DecodeFault, Event, FaultKind, Sample, SampleFlag, ThermalFrame
from drivers.screening import is_sound

ROWS: Final = 120
COLUMNS: Final = 160
TELEMETRY_ROWS: Final = 2
PICTURE_BYTES: Final = ROWS * COLUMNS * 2
TELEMETRY_BYTES: Final = TELEMETRY_ROWS * COLUMNS * 2
FRAME_BYTES: Final = PICTURE_BYTES + TELEMETRY_BYTES

FFC_NEVER: Final = 0
FFC_IMMINENT: Final = 1
FFC_IN_PROGRESS: Final = 2
FFC_COMPLETE: Final = 3

_TELEMETRY: Final = struct.Struct("<HII30xI4xH2xH6xI352xHH220x")
"""Words A0, A1-2, A3-4, A20-21, A24, A26, A30-31, C48, C49: 32-bit values are low word first, so plain LE."""

_C_ROW: Final = 160
"""Words from row A to row C: packets A and B fill one picture row."""
_AGC: Final = 1 << 12
_OVERHEATED: Final = 1 << 20
_STATUS_BITS: Final = (1 << 21) - 1
_SENSOR_CENTI_K: Final = range(20000, 42000)
"""Where an FPA or housing temperature is believable."""
_NOT_TLINEAR_BELOW: Final = 16384
_ALL_COUNTS: Final = 0xFFFF
_SPAN: Final = 0x7FFF
"""No scene has colder and warmer than this in one picture: 327 degC."""
_PAUSE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What the two telemetry rows say."""

    uptime_ms: int
    frame_counter: int
    ffc_state: int = FFC_COMPLETE
    last_ffc_ms: int = 0
    """Uptime at the last FFC; 0: none yet."""
    sensor_c: float | None = None
    housing_c: float | None = None
    tlinear: bool = True
    kelvin_per_count: float = 0.01
    agc: bool = False
    overheated: bool = False

    @property
    def since_shutter_s(self) -> float | None:
        """Seconds since the last FFC."""
        if self.ffc_state == FFC_NEVER or not self.last_ffc_ms:
            return None
        return ((self.uptime_ms - self.last_ffc_ms) & 0xFFFF_FFFF) / 1000


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_telemetry(telemetry: Telemetry) -> bytes:
    """Return the two telemetry rows."""
    words = np.zeros(TELEMETRY_ROWS * COLUMNS, dtype="<u2")
    status = telemetry.ffc_state << 4 | telemetry.agc * _AGC | telemetry.overheated * _OVERHEATED
    words[0] = 0x0E0E
    words[1:5] = _words(telemetry.uptime_ms) + _words(status)
    words[20:22] = _words(telemetry.frame_counter)
    words[24] = _centi_kelvin(telemetry.sensor_c)
    words[26] = _centi_kelvin(telemetry.housing_c)
    words[29] = _centi_kelvin(telemetry.sensor_c)
    words[30:32] = _words(telemetry.last_ffc_ms)
    words[_C_ROW + 48] = telemetry.tlinear
    words[_C_ROW + 49] = telemetry.kelvin_per_count < 0.05
    return words.tobytes()


def encode_counts(counts: NDArray[np.uint16], telemetry: Telemetry | None = None) -> bytes:
    """Return a frame of raw counts, 120x160, with telemetry behind it if given. Raises ValueError for another shape."""
    if counts.shape != (ROWS, COLUMNS):
        raise ValueError(f"shape {counts.shape}: the Lepton has {ROWS}x{COLUMNS}")
    picture = counts.astype("<u2").tobytes()
    return picture if telemetry is None else picture + encode_telemetry(telemetry)


def encode_frame(temps_c: NDArray[np.floating], telemetry: Telemetry | None = None) -> bytes:
    """Return a frame of temperatures, TLinear; NaN becomes 0 counts. Raises ValueError for another shape."""
    step = 0.01 if telemetry is None else telemetry.kelvin_per_count
    counts = np.rint((np.asarray(temps_c, dtype=np.float64) + ZERO_C_IN_K) / step)
    return encode_counts(np.clip(np.nan_to_num(counts, nan=0), 0, 65535).astype(np.uint16), telemetry)


def _words(value: int) -> tuple[int, int]:
    return value & 0xFFFF, value >> 16 & 0xFFFF


def _centi_kelvin(temperature_c: float | None) -> int:
    return 0 if temperature_c is None else round((temperature_c + ZERO_C_IN_K) * 100)


def _says(request: bytes, sample: Sample) -> bytes:
    if request or not isinstance(sample, ThermalFrame):
        return b""
    if sample.device_counter is None:
        return encode_frame(sample.temps_c)
    uptime_ms = 3_600_000
    since_s = sample.since_shutter_s
    telemetry = Telemetry(
        uptime_ms,
        sample.device_counter,
        ffc_state=FFC_NEVER if since_s is None else FFC_COMPLETE,
        last_ffc_ms=0 if since_s is None else uptime_ms - round(since_s * 1000),
        sensor_c=sample.sensor_c,
        housing_c=sample.housing_c,
    )
    return encode_frame(sample.temps_c, telemetry)


# --- decoding ---------------------------------------------------------------------------------------------------------


def decode_telemetry(rows: bytes | memoryview) -> Telemetry | None:
    """Return what two rows say, or None if they cannot be telemetry (they are picture, or damaged)."""
    (
        revision,
        uptime_ms,
        status,
        frame_counter,
        sensor,
        housing,
        last_ffc_ms,
        tlinear,
        fine,
    ) = _TELEMETRY.unpack(rows)
    believable = all(word == 0 or word in _SENSOR_CENTI_K for word in (sensor, housing))
    if tlinear > 1 or fine > 1 or status > _STATUS_BITS or not believable or not (revision or uptime_ms):
        return None
    return Telemetry(
        uptime_ms=uptime_ms,
        frame_counter=frame_counter,
        ffc_state=status >> 4 & 3,
        last_ffc_ms=last_ffc_ms,
        sensor_c=_celsius(sensor),
        housing_c=_celsius(housing),
        tlinear=bool(tlinear),
        kelvin_per_count=0.01 if fine else 0.1,
        agc=bool(status & _AGC),
        overheated=bool(status & _OVERHEATED),
    )


def _celsius(centi_kelvin: int) -> float | None:
    return round(centi_kelvin / 100 - ZERO_C_IN_K, 2) if centi_kelvin else None


class LeptonY16Decoder:
    """Frames as ThermalFrame, in the sensor's own orientation.

    Which of the two sizes comes is learned from the first bytes: until then a frame without telemetry waits for the
    next one, or for a pause. A frame left incomplete by a pause is given up with a LENGTH fault.
    """

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._buffer = bytearray()
        self._size: int | None = None
        self._heard = Instant(datetime.min.replace(tzinfo=UTC), 0)
        self._seq = 0
        self._last_picture = b""

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = []
        if self._buffer and at.seconds_since(self._heard) >= _PAUSE_S:
            self._end(at, events)
        if data:
            # the first frame without telemetry is known only by the next one: it keeps the time at which it arrived
            arrived = self._heard if self._size is None and len(self._buffer) == PICTURE_BYTES else at
            self._heard = at
            whole = len(data) == self._size and not self._buffer  # as cameras come: no copy
            picture, telemetry = _split(data) if whole and self._size == FRAME_BYTES else (data, None)
            if whole and (telemetry is not None) == (self._size == FRAME_BYTES):
                events.append(self._frame(picture, telemetry, at))
            else:
                self._buffer += data
                self._take(at, arrived, events)
        return events

    def poll(self) -> bytes:
        """Return b"": the camera talks by itself."""
        return b""

    def _take(self, at: Instant, arrived: Instant, events: list[Event]) -> None:
        """Deliver the whole frames of the buffer, the first as it arrived; keep the rest."""
        buffer, position = self._buffer, 0
        while len(buffer) - position >= (self._size or FRAME_BYTES):
            if self._size == PICTURE_BYTES:
                picture, telemetry = bytes(memoryview(buffer)[position : position + PICTURE_BYTES]), None
            else:
                picture, telemetry = _split(bytes(memoryview(buffer)[position : position + FRAME_BYTES]))
                if telemetry is None and self._size == FRAME_BYTES:
                    lost = len(buffer) - position
                    events.append(DecodeFault(FaultKind.LENGTH, lost, at.at, at.mono_ns, "no telemetry where it was"))
                    self._size = None
                    buffer.clear()
                    return
                self._size = PICTURE_BYTES if telemetry is None else FRAME_BYTES
            position += self._size
            events.append(self._frame(picture, telemetry, arrived if telemetry is None else at))
            arrived = at
        del buffer[:position]

    def _end(self, at: Instant, events: list[Event]) -> None:
        """A pause: what is buffered is a whole picture, or will never be one."""
        if len(self._buffer) == PICTURE_BYTES and self._size is None:
            self._size = PICTURE_BYTES
            events.append(self._frame(bytes(self._buffer), None, self._heard))
        else:
            detail = f"{len(self._buffer)} bytes are no frame"
            events.append(DecodeFault(FaultKind.LENGTH, len(self._buffer), at.at, at.mono_ns, detail))
            self._size = None  # perhaps the camera sends the other size now
        self._buffer.clear()

    def _frame(self, picture: bytes, telemetry: Telemetry | None, at: Instant) -> ThermalFrame:
        raw = np.frombuffer(picture, dtype="<u2").reshape(ROWS, COLUMNS)
        temps_c, flags = _temperatures(raw, telemetry)
        if picture == self._last_picture:
            flags |= SampleFlag.REPEATED
        self._last_picture = picture
        if telemetry is not None:
            if telemetry.overheated:
                flags |= SampleFlag.OVERHEATED
            if telemetry.ffc_state in (FFC_IMMINENT, FFC_IN_PROGRESS):
                flags |= SampleFlag.SHUTTER
        temps_c.setflags(write=False)
        seq = self._seq
        self._seq += 1
        return ThermalFrame(
            instrument=self._instrument,
            seq=seq,
            at=at.at,
            mono_ns=at.mono_ns,
            temps_c=temps_c,
            sensor_c=telemetry.sensor_c if telemetry else None,
            housing_c=telemetry.housing_c if telemetry else None,
            flags=flags,
            since_shutter_s=telemetry.since_shutter_s if telemetry else None,
            device_counter=telemetry.frame_counter if telemetry else None,
            uptime_s=telemetry.uptime_ms / 1000 if telemetry else None,
        )


def _split(frame: bytes) -> tuple[bytes, Telemetry | None]:
    """Return the picture and the telemetry of 39,040 bytes; the first 38,400 and None if there is no telemetry."""
    if behind := decode_telemetry(frame[PICTURE_BYTES:]):
        return frame[:PICTURE_BYTES], behind
    if before := decode_telemetry(frame[:TELEMETRY_BYTES]):
        return frame[TELEMETRY_BYTES:], before
    return frame[:PICTURE_BYTES], None


def _temperatures(raw: NDArray[np.uint16], telemetry: Telemetry | None) -> tuple[NDArray[np.float32], SampleFlag]:
    """Return what the counts mean, with NaN where they mean nothing, and the flags that say so."""
    step = telemetry.kelvin_per_count if telemetry else 0.01
    lowest, highest = np.minimum.reduce(raw, axis=None), np.maximum.reduce(raw, axis=None)
    radiometric = telemetry.tlinear and not telemetry.agc if telemetry else highest >= _NOT_TLINEAR_BELOW
    if not radiometric:
        return np.full(raw.shape, np.nan, dtype=np.float32), SampleFlag.NOT_RADIOMETRIC
    counts_per_c = 100 if step < 0.05 else 10
    # whole numbers first: float32 holds them exactly, so the division is the only rounding
    temps_c = raw.astype(np.float32)
    temps_c -= np.float32(ZERO_C_IN_K * counts_per_c)
    temps_c /= np.float32(counts_per_c)
    if lowest and highest != _ALL_COUNTS and highest - lowest <= _SPAN and is_sound(raw, counts_per_c):
        return temps_c, SampleFlag.NONE
    return temps_c, _leave_out(temps_c, raw, counts_per_c)


def _leave_out(temps_c: NDArray[np.float32], raw: NDArray[np.uint16], counts_per_c: int) -> SampleFlag:
    """Make NaN of what is defect or impossible (no counts, all counts); return the flags."""
    flags = SampleFlag.NONE
    defects = find_defects(raw.view(np.int16), counts_per_c)
    rows = set(defects.rows)
    impossible = (raw == 0) | (raw == _ALL_COUNTS)
    if impossible.any():
        temps_c[impossible] = np.nan
        flags |= SampleFlag.BAD_PIXELS
        rows |= {int(row) for row in np.flatnonzero(impossible.sum(axis=1) >= COLUMNS // 4)}
    for row, column in defects.pixels:
        temps_c[row, column] = np.nan
        flags |= SampleFlag.BAD_PIXELS
    for row in rows:
        temps_c[row] = np.nan
        flags |= SampleFlag.BAD_ROWS
    return flags


SPEC: Final = DriverSpec(
    name="lepton_y16",
    title="FLIR Lepton 3.5 on PureThermal (USB video, Y16 160x120)",
    quantity=Quantity.FRAME,
    transport=Transport.UVC,
    evidence=Evidence.CAPTURED,
    sources=(
        "groupgets/purethermal1-uvc-capture python/uvctypes.py: USB id, formats, sizes",
        "FLIR data sheet 500-0659-00-09 rev 203: telemetry words, status bits, field of view, noise",
        "LJMUAstroecology/flirpy src/flirpy/camera/lepton.py: layout of the telemetry row",
        "liflabuc/purethermal-y16-recorder (CC BY 4.0): four recorded frames, one broken row each",
    ),
    decoder=LeptonY16Decoder,
    says=_says,
    integrity=Integrity.SIZE,
    usb=(UsbId(0x1E4E, 0x0100, "PureThermal"),),
    video=(
        VideoMode(COLUMNS, ROWS + TELEMETRY_ROWS, "Y16 ", "gray16le"),
        VideoMode(COLUMNS, ROWS, "Y16 ", "gray16le"),
    ),
    shape=(ROWS, COLUMNS),
    hfov_deg=57.0,
    netd_c=0.05,
    rate_hz=8.7,
    wiring={"USB": "any USB 2 port; udev rule 70-guankou.rules"},
)
