"""A simulated device's end of a line: asks it to speak, paces its bytes, passes on what it hears. No I/O in here."""

from typing import Final

from simulators.device import SimulatedDevice
from simulators.line_faults import LineFaults
from simulators.uart import misread

BITS_PER_BYTE: Final = 10
"""8N1: a start bit, eight data bits, a stop bit."""
CHUNKS_PER_S: Final = 200
"""A serial adapter hands bytes on in lumps; smaller lumps cost more wake-ups and teach a host nothing."""

USB_BUFFER_BYTES: Final = 32_768
"""What waits on its way to a host that does not read. No maker tells; assumed are 16 requests of 1 KiB that Linux's
cdc-acm keeps under way less what a pseudo-terminal has of its own (8 KiB), and two images of 10 KiB in the device."""


class Line:
    """What one device says and hears in the course of time (`t_s`, never going back).

    A device with a line rate speaks again when its last message has left: a module that is told to send more than its
    line carries skips, as real ones do. One without (USB, network) gives each message as a whole and at once. A host
    that does not take it makes the device wait (USB: NAK): its messages queue in `USB_BUFFER_BYTES`, one that does not
    fit there is skipped whole, and none is ever cut.
    """

    def __init__(self, device: SimulatedDevice, faults: LineFaults | None = None) -> None:
        self.device = device
        self.dropped_bytes = 0
        """What a full buffer or an absent host has cost."""
        self.skipped_messages = 0
        """Messages of a device without a line rate that did not fit behind what still waited for the host."""
        self.spoken_bytes = 0
        self._faults = faults or LineFaults()
        self._pending = bytearray()
        self._sent_until_s = 0.0
        self._speak_at_s = float("-inf")

    def power_up(self, t_s: float) -> None:
        """Switch the device on: it forgets what was volatile and may say a greeting."""
        self._pending.clear()
        self._sent_until_s = t_s
        self._speak_at_s = t_s
        self._say(self.device.power_up(t_s), t_s)

    def hear(self, data: bytes, host_baud: int | None, t_s: float) -> None:
        """Pass on what the host has sent at its line rate."""
        baud = self.device.baud
        if baud is not None and host_baud is not None:
            data = misread(data, host_baud, baud)
        self._say(self.device.hear(data, t_s), t_s)

    def due(self, host_baud: int | None, t_s: float, waiting: int = 0) -> bytes:
        """Return the bytes that reach the host now, as a host at its line rate reads them.

        `waiting` is how much of what was returned before the host has not taken yet.
        """
        baud = self.device.baud
        if t_s >= self._speak_at_s and (not self._pending or baud is None):
            said, self._speak_at_s = self.device.speak(t_s)
            if waiting and waiting + len(said) > USB_BUFFER_BYTES:
                self.skipped_messages += bool(said)
            else:
                self._say(said, t_s)
        if baud is None:
            return self._take(len(self._pending))
        rate = baud / BITS_PER_BYTE
        count = min(int((t_s - self._sent_until_s) * rate), len(self._pending))
        if count < min(self._lump(baud), len(self._pending)):
            return b""
        self._sent_until_s += count / rate
        taken = self._take(count)
        return taken if host_baud is None else misread(taken, baud, host_baud)

    def next_s(self) -> float:
        """Return when to ask `due` again, if nothing is heard before."""
        baud = self.device.baud
        if baud is None or not self._pending:
            return self._speak_at_s
        return self._sent_until_s + min(self._lump(baud), len(self._pending)) * BITS_PER_BYTE / baud + 1e-4

    def _say(self, message: bytes, t_s: float) -> None:
        message = self._faults.carry(message, t_s)
        if message and not self._pending:
            self._sent_until_s = max(self._sent_until_s, t_s)
        self._pending += message

    def _take(self, count: int) -> bytes:
        taken = bytes(self._pending[:count])
        del self._pending[:count]
        self.spoken_bytes += count
        return taken

    @staticmethod
    def _lump(baud: int) -> int:
        return max(8, baud // BITS_PER_BYTE // CHUNKS_PER_S)
