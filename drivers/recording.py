"""Writing a capture: hex text with a provenance header, as `drivers.capture` reads it back."""

import gzip
import io
from collections.abc import Mapping
from pathlib import Path

from contract.clock import Clock, Instant
from drivers.hextext import spell
from drivers.link import Link

_LINE_BYTES = 32


class CaptureWriter:
    """One capture file being written; `.gz` names are compressed. Raises OSError.

    Each piece is on the disk when `write` returns, so that a recording ended by pulling the plug is whole up to there.
    """

    def __init__(self, path: Path, header: Mapping[str, str]) -> None:
        stream = gzip.open(path, "xb") if path.name.endswith(".gz") else path.open("xb")  # noqa: SIM115  # see close
        self._stream = io.TextIOWrapper(stream, encoding="utf-8", write_through=True)
        for key, value in header.items():
            self._stream.write(f"# {key}: {' '.join(value.split())}\n")
        self.pieces = 0
        self.bytes = 0

    def write(self, data: bytes, at_s: float, *, from_host: bool = False) -> None:
        """Append bytes that arrived, or left, `at_s` seconds after the start."""
        mark = "#> " if from_host else ""
        lines = (data[start : start + _LINE_BYTES] for start in range(0, len(data), _LINE_BYTES))
        self._stream.write(f"#@ {at_s:.6f}\n" + "".join(f"{mark}{spell(line)}\n" for line in lines))
        self._stream.flush()
        self.pieces += 1
        self.bytes += 0 if from_host else len(data)

    def close(self) -> None:
        """End the file."""
        self._stream.close()


class RecordingLink:
    """A link that writes down everything that passes through it."""

    def __init__(self, link: Link, writer: CaptureWriter, clock: Clock, start: Instant) -> None:
        self._link = link
        self._writer = writer
        self._clock = clock
        self._start = start

    def read(self, timeout_s: float) -> bytes:
        """Return the bytes that arrived, written down. Raises LinkLost, LinkEnded."""
        if data := self._link.read(timeout_s):
            self._writer.write(data, self._clock.now().seconds_since(self._start))
        return data

    def write(self, data: bytes) -> None:
        """Send all of `data`, written down. Raises LinkLost."""
        self._writer.write(data, self._clock.now().seconds_since(self._start), from_host=True)
        self._link.write(data)

    def close(self) -> None:
        """Release the device. Never raises."""
        self._link.close()
