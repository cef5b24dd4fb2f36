"""The Fluke 4180 as its host meets it: SCPI, one command a line, over the plate that the camera sees.

Bytes and sources: `drivers.devices.fluke_4180`; error texts: SCPI-1994, volume 2, section 21.8. The temperature that
it controls is the apparent one: what a thermometer set to `SOUR:EMIS` reads. What the documents do not show is answered
by an error, never by an invention: `-113,"Undefined header"`.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from drivers.devices.fluke_4180 import encode_line, encode_temperature
from simulators.commands import LineBuffer
from simulators.device import AirSource
from simulators.plate import Plate
from simulators.radiation import device_indicates_c

LOWEST_C: Final = -15.0
HIGHEST_C: Final = 120.0
FASTEST_C_MIN: Final = 8.0
"""What the plate can do, whatever scan rate is set."""
COOLING_C_MIN: Final = 2.0
STABLE_AFTER_S: Final = 60.0
CALIBRATION_EMISSIVITY: Final = 0.95
QUEUE: Final = 10
PASSWORD: Final = "1234"  # noqa: S105  # the factory's, printed in the manual

NO_ERROR: Final = '0,"No error"'
UNDEFINED: Final = '-113,"Undefined header"'
SYNTAX: Final = '-102,"Syntax error"'
OUT_OF_RANGE: Final = '-222,"Data out of range"'


class Fluke4180:
    """The device; see `device.SimulatedDevice`."""

    def __init__(
        self, plate: Plate, air: AirSource, *, serial: str = "A00000", baud: int = 9600, pace: float = 1.0
    ) -> None:
        """`pace`: for rehearsals, it heats, cools and settles so many times faster than a real one."""
        self._plate = plate
        self._pace = pace
        self._air = air
        self._serial = serial
        self._baud = baud
        self._lines = LineBuffer()
        self._errors: deque[str] = deque(maxlen=QUEUE)
        self._setpoint_c = plate.target_c(float("-inf"))
        self._rate_c_min = 500.0
        self._limit_c = 0.1
        self._heating = True
        self._line_feed = False
        self._unlocked = False
        self._queries: dict[str, Callable[[float], bytes]] = self._all_queries()
        self._settings: dict[str, Callable[[str, float], str | None]] = self._all_settings()

    @property
    def baud(self) -> int | None:
        """The line rate, set at the front panel."""
        return self._baud

    def power_up(self, t_s: float) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Keep set-point and settings; forget errors and the password."""
        self._lines.clear()
        self._errors.clear()
        self._unlocked = False
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Answer queries; obey or refuse the rest in silence, with an entry in the error queue."""
        return b"".join(self._line(line, t_s) for line in self._lines.take(data))

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say nothing unasked."""
        return b"", t_s + 60.0

    def _line(self, line: str, t_s: float) -> bytes:
        header, _, argument = line.partition(" ")
        header = _canonical(header)
        if header == "SYST:ERR?":
            return self._end(encode_line(self._errors.popleft() if self._errors else NO_ERROR))
        if header == "*CLS":
            self._errors.clear()
            return b""
        if header in self._queries:
            return self._end(self._queries[header](t_s))
        if header in self._settings:
            error = self._settings[header](argument.strip().upper(), t_s)
        else:
            error = SYNTAX if ";" in line else UNDEFINED
        if error:
            self._errors.append(error)
        return b""

    def _end(self, reply: bytes) -> bytes:
        return reply + b"\n" if self._line_feed else reply

    # -- what it answers -----------------------------------------------------------------------------------------------

    def _all_queries(self) -> dict[str, Callable[[float], bytes]]:
        return {
            "*IDN?": lambda _: encode_line(f"FLUKE,4180,{self._serial},1.10"),
            "SOUR:SPO?": lambda _: encode_temperature(self._setpoint_c),
            "SOUR:SENS:DATA?": lambda t_s: encode_temperature(self._plate.indicated_c(t_s)),
            "SOUR:SENS:BLOC?": lambda t_s: encode_temperature(self._block_c(t_s)),
            "SOUR:STAB:TEST?": lambda t_s: encode_line(str(int(self._stable(t_s)))),
            "SOUR:STAB:LIM?": lambda _: encode_temperature(self._limit_c),
            "SOUR:STAB:DATA?": lambda t_s: encode_temperature(self._unrest_c(t_s)),
            "SOUR:EMIS?": lambda _: encode_line(f"{self._plate.emissivity:.3f}"),
            "SOUR:RATE?": lambda _: encode_temperature(self._rate_c_min),
            "SOUR:CAL:EMIS?": lambda _: encode_line(f"{CALIBRATION_EMISSIVITY:.3f}"),
            "SOUR:CAL:WAV?": lambda _: encode_line("0"),
            "SOUR:CAL:DATE?": lambda _: encode_line("2007,1,18"),
            "SOUR:CAL:PAR2?": lambda _: encode_line("0.20"),
            "SOUR:PROT:HCUT?": lambda _: encode_temperature(HIGHEST_C + 10),
            "OUTP:STAT?": lambda _: encode_line(str(int(self._heating))),
            "OUTP:DATA?": lambda t_s: encode_line(f"{self._power_pct(t_s):.1f}"),
            "UNIT:TEMP?": lambda _: encode_line("C"),
            "PROG:SEL?": lambda _: encode_line("3"),
            "PROG:STAT?": lambda _: encode_line("0"),
            "SYST:COMM:SER:LIN?": lambda _: encode_line(str(int(self._line_feed))),
            "SYST:PASS:CEN?": lambda _: encode_line(str(int(self._unlocked))),
        }

    def _block_c(self, t_s: float) -> float:
        air_c = self._air.ambient_c(t_s)
        return device_indicates_c(self._plate.radiance_c(t_s, air_c), CALIBRATION_EMISSIVITY, air_c)

    def _stable(self, t_s: float) -> bool:
        return (
            self._heating
            and self._plate.settled_for_s(t_s) >= STABLE_AFTER_S / self._pace
            and self._unrest_c(t_s) <= self._limit_c
        )

    def _unrest_c(self, t_s: float) -> float:
        """How far the plate went in the last minute."""
        seen = [self._plate.indicated_c(t_s - back_s / self._pace) for back_s in range(0, 61, 10)]
        return max(seen) - min(seen)

    def _power_pct(self, t_s: float) -> float:
        if not self._heating:
            return 0.0
        wanted = (self._plate.target_c(t_s) - self._air.ambient_c(t_s)) * 0.9
        ramp = self._plate.target_c(t_s) - self._plate.indicated_c(t_s)
        return min(100.0, max(0.0, wanted + 40 * ramp))

    # -- what it can be told -------------------------------------------------------------------------------------------

    def _all_settings(self) -> dict[str, Callable[[str, float], str | None]]:
        return {
            "SOUR:SPO": self._set_setpoint,
            "SOUR:RATE": self._set_rate,
            "SOUR:STAB:LIM": self._set_limit,
            "SOUR:EMIS": self._set_emissivity,
            "OUTP:STAT": self._set_output,
            "UNIT:TEMP": lambda unit, _: None if unit == "C" else OUT_OF_RANGE,
            "SOUR:PROT:CLEA": lambda _argument, _t_s: None,
            "SYST:COMM:SER:LIN": self._set_line_feed,
            "SYST:PASS:CEN": self._unlock,
        }

    def _set_setpoint(self, text: str, t_s: float) -> str | None:
        value = _number(text, LOWEST_C, HIGHEST_C)
        if value is None:
            return OUT_OF_RANGE
        self._setpoint_c = value
        self._drive(t_s)
        return None

    def _set_rate(self, text: str, t_s: float) -> str | None:  # noqa: ARG002  # acts on the next set-point
        value = _number(text, 0.1, 500.0)
        self._rate_c_min = self._rate_c_min if value is None else value
        return OUT_OF_RANGE if value is None else None

    def _set_limit(self, text: str, t_s: float) -> str | None:  # noqa: ARG002
        value = _number(text, 0.01, 5.0)
        self._limit_c = self._limit_c if value is None else value
        return OUT_OF_RANGE if value is None else None

    def _set_emissivity(self, text: str, t_s: float) -> str | None:  # noqa: ARG002
        value = _number(text, 0.9, 1.0)
        if value is None:
            return OUT_OF_RANGE
        self._plate.emissivity = value
        return None

    def _set_output(self, text: str, t_s: float) -> str | None:
        if text not in {"0", "1", "ON", "OFF"}:
            return OUT_OF_RANGE
        self._heating = text in {"1", "ON"}
        self._drive(t_s)
        return None

    def _set_line_feed(self, text: str, t_s: float) -> str | None:  # noqa: ARG002
        if text not in {"0", "1", "ON", "OFF"}:
            return OUT_OF_RANGE
        self._line_feed = text in {"1", "ON"}
        return None

    def _unlock(self, text: str, t_s: float) -> str | None:  # noqa: ARG002
        self._unlocked = text == PASSWORD
        return None if self._unlocked else OUT_OF_RANGE

    def _drive(self, t_s: float) -> None:
        if self._heating:
            self._plate.order(t_s, self._setpoint_c, min(self._rate_c_min, FASTEST_C_MIN) * self._pace)
        else:
            self._plate.order(t_s, self._air.ambient_c(t_s), COOLING_C_MIN * self._pace)


def _canonical(header: str) -> str:
    """The header with each word cut to SCPI's short form, in capitals; DAT and DATA are both in the manual."""
    ask = header.endswith("?")
    words = [word if word.startswith("*") else word[:4] for word in header.upper().strip(":?").split(":")]
    short = ":".join("DATA" if word == "DAT" else word for word in words)
    return short + ("?" if ask else "")


def _number(text: str, low: float, high: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if low <= value <= high else None
