"""A serial TEMPer as its host meets it: two words that it knows, lines that it answers.

Bytes: `drivers.devices.temper_serial`. The words come without any mark behind them. The stick is warmed by the computer
that it is plugged into; a probe on its cable is not.
"""

import re
from typing import Final

from drivers.devices.temper_serial import encode_air, encode_version, read_temperature, read_version
from simulators.device import AirSource

BAUD: Final = 9600
WARMED_BY_COMPUTER_C: Final = 1.5
_WORDS: Final = re.compile(re.escape(read_version()) + b"|" + re.escape(read_temperature()))
_LONGEST: Final = 64


class TemperSerial:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, source: AirSource, *, probe: bool = True) -> None:
        self._source = source
        self._probe = probe
        self._heard = b""

    @property
    def baud(self) -> int | None:
        """The line rate; it cannot be changed."""
        return BAUD

    def power_up(self, t_s: float) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Forget what was begun."""
        self._heard = b""
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Answer each word."""
        self._heard = (self._heard + data)[-_LONGEST:]
        answers = b""
        while word := _WORDS.search(self._heard):
            self._heard = self._heard[word.end() :]
            answers += encode_version() if word[0] == read_version() else self._air(t_s)
        return answers

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say nothing unasked."""
        return b"", t_s + 60.0

    def _air(self, t_s: float) -> bytes:
        air_c = self._source.ambient_c(t_s)
        outer_c = air_c if self._probe else None
        return encode_air(air_c + WARMED_BY_COMPUTER_C, self._source.humidity_pct(t_s), outer_c)
