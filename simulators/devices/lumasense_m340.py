"""The LumaSense M340 as its host meets it: two questions and one order, over the plate that the camera sees.

Bytes: `drivers.devices.lumasense_m340`. The manual shows no answer to an order and none to nonsense, so there is none.
It speaks 8N1 here: 7-O-1 does not fit a pseudo-terminal.
"""

import re
from typing import Final

from drivers.devices.lumasense_m340 import ADDRESS, encode_setpoint, encode_temperature
from simulators.commands import LineBuffer
from simulators.plate import Plate

BAUD: Final = 1200
LOWEST_C, HIGHEST_C = 0.0, 100.0
RAMP_C_MIN: Final = 3.0
_COMMAND: Final = re.compile(r"#(\d\d)(?:R(00|01)|M01 (\d{4})C)")


class LumasenseM340:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, plate: Plate, *, address: int = ADDRESS) -> None:
        self._plate = plate
        self._address = address
        self._lines = LineBuffer()

    @property
    def baud(self) -> int | None:
        """The line rate, set at the front panel."""
        return BAUD

    def power_up(self, t_s: float) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Keep the set-point."""
        self._lines.clear()
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Answer questions to this address, obey the order."""
        return b"".join(self._line(line, t_s) for line in self._lines.take(data))

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say nothing unasked."""
        return b"", t_s + 60.0

    def _line(self, line: str, t_s: float) -> bytes:
        told = _COMMAND.fullmatch(line)
        if told is None or int(told[1]) != self._address:
            return b""
        if told[3] is not None:
            setpoint_c = int(told[3]) / 10
            if LOWEST_C <= setpoint_c <= HIGHEST_C:
                self._plate.order(t_s, setpoint_c, RAMP_C_MIN)
            return b""
        if told[2] == "00":
            return encode_temperature(self._plate.indicated_c(t_s), self._address)
        return encode_setpoint(self._plate.target_c(t_s), self._address)
