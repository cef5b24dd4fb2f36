"""An LCUS relay board as its host meets it: orders without confirmation, and one question.

Bytes: `drivers.devices.lcus_relay`. Relays are open after power-up. A one-relay board does not answer the question.
"""

from typing import Final

from drivers.checksums import sum8
from drivers.devices.lcus_relay import encode_relay, read_relays
from simulators.commands import CommandBuffer

BAUD: Final = 9600


class LcusRelay:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, relays: int = 4) -> None:
        self._on = [False] * relays
        self._commands = CommandBuffer(b"", _length, _is_right)

    @property
    def baud(self) -> int | None:
        """The line rate; it cannot be changed."""
        return BAUD

    @property
    def relays(self) -> tuple[bool, ...]:
        """How the relays are: what somebody at the gate would see."""
        return tuple(self._on)

    def power_up(self, t_s: float) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Open all relays."""
        self._commands.clear()
        self._on = [False] * len(self._on)
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:  # noqa: ARG002
        """Obey orders, answer the question."""
        answers = b""
        for command in self._commands.take(data):
            if command == read_relays():
                answers += self._states()
            elif 1 <= command[1] <= len(self._on):
                self._on[command[1] - 1] = bool(command[2])
        return answers

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say nothing unasked."""
        return b"", t_s + 60.0

    def _states(self) -> bytes:
        if len(self._on) == 1:
            return b""
        return b"".join(encode_relay(number, on=on) for number, on in enumerate(self._on, start=1))


def _length(begun: bytes) -> int:
    if begun.startswith(read_relays()):
        return 1
    return 4 if begun.startswith(b"\xa0") or not begun else -1


def _is_right(command: bytes) -> bool:
    return command == read_relays() or (sum8(command[:3]) == command[3] and command[2] in (0, 1))
