"""TEMPer, serial twin (PCsensor, USB 1a86:5523, firmware TEMPerX232_V2.0): air temperature and humidity, 9600 8N1.

The host sends words without any mark behind them, the device answers with lines (25.31 degC, 40.52 %, no outer probe):

    ReadTemp            Temp-Inner:25.31 [C],40.52 [%RH] CR LF
                        Temp-Outer: CR LF
    Version             TEMPerX232_V2.0 CR LF

    Inner  sensor in the stick: temperature, behind the comma relative humidity
    Outer  probe on a cable; no number if none is plugged in

Read from the one public host that speaks to it (urwen/temper), which looks for the names, the number behind the colon
and the number behind the comma: the units between them are inferred, and a letter F is taken for Fahrenheit. A line
carries no check value. The outer probe is the air's temperature where there is one: the stick is warmed by the computer
it is plugged into, so without a probe put it on an extension cable.

The id 1a86:5523 is the CH341's and says nothing about what hangs on it.
"""

import re
from typing import Final

from contract.clock import Instant
from drivers.codec import DriverSpec, Evidence, Handshake, Integrity, Quantity, SerialLine, Transport, UsbId
from drivers.exchange import Exchange
from drivers.lines import LineScanner
from drivers.samples import AmbientReading, DecodeFault, DeviceReply, Event, FaultKind, Sample

_LOWEST_C: Final = -40.0
_HIGHEST_C: Final = 125.0
_NUMBER: Final = r"(-?\d{1,3}(?:\.\d{1,3})?)"
_INNER: Final = re.compile(rf"Temp-Inner: ?{_NUMBER} ?\[?([CF])?\]?(?:, ?{_NUMBER} ?\[?(?:%RH)?\]?)?")
_OUTER: Final = re.compile(rf"Temp-Outer: ?(?:{_NUMBER} ?\[?([CF])?\]?)?,?")
_VERSION: Final = re.compile(r"TEMPer[\w.]{1,20}")


# --- what the host says -----------------------------------------------------------------------------------------------


def read_temperature() -> bytes:
    """Return the question for temperature and humidity."""
    return b"ReadTemp"


def read_version() -> bytes:
    """Return the question for the firmware."""
    return b"Version"


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_air(inner_c: float, humidity_pct: float | None, outer_c: float | None = None) -> bytes:
    """Return the two lines that answer `read_temperature`."""
    humidity = "" if humidity_pct is None else f",{humidity_pct:.2f} [%RH]"
    outer = "" if outer_c is None else f"{outer_c:.2f} [C]"
    return f"Temp-Inner:{inner_c:.2f} [C]{humidity}\r\nTemp-Outer:{outer}\r\n".encode("ascii")


def encode_version(version: str = "TEMPerX232_V2.0") -> bytes:
    """Return the answer to `read_version`."""
    return version.encode("ascii") + b"\r\n"


def _says(request: bytes, sample: Sample) -> bytes:
    if request == read_version():
        return encode_version()
    if isinstance(sample, AmbientReading) and request == read_temperature():
        return encode_air(sample.ambient_c, sample.humidity_pct)
    return b""


# --- decoding ---------------------------------------------------------------------------------------------------------


class TemperSerialDecoder:
    """Both lines together as one AmbientReading, the firmware as DeviceReply."""

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._scanner = LineScanner()
        self._exchange = Exchange()
        self._inner: tuple[float, float | None] | None = None
        self._seq = 0

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = [*self._exchange.tell_overdue(at)]
        if events:
            self._inner = None
        for line in self._scanner.feed(data, at):
            event = line if isinstance(line, DecodeFault) else self._line(line, at)
            if event is not None:
                events.append(event)
        return events

    def poll(self) -> bytes:
        """Return the question for temperature and humidity."""
        return self._exchange.ask(read_temperature())

    def _line(self, line: str, at: Instant) -> Event | None:
        if told := _INNER.fullmatch(line):
            self._inner = _celsius(told[1], told[2]), None if told[3] is None else float(told[3])
            return None
        if told := _OUTER.fullmatch(line):
            return self._reading(None if told[1] is None else _celsius(told[1], told[2]), line, at)
        if _VERSION.fullmatch(line):
            return DeviceReply(self._instrument, at.at, at.mono_ns, "version", line)
        return DecodeFault(FaultKind.CONTENT, len(line), at.at, at.mono_ns, repr(line))

    def _reading(self, outer_c: float | None, line: str, at: Instant) -> Event:
        inner, self._inner = self._inner, None
        if inner is None:
            return DecodeFault(
                FaultKind.CONTENT, len(line), at.at, at.mono_ns, "the line of the inner sensor is missing"
            )
        ambient_c, humidity_pct = inner[0] if outer_c is None else outer_c, inner[1]
        possible = _LOWEST_C <= ambient_c <= _HIGHEST_C and (humidity_pct is None or 0 <= humidity_pct <= 100)
        if not possible:
            return DecodeFault(FaultKind.CONTENT, len(line), at.at, at.mono_ns, f"{ambient_c} degC, {humidity_pct} %")
        self._exchange.close()
        seq = self._seq
        self._seq += 1
        return AmbientReading(self._instrument, seq, at.at, at.mono_ns, ambient_c, humidity_pct)


def _celsius(number: str, unit: str | None) -> float:
    return (float(number) - 32) / 1.8 if unit == "F" else float(number)


def _recognises(heard: bytes) -> bool:
    lines = heard.decode("ascii", "replace").splitlines()
    return any(_VERSION.fullmatch(line.strip()) for line in lines)


SPEC: Final = DriverSpec(
    name="temper_serial",
    title="PCsensor TEMPer, serial variant (TEMPerX232)",
    quantity=Quantity.AMBIENT,
    transport=Transport.SERIAL,
    evidence=Evidence.INFERRED,
    sources=(
        "urwen/temper temper.py (MIT): 9600 8N1, words without mark, two lines, where the numbers stand",
        "units in brackets and the form of the outer line without a probe: inferred",
    ),
    decoder=TemperSerialDecoder,
    says=_says,
    integrity=Integrity.DELIMITED,
    line=SerialLine(9600),
    usb=(UsbId(0x1A86, 0x5523, "CH341 adapter; shared with other devices"),),
    handshake=Handshake(read_version(), _recognises, 1.0),
    poll_interval_s=2.0,
    rate_hz=0.5,
    silence_s=8.0,
    wiring={"USB": "any USB port, on an extension cable away from the computer's warm air"},
)
