"""The CHUWO 32x32 module as its host meets it: one question, one image.

Bytes: `drivers.devices.chuwo_32x32`. Nothing else of it is known, so it does nothing else.
"""

from typing import Final

from drivers.devices.chuwo_32x32 import encode_frame, query_frame
from simulators.commands import CommandBuffer
from simulators.device import FrameSource

BAUD: Final = 115200


class Chuwo32x32:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        request = query_frame()
        self._commands = CommandBuffer(request[:2], lambda _begun: len(request), lambda command: command == request)

    @property
    def baud(self) -> int | None:
        """The line rate."""
        return BAUD

    def power_up(self, t_s: float) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Wait for a question."""
        self._commands.clear()
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Answer each question with an image."""
        return b"".join(self._image(t_s) for _ in self._commands.take(data))

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say nothing unasked."""
        return b"", t_s + 60.0

    def _image(self, t_s: float) -> bytes:
        return encode_frame(self._source.frame(t_s), self._source.sensor_c(t_s))
