"""FLIR Lepton 3.5 (3.0) on PureThermal 1/2/3, USB video, format Y16: radiometric 160x120 frames.

A frame is 38,400 bytes (160x120) or 39,040 (160x122: two rows of telemetry behind, or before, the picture). Row by row,
no mark between frames. Bytes that begin in the middle of a frame would give pictures too, rolled ones; so a frame is
believed only where something proves that it begins there (`LeptonY16Decoder`).

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
from datetime import UTC, datetime
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.clock import Instant
from contract.units import ZERO_C_IN_K
from drivers import y16
from drivers.codec import DriverSpec, Evidence, Integrity, Quantity, Transport, UsbId, VideoMode
from drivers.samples import DecodeFault, Event, FaultKind, Sample, SampleFlag, ThermalFrame
from drivers.seam import begins_whole

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
_ZERO_C: Final = 27315
_NOT_TLINEAR_BELOW: Final = 16384
_PAUSE_S: Final = 0.5
_GAP_S: Final = 0.05
"""A pause between frames: they come 114 ms apart, and the bytes of one within few."""
_LONGEST_RUN: Final = 8 * PICTURE_BYTES
"""So many bytes are kept to find out what they are."""
_TORN: Final = range(200, 2 * COLUMNS)
"""Zeros among as many words as telemetry has, when these lie within a picture; two dead rows have more."""


class Telemetry(NamedTuple):
    """What the two telemetry rows say; as a tuple made in a third of the time, of which each frame has little."""

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
    revision: int = 0x0E0E
    """Of the telemetry's layout: one camera always says the same."""

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
    words[0] = telemetry.revision
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


def decode_telemetry(data: bytes | bytearray, start: int = 0) -> Telemetry | None:
    """Return what the two rows at `start` say, or None if they cannot be telemetry (they are picture, or damaged)."""
    revision, uptime_ms, status, frame_counter, sensor, housing, last_ffc_ms, tlinear, fine = _TELEMETRY.unpack_from(
        data, start
    )
    if tlinear > 1 or fine > 1 or status > _STATUS_BITS or not (revision or uptime_ms):
        return None
    if (sensor and sensor not in _SENSOR_CENTI_K) or (housing and housing not in _SENSOR_CENTI_K):
        return None
    return Telemetry(
        uptime_ms=uptime_ms,
        frame_counter=frame_counter,
        ffc_state=status >> 4 & 3,
        last_ffc_ms=last_ffc_ms,
        sensor_c=_celsius(sensor),
        housing_c=_celsius(housing),
        tlinear=tlinear == 1,
        kelvin_per_count=0.01 if fine else 0.1,
        agc=status & _AGC != 0,
        overheated=status & _OVERHEATED != 0,
        revision=revision,
    )


def _celsius(centi_kelvin: int) -> float | None:
    return (centi_kelvin - _ZERO_C) / 100 if centi_kelvin else None


def _find_telemetry(data: bytes | bytearray) -> tuple[Telemetry | None, int]:
    """Return the telemetry of the frame with which the data begin, and where in them the picture begins."""
    behind = decode_telemetry(data, PICTURE_BYTES)
    return (behind, 0) if behind is not None else (decode_telemetry(data), TELEMETRY_BYTES)


class LeptonY16Decoder:
    """Frames as ThermalFrame, in the sensor's own orientation.

    Where frames begin, and which of the two sizes they have, is proven first: by telemetry at its place; or, without
    any, by whole pictures between two pauses (the first is told at the second pause, with the time at which it
    arrived) or in the reads of the link. Then each is told as it completes, until something speaks against it: missing
    telemetry, telemetry within a picture, a pause within a frame. Bytes before the next proof are LENGTH faults. A link
    may cut its reads anywhere, always at the same place: once a seam was seen within a picture without telemetry, none
    is believed before a seam is seen between two, or the camera was silent for long.
    """

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._buffer = bytearray()
        """What came since the last whole frame; unproven, since the last pause."""
        self._size: int | None = None
        """Bytes of a frame, where it is proven that the buffer begins with one."""
        self._revision: int | None = None
        self._whole: bool | None = None
        """Whether the last seam was seen between pictures without telemetry, or within; None: none yet."""
        self._in_pictures = True
        """Each read since the last pause was a whole number of pictures."""
        self._adrift = False
        """No frame is known to begin before the next pause."""
        self._heard = Instant(datetime.min.replace(tzinfo=UTC), 0)
        self._seq = 0
        self._last = memoryview(b"")

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = []
        if self._buffer or self._adrift:
            pause_s = _PAUSE_S if self._size == FRAME_BYTES else _GAP_S
            if at.seconds_since(self._heard) >= pause_s:
                self._end(at, events)
        if not data:
            return events
        if self._whole is False and at.seconds_since(self._heard) >= _PAUSE_S:
            self._whole = None
        self._heard = at
        if len(data) == self._size and not self._buffer:  # as cameras come: no copy
            self._take(data, at, events)
            return events
        self._in_pictures = self._in_pictures and len(data) % PICTURE_BYTES == 0
        self._buffer += data
        self._size = self._size or self._prove()
        if self._size is not None:
            self._cut(at, events)
        elif len(self._buffer) > (FRAME_BYTES if self._adrift else _LONGEST_RUN):
            self._lose(b"", "no telemetry, and no pause that tells where a frame begins", at, events)
        return events

    def poll(self) -> bytes:
        """Return b"": the camera talks by itself."""
        return b""

    def _prove(self) -> int | None:
        """Return the size of the frames with the first of which the buffer begins; None while nothing proves one."""
        if self._adrift or len(self._buffer) < FRAME_BYTES:
            return None
        telemetry, _start = _find_telemetry(self._buffer)
        if telemetry is not None:
            self._revision = telemetry.revision
            return FRAME_BYTES
        return PICTURE_BYTES if self._in_pictures else None

    def _cut(self, at: Instant, events: list[Event]) -> None:
        """Take the whole frames out of the buffer."""
        while self._size is not None and len(self._buffer) >= self._size:
            frame = bytes(memoryview(self._buffer)[: self._size])
            del self._buffer[: self._size]
            self._take(frame, at, events)

    def _take(self, frame: bytes, at: Instant, events: list[Event]) -> None:
        """Tell a frame of the proven size, unless it speaks against the proof."""
        if self._size == FRAME_BYTES:
            telemetry, start = _find_telemetry(frame)
            if telemetry is None or telemetry.revision != self._revision:
                self._lose(frame, "no telemetry where it was", at, events)
                return
            events.append(self._frame(frame, start, telemetry, at))
            return
        if not self._whole:
            seen = begins_whole(self._last, frame, COLUMNS)
            self._whole = self._whole if seen is None else seen
        if self._whole is False:
            self._last = memoryview(frame)
            why = "a seam within the picture: the stream was entered in the middle of a frame"
            events.append(DecodeFault(FaultKind.LENGTH, len(frame), at.at, at.mono_ns, why))
            return
        sample = self._frame(frame, 0, None, at)
        if sample.flags is not SampleFlag.NONE and _is_torn(frame):
            self._seq = sample.seq  # it is not told
            self._lose(frame, "telemetry within the picture: the camera sends 160x122", at, events)
            return
        events.append(sample)

    def _end(self, at: Instant, events: list[Event]) -> None:
        """A pause: where it ends a frame begins, and what is buffered is whole pictures or will never be any."""
        if self._size is None and not self._adrift and len(self._buffer) % PICTURE_BYTES == 0:
            self._size = PICTURE_BYTES
            self._cut(self._heard, events)
        if self._buffer:
            self._lose(b"", f"{len(self._buffer)} bytes are no frame", at, events)
        self._in_pictures, self._adrift = True, False

    def _lose(self, frame: bytes, why: str, at: Instant, events: list[Event]) -> None:
        """Give up a frame and the bytes behind it, and what was proven."""
        events.append(DecodeFault(FaultKind.LENGTH, len(frame) + len(self._buffer), at.at, at.mono_ns, why))
        self._buffer.clear()
        self._last = memoryview(b"")
        self._size, self._whole, self._adrift = None, None, True

    def _frame(self, frame: bytes, start: int, telemetry: Telemetry | None, at: Instant) -> ThermalFrame:
        raw = np.ndarray((ROWS, COLUMNS), y16.COUNTS, frame, start)
        temps_c, flags = _temperatures(raw, telemetry)
        if self._last and frame.startswith(self._last, start):
            flags |= SampleFlag.REPEATED
        self._last = memoryview(frame)[start : start + PICTURE_BYTES]
        seq, self._seq = self._seq, self._seq + 1
        if telemetry is None:
            return ThermalFrame(self._instrument, seq, at.at, at.mono_ns, temps_c, flags=flags)
        if telemetry.overheated:
            flags |= SampleFlag.OVERHEATED
        if telemetry.ffc_state in (FFC_IMMINENT, FFC_IN_PROGRESS):
            flags |= SampleFlag.SHUTTER
        return ThermalFrame(
            self._instrument,
            seq,
            at.at,
            at.mono_ns,
            temps_c,
            telemetry.sensor_c,
            telemetry.housing_c,
            flags=flags,
            since_shutter_s=telemetry.since_shutter_s,
            device_counter=telemetry.frame_counter,
            uptime_s=telemetry.uptime_ms / 1000,
        )


def _temperatures(raw: NDArray[np.uint16], telemetry: Telemetry | None) -> tuple[NDArray[np.float32], SampleFlag]:
    """Return what the counts mean, and what is to be doubted."""
    if telemetry is None:
        return y16.temperatures(raw, y16.HUNDREDTHS, _NOT_TLINEAR_BELOW)
    if telemetry.agc or not telemetry.tlinear:
        return y16.no_temperatures(raw)
    return y16.temperatures(raw, y16.HUNDREDTHS if telemetry.kelvin_per_count < 0.05 else y16.TENTHS)


def _is_torn(frame: bytes) -> bool:
    """Say whether a picture has telemetry within: mostly zeros, which no scene has."""
    zeros = np.cumsum(np.frombuffer(frame, y16.COUNTS) == 0)
    return int((zeros[TELEMETRY_BYTES // 2 :] - zeros[: -TELEMETRY_BYTES // 2]).max()) in _TORN


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
