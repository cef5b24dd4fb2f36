"""A Hart 9133 as its host meets it: abbreviated words, an echo, and settings that outlive power-off.

Bytes: `drivers.devices.hart_9132`. Behaviour: the manuals of the family. Duplex full and a sample period of 1 s are the
factory's, so it echoes and talks by itself until it is told not to. What it does not know it answers with nothing, and
`pr` (proportional band) too, whose answer is nowhere printed.
"""

import re
from collections.abc import Callable
from typing import Final

from drivers.devices.hart_9132 import encode_line
from simulators.plate import Plate

BAUD: Final = 2400
LOWEST_C, HIGHEST_C = -30.0, 150.0
FASTEST_C_MIN: Final = 10.0
_SETTING: Final = re.compile(r"(\*?[a-z0-9]+)=([a-z0-9.+-]+)")
WORDS: Final = {
    "setpoint": 1,
    "temperature": 1,
    "units": 1,
    "scan": 2,
    "srate": 2,
    "sample": 2,
    "duplex": 2,
    "lfeed": 2,
    "*version": 4,
}
"""What it understands, and to how many letters each word may be shortened."""


class Hart9132:
    """The device; see `device.SimulatedDevice`."""

    def __init__(self, plate: Plate, *, model: str = "9133", full_duplex: bool = True, sample_s: int = 1) -> None:
        self._plate = plate
        self._model = model
        self._full_duplex = full_duplex
        self._linefeed = False
        self._sample_s = sample_s
        self._fahrenheit = False
        self._scan = False
        self._rate_c_min = FASTEST_C_MIN
        self._typed = bytearray()
        self._next_s = 0.0
        self._answers = self._all_answers()

    @property
    def baud(self) -> int | None:
        """The line rate, set at the front panel."""
        return BAUD

    def power_up(self, t_s: float) -> bytes:
        """Keep all settings; half a word is forgotten."""
        self._typed.clear()
        self._next_s = t_s + self._sample_s
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Echo, then answer or obey, line by line; a backspace takes back a letter."""
        answers = b""
        for byte in data:
            if byte == 0x0D:
                answers += self._line(bytes(self._typed), t_s)
                self._typed.clear()
            elif byte == 0x08:
                del self._typed[-1:]
            elif len(self._typed) < 40:
                self._typed.append(byte)
        return answers

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Tell the temperature once a sample period."""
        if not self._sample_s:
            return b"", t_s + 60.0
        if t_s < self._next_s:
            return b"", self._next_s
        self._next_s += self._sample_s * (1 + (t_s - self._next_s) // self._sample_s)
        return self._say(self._answers["temperature"](t_s)), self._next_s

    def _all_answers(self) -> dict[str, Callable[[float], str]]:
        return {
            "setpoint": lambda t_s: f"set: {self._number(self._plate.target_c(t_s))}",
            "temperature": lambda t_s: f"t: {self._number(self._plate.indicated_c(t_s))}",
            "units": lambda _: f"u: {self._unit}",
            "scan": lambda _: f"scan: {'ON' if self._scan else 'OFF'}",
            "srate": lambda _: f"srat: {self._rate_c_min:.1f} C/min",
            "sample": lambda _: f"sa: {self._sample_s}",
            "*version": lambda _: f"ver.{self._model},1.21",
        }

    @property
    def _unit(self) -> str:
        return "F" if self._fahrenheit else "C"

    def _number(self, value_c: float) -> str:
        return f"{value_c * 1.8 + 32 if self._fahrenheit else value_c:.2f} {self._unit}"

    def _say(self, line: str) -> bytes:
        return encode_line(line, linefeed=self._linefeed)

    def _line(self, typed: bytes, t_s: float) -> bytes:
        echo = typed + self._say("") if self._full_duplex else b""
        command = typed.decode("ascii", "replace").replace(" ", "").lower().strip("\n")
        if told := _SETTING.fullmatch(command):
            self._set(_word(told[1]), told[2], t_s)
            return echo
        answer = self._answers.get(_word(command))
        return echo + (self._say(answer(t_s)) if answer else b"")

    def _set(self, word: str, value: str, t_s: float) -> None:
        if word == "setpoint":
            self._order(value, t_s)
        elif word == "srate":
            self._rate_c_min = _number(value, 0.1, FASTEST_C_MIN) or self._rate_c_min
        elif word == "units" and value in ("c", "f"):
            self._fahrenheit = value == "f"
        elif word == "sample" and value.isdecimal() and int(value) <= 4000:
            self._sample_s = int(value)
            self._next_s = t_s + self._sample_s
        elif word == "duplex" and value[:1] in ("f", "h"):
            self._full_duplex = value.startswith("f")
        elif word == "lfeed" and value in ("on", "of", "off"):
            self._linefeed = value == "on"
        elif word == "scan" and value in ("on", "of", "off"):
            self._scan = value == "on"

    def _order(self, value: str, t_s: float) -> None:
        wanted = _number(value, -1000.0, 1000.0)
        if wanted is None:
            return
        wanted_c = (wanted - 32) / 1.8 if self._fahrenheit else wanted
        if LOWEST_C <= wanted_c <= HIGHEST_C:
            self._plate.order(t_s, wanted_c, self._rate_c_min)


def _number(text: str, low: float, high: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if low <= value <= high else None


def _word(typed: str) -> str:
    """Return the whole word that an abbreviation stands for, "" if there is none."""
    return next((word for word, least in WORDS.items() if word.startswith(typed) and len(typed) >= least), "")
