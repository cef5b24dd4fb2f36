"""A Heimann HTPA32x32d with its UDP board as its host meets it: called, bound, streaming, released.

Bytes: `drivers.devices.htpa32x32d`. Behaviour: the maker's firmware for a sister. It streams only to a host that has
bound it and said K; a second bind is refused; a new power-up forgets everything. Single frames of voltages (`c`) are
not simulated: without the sensor's own constants they are no temperatures. Each image is one message here, which the
port cuts into datagrams of `DATAGRAM_BYTES` at most.
"""

from typing import Final

from drivers.devices.htpa32x32d import (
    FIRST_BYTES,
    bind,
    call,
    encode_already_bound,
    encode_bound,
    encode_called,
    encode_frame,
    encode_released,
    release,
    start_stream,
)
from simulators.device import FrameSource

RATE_HZ: Final = 8.7
"""As in a recording of a real device: 0.115 s apart."""
DATAGRAM_BYTES: Final = FIRST_BYTES


class Htpa32x32d:
    """The device; see `device.SimulatedDevice`. `baud` is None: network."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._bound = self._streams = False
        self._next_s = 0.0

    @property
    def baud(self) -> int | None:
        """A network has none."""
        return None

    def power_up(self, t_s: float) -> bytes:
        """Forget who had bound it."""
        self._bound = self._streams = False
        self._next_s = t_s + 1 / RATE_HZ
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Take one datagram, one command."""
        if data == call():
            return encode_called()
        if data == bind():
            was_bound, self._bound = self._bound, True
            return encode_already_bound() if was_bound else encode_bound()
        if data == start_stream() and self._bound:
            self._streams = True
            self._next_s = t_s + 1 / RATE_HZ
        elif data == release() and self._bound:
            self._bound = self._streams = False
            return encode_released()
        elif data in (b"x", b"X"):
            self._bound = self._streams = False
        return b""

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say an image while somebody listens."""
        if t_s < self._next_s:
            return b"", self._next_s
        self._next_s += (1 + (t_s - self._next_s) * RATE_HZ // 1) / RATE_HZ
        if not self._streams:
            return b"", self._next_s
        return b"".join(encode_frame(self._source.frame(t_s), self._source.sensor_c(t_s))), self._next_s
