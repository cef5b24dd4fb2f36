"""Hart Scientific (Fluke) 9132 and 9133: portable infrared calibrators, RS-232 8N1. Classic Hart command set.

Exchanges, text, as the manuals of the family print them:

    s CR                set: 150.00 C CR        set-point
    t CR                t: 55.6 C CR            temperature
    s=150.0 CR          (nothing)               sets the set-point
    *ver CR             ver.9009,1.21 CR        model and firmware

The name before the colon is the answer's, the number has one or two decimals, the letter is the unit in which the
display is set, C or F: Fahrenheit is converted here and the setting is left alone. Commands may be shortened; case and
spaces do not count. With duplex FULL (as delivered) the device first echoes the command and a CR; an LF follows each CR
if linefeed is on. At its sample period (`sa`, seconds, 0 = never) it tells its temperature unasked. All settings
outlive power-off, so this host changes none but the set-point, and that only when told to.

The temperature is that of the plate as calibrated, for the emissivity on the device's certificate. It does not say
whether it is stable; the codec watches it (`drivers.settling`). 9132: 50 to 500 degC; 9133: -30 to 150 degC.
"""

import re
from typing import Final

from contract.clock import Instant
from drivers.codec import DriverSpec, Evidence, Handshake, Integrity, Quantity, SerialLine, Transport
from drivers.exchange import Exchange
from drivers.lines import LineScanner
from drivers.samples import DecodeFault, DeviceReply, Event, FaultKind, ReferenceReading, Sample
from drivers.settling import Settling

_LOWEST_C: Final = -50.0
_HIGHEST_C: Final = 520.0
_SETPOINT_EVERY: Final = 5
"""Every so many questions the set-point is asked."""
_ANSWER: Final = re.compile(r"(set|t): *(-?\d{1,4}\.\d{1,3}) ?([CF])", re.IGNORECASE)
_NAMED: Final = re.compile(r"([a-z*][a-z0-9]{0,4}): *([^:]{1,24})", re.IGNORECASE)
_VERSION: Final = re.compile(r"ver\.(\d{4}[A-Z]?),(\d+\.\d+)", re.IGNORECASE)
_COMMAND: Final = re.compile(r"\*?[a-z]{1,12}(=[a-z0-9.+-]{1,12})?", re.IGNORECASE)


# --- what the host says -----------------------------------------------------------------------------------------------


def read_temperature() -> bytes:
    """Return the question for the temperature."""
    return b"t\r"


def read_setpoint() -> bytes:
    """Return the question for the set-point."""
    return b"s\r"


def read_version() -> bytes:
    """Return the question for model and firmware."""
    return b"*ver\r"


def use_celsius() -> bytes:
    """Return the command that sets the display to Celsius, for good: a set-point is taken in the display's unit."""
    return b"u=c\r"


def set_setpoint(setpoint_c: float) -> bytes:
    """Return the command for a set-point; the display must be set to Celsius. Raises ValueError outside -50..520."""
    if not _LOWEST_C <= setpoint_c <= _HIGHEST_C:
        raise ValueError(f"set-point {setpoint_c} degC: the family reaches -30 to 500")
    return b"s=%.2f\r" % setpoint_c


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_line(text: str, *, linefeed: bool = False) -> bytes:
    """Return a line of the device."""
    return text.encode("ascii") + (b"\r\n" if linefeed else b"\r")


def encode_temperature(temperature_c: float, *, linefeed: bool = False) -> bytes:
    """Return the answer to `read_temperature`."""
    return encode_line(f"t: {temperature_c:.2f} C", linefeed=linefeed)


def encode_setpoint(setpoint_c: float, *, linefeed: bool = False) -> bytes:
    """Return the answer to `read_setpoint`."""
    return encode_line(f"set: {setpoint_c:.2f} C", linefeed=linefeed)


def _says(request: bytes, sample: Sample) -> bytes:
    if not isinstance(sample, ReferenceReading):
        return b""
    answers = {
        read_temperature(): encode_temperature(sample.actual_c),
        read_setpoint(): encode_setpoint(sample.setpoint_c),
        read_version(): encode_line("ver.9133,1.21"),
    }
    return answers.get(request, b"")


# --- decoding ---------------------------------------------------------------------------------------------------------


class Hart9132Decoder:
    """Temperature with the last set-point as ReferenceReading, each set-point and other answers as DeviceReply."""

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._scanner = LineScanner()
        self._exchange = Exchange()
        self._settling = Settling()
        self._setpoint_c: float | None = None
        self._turn = 0
        self._seq = 0

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = [*self._exchange.tell_overdue(at)]
        for line in self._scanner.feed(data, at):
            events += [line] if isinstance(line, DecodeFault) else self._line(line, at)
        return events

    def poll(self) -> bytes:
        """Return the next question: the set-point first and now and then, else the temperature."""
        turn, self._turn = self._turn, (self._turn + 1) % _SETPOINT_EVERY
        return self._exchange.ask(read_temperature() if turn else read_setpoint())

    def _line(self, line: str, at: Instant) -> list[Event]:
        if told := _ANSWER.fullmatch(line):
            value = float(told[2])
            value_c = value if told[3].upper() == "C" else (value - 32) / 1.8
            return self._value(told[1].lower(), value_c, line, at)
        if told := _VERSION.fullmatch(line):
            return [self._reply("version", f"{told[1]} {told[2]}", at)]
        if told := _NAMED.fullmatch(line):
            return [self._reply(told[1].lower(), told[2], at)]
        if _COMMAND.fullmatch(line):
            return []  # the echo of what was asked
        return [DecodeFault(FaultKind.CONTENT, len(line), at.at, at.mono_ns, repr(line))]

    def _value(self, name: str, value_c: float, line: str, at: Instant) -> list[Event]:
        if not _LOWEST_C <= value_c <= _HIGHEST_C:
            return [DecodeFault(FaultKind.CONTENT, len(line), at.at, at.mono_ns, repr(line))]
        self._exchange.close()
        if name == "set":
            self._setpoint_c = value_c
            return [self._reply("setpoint", f"{value_c:.2f}", at)]
        if self._setpoint_c is None:
            return [self._reply("temperature", f"{value_c:.2f}", at)]
        stable = self._settling.update(value_c, self._setpoint_c, at)
        seq = self._seq
        self._seq += 1
        return [ReferenceReading(self._instrument, seq, at.at, at.mono_ns, self._setpoint_c, value_c, stable)]

    def _reply(self, name: str, value: str, at: Instant) -> DeviceReply:
        return DeviceReply(self._instrument, at.at, at.mono_ns, name, value)


def _recognises(heard: bytes) -> bool:
    lines = heard.decode("ascii", "replace").replace("\n", "\r").split("\r")
    return any(told[1].startswith(("9132", "9133")) for line in lines if (told := _VERSION.fullmatch(line.strip())))


def _suspects(heard: bytes) -> bool:
    """Say whether somebody of the family tells temperatures: a dry well does so in the same words."""
    lines = heard.decode("ascii", "replace").replace("\n", "\r").split("\r")
    return any(_ANSWER.fullmatch(line.strip()) for line in lines)


SPEC: Final = DriverSpec(
    name="hart_9132",
    title="Hart Scientific / Fluke 9132 and 9133 (portable infrared calibrators)",
    quantity=Quantity.REFERENCE,
    transport=Transport.SERIAL,
    evidence=Evidence.MANUAL,
    sources=(
        "Fluke 9132 manual (manualslib 1418277 page 34): commands, CR, abbreviation",
        "Hart 9105/9107 manual pages 45 and 53, Fluke 7102 and 9009 manuals: answers, duplex, linefeed, sample period",
    ),
    decoder=Hart9132Decoder,
    says=_says,
    integrity=Integrity.DELIMITED,
    line=SerialLine(2400, alternatives=(9600, 4800, 1200, 600, 300)),
    handshake=Handshake(b"\r" + read_version(), _recognises, 1.0, _suspects),  # the CR ends what others have begun
    poll_interval_s=1.0,
    rate_hz=0.8,
    silence_s=8.0,
    drives=lambda setpoint_c: (set_setpoint(setpoint_c),),
    wiring={"RS-232 DE-9": "null-modem cable to the host's RS-232 port or USB adapter"},
)
