"""A Lepton 3.5 on a PureThermal board as its host meets it: Y16 frames, one after another, with or without telemetry.

Bytes: `drivers.devices.lepton_y16`. USB video has no line rate; frames come as they do in real recordings: 8.78 a
second on average, 15 to 412 ms apart, now and then one late and the next close behind it. While the shutter is closed
the picture freezes and the telemetry says so.
"""

from typing import Final

from drivers.devices.lepton_y16 import (
    COLUMNS,
    FFC_COMPLETE,
    FFC_IMMINENT,
    FFC_IN_PROGRESS,
    ROWS,
    TELEMETRY_ROWS,
    Telemetry,
    encode_frame,
)
from simulators.chance import stream
from simulators.device import FrameSource

FPS: Final = 8.78
JITTER_S: Final = 0.020
STALL_SHARE: Final = 0.01
STALL_S: Final = 0.28
CLOSEST_S: Final = 0.015
IMMINENT_S: Final = 0.5
"""How long before it closes the shutter is announced."""
HOUSING_BELOW_SENSOR_C: Final = 4.0
VIDEO_HZ: Final = 26
"""The chip counts its frames at this rate and shows every third."""


class LeptonY16:
    """The device; see `device.SimulatedDevice`. `baud` is None: USB."""

    def __init__(self, source: FrameSource, *, seed: int = 0, telemetry: bool = True) -> None:
        self._source = source
        self._seed = seed
        self._telemetry = telemetry
        self._started_s = 0.0
        self._next_frame = 0
        self._next_s = 0.0

    @property
    def baud(self) -> int | None:
        """USB has none."""
        return None

    @property
    def video_size(self) -> tuple[int, int]:
        """Columns and rows, two of telemetry included."""
        return COLUMNS, ROWS + TELEMETRY_ROWS * self._telemetry

    def power_up(self, t_s: float) -> bytes:
        """Start to stream."""
        self._started_s = t_s
        self._next_frame = int(t_s * FPS) + 1
        self._next_s = self._due_s(self._next_frame, t_s)
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Hear nothing: commands to a USB camera do not travel with its pictures."""
        return b""

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say a frame when it is due; what the host was too slow to ask for is skipped."""
        if t_s < self._next_s:
            return b"", self._next_s
        taken_s = self._next_frame / FPS
        said = encode_frame(self._source.frame(taken_s), self._telemetry_at(taken_s) if self._telemetry else None)
        self._next_frame = max(self._next_frame + 1, int((t_s - STALL_S - JITTER_S) * FPS))
        self._next_s = self._due_s(self._next_frame, t_s)
        return said, self._next_s

    def _due_s(self, frame: int, after_s: float) -> float:
        rng = stream(self._seed, "usb", frame)
        late_s = abs(rng.standard_normal()) * JITTER_S + (STALL_S if rng.random() < STALL_SHARE else 0.0)
        return max(frame / FPS + late_s, after_s + CLOSEST_S)

    def _telemetry_at(self, t_s: float) -> Telemetry:
        closed, since_s = self._source.shutter(t_s)
        soon = self._source.shutter(t_s + IMMINENT_S)[0]
        uptime_ms = max(1, round((t_s - self._started_s) * 1000) + 1000)
        sensor_c = self._source.sensor_c(t_s)
        return Telemetry(
            uptime_ms=uptime_ms,
            frame_counter=round(t_s * VIDEO_HZ) & 0xFFFF_FFFF,
            ffc_state=FFC_IN_PROGRESS if closed else FFC_IMMINENT if soon else FFC_COMPLETE,
            last_ffc_ms=max(1, uptime_ms - round(since_s * 1000)),
            sensor_c=sensor_c,
            housing_c=sensor_c - HOUSING_BELOW_SENSOR_C,
        )
