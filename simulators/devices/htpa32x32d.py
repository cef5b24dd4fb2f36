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
from simulators.chance import stream
from simulators.device import FrameSource

RATE_HZ: Final = 8.78
"""As in a recording of a real device, 14 images in 1.48 s: 0.11 to 0.13 s apart, one late, the next close behind."""
JITTER_S: Final = 0.007
LATE_SHARE: Final = 0.07
LATE_S: Final = 0.045
CLOSEST_S: Final = 0.03
DATAGRAM_BYTES: Final = FIRST_BYTES


class Htpa32x32d:
    """The device; see `device.SimulatedDevice`. `baud` is None: network."""

    def __init__(self, source: FrameSource, *, seed: int = 0) -> None:
        self._source = source
        self._seed = seed
        self._bound = self._streams = False
        self._started_s = 0.0
        self._image = 1
        self._next_s = 0.0

    @property
    def baud(self) -> int | None:
        """A network has none."""
        return None

    def power_up(self, t_s: float) -> bytes:
        """Forget who had bound it."""
        self._bound = self._streams = False
        self._start(t_s)
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
            self._start(t_s)
        elif data == release() and self._bound:
            self._bound = self._streams = False
            return encode_released()
        elif data in (b"x", b"X"):
            self._bound = self._streams = False
        return b""

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say an image while somebody listens; what nobody asked for in time is skipped."""
        if t_s < self._next_s:
            return b"", self._next_s
        self._image = max(self._image + 1, int((t_s - self._started_s - LATE_S) * RATE_HZ))
        self._next_s = self._due_s(t_s)
        if not self._streams:
            return b"", self._next_s
        return b"".join(encode_frame(self._source.frame(t_s), self._source.sensor_c(t_s))), self._next_s

    def _start(self, t_s: float) -> None:
        self._started_s, self._image = t_s, 1
        self._next_s = self._due_s(t_s)

    def _due_s(self, after_s: float) -> float:
        rng = stream(self._seed, "udp", self._image)
        late_s = abs(rng.standard_normal()) * JITTER_S + (LATE_S if rng.random() < LATE_SHARE else 0.0)
        return max(self._started_s + self._image / RATE_HZ + late_s, after_s + CLOSEST_S)
