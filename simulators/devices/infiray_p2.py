"""An InfiRay P2 Pro or TC001 as its host meets it: 256x384 YUYV, 25 times a second, silent while its shutter is closed.

Bytes: `drivers.devices.infiray_p2`. In `colour` somebody has left a palette on: the picture above the temperatures is
no longer neutral, and a host must not trust where it cuts the stream.
"""

from typing import Final

import numpy as np

from drivers.devices.infiray_p2 import HALF_BYTES, encode_frame
from simulators.device import FrameSource

FPS: Final = 25.0
IRON_BOW: Final = 0x58


class InfirayP2:
    """The device; see `device.SimulatedDevice`. `baud` is None: USB."""

    def __init__(self, source: FrameSource, *, colour: bool = False) -> None:
        self._source = source
        self._colour = colour
        self._next_frame = 1

    @property
    def baud(self) -> int | None:
        """USB has none."""
        return None

    @property
    def video_size(self) -> tuple[int, int]:
        """Columns and rows: picture above, temperatures below."""
        return 256, 384

    def power_up(self, t_s: float) -> bytes:
        """Start to stream."""
        self._next_frame = int(t_s * FPS) + 1
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Hear nothing: control transfers do not travel with the pictures."""
        return b""

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say a frame when it is due, unless the shutter is closed; what nobody asked for in time is skipped."""
        due_s = self._next_frame / FPS
        if t_s < due_s:
            return b"", due_s
        self._next_frame = int(t_s * FPS) + 1
        closed, _since_s = self._source.shutter(due_s)
        return (b"" if closed else self._frame(due_s)), self._next_frame / FPS

    def _frame(self, t_s: float) -> bytes:
        frame = encode_frame(self._source.frame(t_s))
        if not self._colour:
            return frame
        picture = np.frombuffer(frame, np.uint8, HALF_BYTES).copy()
        picture[1::2] = IRON_BOW
        return picture.tobytes() + frame[HALF_BYTES:]
