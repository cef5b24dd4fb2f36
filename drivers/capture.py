"""Files of bytes that devices have sent: what `guankou-probe record` writes, and the recordings of others.

    .hex  .hex.gz       hex text; `# key: value` lines are the header, `#@ 1.250` gives the seconds at which the bytes
                        that follow arrived, `#> A5 55 01 FB` what the host sent. Any other comment is a comment,
                        so a capture is plain hex text to everybody else.
    .bin  .bin.gz       the bytes, without times; a camera's are whole frames from the first byte on
    .cptv               a recording of a Lepton camera (PyPI `cptv`): becomes 160x122 Y16 frames whose telemetry carries
                        the recorded uptime and last FFC
    .raw.y16.gz         `PTY16V1`: 160x120 Y16 frames with their times

A file that ends in the middle gives what was whole; `Capture.cut` then says what was not.
"""

import gzip
import io
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from contract.clock import Instant
from drivers import hextext
from drivers.codec import DriverSpec
from drivers.devices import lepton_y16
from drivers.samples import DecodeFault

_CHUNK: Final = 65_536
_Y16_MAGIC: Final = b"PTY16V1\n"
_Y16_RECORD: Final = struct.Struct("<Qdq")
_BROKEN: Final = (EOFError, zlib.error, gzip.BadGzipFile, struct.error)


class CaptureUnreadable(Exception):
    """The file is missing or is not what its name says; the text tells which."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that arrived, or left, together."""

    data: bytes
    at_s: float
    """Seconds since the start of the recording; 0 where the file has no times."""
    from_host: bool = False


class Capture:
    """One file, opened. Iterate over `pieces()` once; `cut` and `header` are complete afterwards.

    `spec` is of the device whose bytes they are, where it is known. Raises CaptureUnreadable.
    """

    def __init__(self, path: Path, spec: DriverSpec | None = None) -> None:
        self.path = path
        self._spec = spec
        self.header: dict[str, str] = {}
        self.cut = ""
        """What is missing at the end, in words; "" if the file was whole."""
        self.two_sided = False
        """Whether the file also says what the host said."""
        self.timed = False
        """Whether the file says when its bytes arrived."""
        if not path.is_file():
            raise CaptureUnreadable(f"{path} is no file")

    @property
    def of_lepton(self) -> bool:
        """Whether the file can only hold frames of a Lepton."""
        return self.path.name.endswith((".cptv", ".raw.y16.gz"))

    def pieces(self) -> Iterator[Piece]:
        """Yield what was recorded, in order. Raises CaptureUnreadable."""
        name = self.path.name.lower()
        try:
            if name.endswith(".cptv"):
                yield from self._cptv()
            elif name.endswith(".raw.y16.gz"):
                yield from self._y16()
            elif name.endswith((".hex", ".hex.gz", ".txt")):
                yield from self._hex()
            else:
                yield from self._binary()
        except OSError as error:
            raise CaptureUnreadable(f"cannot read {self.path}: {error.strerror or error}") from error

    def _open(self) -> io.BufferedReader:
        if self.path.name.lower().endswith(".gz"):
            return io.BufferedReader(gzip.GzipFile(self.path, "rb"))
        return self.path.open("rb")

    def _binary(self) -> Iterator[Piece]:
        with self._open() as stream:
            try:
                together = _arrived_together(stream, self._spec)
                stream.seek(0)
                while data := stream.read(together):
                    yield Piece(data, 0.0)
            except _BROKEN as error:
                self.cut = f"the compressed file ends early ({error})"

    def _hex(self) -> Iterator[Piece]:
        at_s = 0.0
        with io.TextIOWrapper(self._open(), encoding="utf-8", errors="replace") as stream:
            for number, line in enumerate(stream, start=1):
                text = line.strip()
                if text.startswith("#@"):
                    at_s, self.timed = _seconds(text[2:], self.path, number), True
                    continue
                if text.startswith("#") and not text.startswith("#>"):
                    key, colon, value = text[1:].partition(":")
                    if colon:
                        self.header.setdefault(key.strip(), value.strip())
                    continue
                from_host = text.startswith("#>")
                try:
                    data, half = hextext.parse(text[2:] if from_host else text)
                except hextext.NotHex as error:
                    raise CaptureUnreadable(f"{self.path}, line {number}: {error}") from error
                if half:
                    self.cut = f"line {number} ends in half a byte"
                if data:
                    self.two_sided |= from_host
                    yield Piece(data, at_s, from_host)

    def _y16(self) -> Iterator[Piece]:
        self.timed = True
        with self._open() as stream:
            try:
                if stream.read(len(_Y16_MAGIC)) != _Y16_MAGIC:
                    raise CaptureUnreadable(f"{self.path} does not begin with PTY16V1")
                (size,) = struct.unpack("<I", stream.read(4))
                self.header |= {key: str(value) for key, value in _json(stream.read(size), self.path).items()}
                start_s: float | None = None
                while head := stream.read(_Y16_RECORD.size):
                    _index, unix_s, _ms = _Y16_RECORD.unpack(head)
                    start_s = unix_s if start_s is None else start_s
                    picture = stream.read(lepton_y16.PICTURE_BYTES)
                    if len(picture) < lepton_y16.PICTURE_BYTES:
                        self.cut = f"the last frame has {len(picture)} of {lepton_y16.PICTURE_BYTES} bytes"
                        return
                    yield Piece(picture, unix_s - start_s)
            except _BROKEN as error:
                self.cut = f"the file ends within a frame ({error})"

    def _cptv(self) -> Iterator[Piece]:
        from cptv import CPTVReader  # noqa: PLC0415  # a recording's reader is needed for recordings only

        self.timed = True
        with self.path.open("rb") as stream:
            try:
                reader = CPTVReader(stream)
                self.header |= _cptv_header(reader)
                start_s: float | None = None
                for index, frame in enumerate(reader):
                    if frame.background_frame:
                        continue
                    on_s = frame.time_on.total_seconds()
                    start_s = on_s if start_s is None else start_s
                    yield Piece(_cptv_frame(frame, index), on_s - start_s)
            except _BROKEN as error:
                self.cut = f"the recording ends within a frame ({error})"
            except (ValueError, KeyError, TypeError) as error:
                raise CaptureUnreadable(f"{self.path} is no CPTV recording: {error}") from error


def _arrived_together(stream: io.BufferedReader, spec: DriverSpec | None) -> int:
    """Return how many bytes to take for one piece: of a camera a frame, of the size with which the file begins."""
    then = Instant(datetime.fromtimestamp(0, UTC), 0)
    if spec is None:
        return _CHUNK
    for mode in spec.video:
        stream.seek(0)
        decoder = spec.decoder("capture")
        heard = [*decoder.feed(stream.read(mode.frame_bytes), then), *decoder.feed(b"", then.later(1.0))]
        if any(not isinstance(event, DecodeFault) for event in heard):
            return mode.frame_bytes
    return _CHUNK


def _seconds(text: str, path: Path, number: int) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise CaptureUnreadable(f"{path}, line {number}: {text.strip()!r} are no seconds") from error


def _json(data: bytes, path: Path) -> dict[str, Any]:
    try:
        header = json.loads(data)
    except ValueError as error:
        raise CaptureUnreadable(f"{path}: its header is no JSON: {error}") from error
    return header if isinstance(header, dict) else {}


def _cptv_header(reader: Any) -> dict[str, str]:
    def text(value: object) -> str:
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    return {
        "device": text(reader.device_name),
        "when": text(reader.timestamp),
        "model": f"{text(reader.brand)} {text(reader.model)}",
        "firmware": text(reader.firmware),
    }


def _cptv_frame(frame: Any, index: int) -> bytes:
    """Return a recorded frame as the camera sent it, telemetry rebuilt from what the recording kept."""
    uptime_ms = round(frame.time_on.total_seconds() * 1000)
    last_ffc_ms = round(frame.last_ffc_time.total_seconds() * 1000)
    telemetry = lepton_y16.Telemetry(
        uptime_ms,
        frame_counter=index,
        ffc_state=lepton_y16.FFC_COMPLETE if last_ffc_ms else lepton_y16.FFC_NEVER,
        last_ffc_ms=last_ffc_ms,
        sensor_c=frame.temp_c or None,
    )
    return lepton_y16.encode_counts(np.asarray(frame.pix, dtype=np.uint16), telemetry)
