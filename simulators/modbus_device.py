"""The device's half of Modbus RTU: whose request is it, which registers may be read and written, how it is refused."""

from collections.abc import Callable
from typing import Final

from drivers import modbus_rtu
from drivers.modbus_rtu import BROADCAST, WRITE_COILS, WRITE_REGISTERS, Message
from simulators.commands import CommandBuffer

Answer = Callable[[Message, float], bytes]

_MULTIPLE: Final = (WRITE_COILS, WRITE_REGISTERS)
_HIGHEST_FUNCTION: Final = 0x18


class ModbusDevice:
    """Finds requests in what the line brings and lets `answer` speak for the device.

    `units` are the addresses to which the device answers with the address that was asked; broadcasts are obeyed in
    silence. A function that `answer` does not know it answers with `modbus_rtu.refusal`.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._requests = CommandBuffer(b"", _length, modbus_rtu.sound)

    def clear(self) -> None:
        """Forget half a request, as switching off does."""
        self._requests.clear()

    def hear(self, data: bytes, units: tuple[int, ...], t_s: float) -> bytes:
        """Take bytes cut anywhere; return what is answered."""
        answers = b""
        for frame in self._requests.take(data):
            asked = modbus_rtu.request(frame)
            if asked is None or asked.unit not in (*units, BROADCAST):
                continue
            answer = self._answer(asked, t_s)
            answers += answer if asked.unit != BROADCAST else b""
        return answers


def _length(begun: bytes) -> int:
    """How long the request is that begins here (Modbus Application Protocol 1.1b3, section 6)."""
    if len(begun) < 2:
        return 0
    if begun[1] in _MULTIPLE:
        return 9 + begun[6] if len(begun) > 6 else 0
    return 8 if begun[1] < _HIGHEST_FUNCTION else -1
