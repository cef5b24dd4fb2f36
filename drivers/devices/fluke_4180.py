"""Fluke (Hart Scientific) 4180 / 4181 precision infrared calibrator: flat-plate blackbody, RS-232, 9600 8N1, SCPI-1994.

    host   SOUR:SENS:DATA?<CR>      SOUR:SPO?<CR>      SOUR:STAB:TEST?<CR>
    device 37.02<CR>                37.00<CR>          1<CR>

    DATA   apparent (infrared) temperature of the plate, degC: what the instrument under test should read
    SPO    set point, degC
    TEST   1 stable within SOUR:STAB:LIM (default 0.1 on the 4180, 0.4 on the 4181), 0 not

Commands end with CR or LF, are not case sensitive and cannot be joined with `;`. Replies end with CR (LF is added when
SYST:COMM:SER:LIN is 1; its default is 0). A reply does not say to what it answers, and one that nobody reads is lost:
so the host asks one thing at a time and, after a silence, asks `*IDN?` first. The identification is the only reply that
is no number, so whatever comes before it is an old answer and is thrown away.

The text of `*IDN?` is not in the documents that were read: maker, model, serial number and version are what IEEE 488.2
asks for; the maker may be HART or FLUKE. 914X/917X wells and the 6109A share most of this command set.
"""

import re
from typing import Final

from contract.clock import Instant
from drivers.codec import DriverSpec, Evidence, Handshake, Integrity, Quantity, SerialLine, Transport
from drivers.lines import LineScanner
from drivers.samples import DecodeFault, DeviceReply, Event, FaultKind, ReferenceReading, Sample

IDENTIFY: Final = "*IDN?"
ACTUAL: Final = "SOUR:SENS:DATA?"
SETPOINT: Final = "SOUR:SPO?"
STABLE: Final = "SOUR:STAB:TEST?"
CYCLE: Final = (ACTUAL, SETPOINT, STABLE)

_NUMBER: Final = re.compile(r"[+-]?\d{1,4}(\.\d{0,6})?([Ee][+-]?\d{1,2})?")
_IDENTITY: Final = re.compile(r"(HART|FLUKE)[^,]*,\s*[\"']?418[01]", re.IGNORECASE)
_COMMAND: Final = re.compile(r"[A-Za-z]+:[A-Za-z:]+\d? \S+")
_LOWEST_C: Final = -40.0
_HIGHEST_C: Final = 520.0
"""4180: -15 to 120 degC, 4181: 35 to 500 degC, and room for a plate that is cold or runs away."""


# --- what the host says -----------------------------------------------------------------------------------------------


def query(header: str) -> bytes:
    """Return a question, e.g. `query("SOUR:CAL:EMIS?")`."""
    return header.encode("ascii") + b"\r"


def set_setpoint(setpoint_c: float) -> bytes:
    """Return the command for the set point, 0.01 degC. Raises ValueError outside -15 to 500 degC."""
    if not -15 <= setpoint_c <= 500:
        raise ValueError(f"set point {setpoint_c} degC: a 4180 does -15 to 120, a 4181 35 to 500")
    return query(f"SOUR:SPO {setpoint_c:.2f}")


def set_output(*, on: bool) -> bytes:
    """Return the command that switches the heater."""
    return query(f"OUTP:STAT {int(on)}")


def set_ramp(rate_c_per_min: float) -> bytes:
    """Return the command for the scan rate, 0.10-500 degC/min. Raises ValueError."""
    if not 0.1 <= rate_c_per_min <= 500:
        raise ValueError(f"ramp {rate_c_per_min} degC/min: must be 0.10-500")
    return query(f"SOUR:RATE {rate_c_per_min:.2f}")


def set_stability_limit(limit_c: float) -> bytes:
    """Return the command for the stability limit, 0.01-5.0 degC. Raises ValueError."""
    if not 0.01 <= limit_c <= 5:
        raise ValueError(f"stability limit {limit_c} degC: must be 0.01-5.0")
    return query(f"SOUR:STAB:LIM {limit_c:.2f}")


def set_emissivity(emissivity: float) -> bytes:
    """Return the command for the emissivity of the instrument under test, 0.90-1.00. Raises ValueError."""
    if not 0.9 <= emissivity <= 1:
        raise ValueError(f"emissivity {emissivity}: must be 0.90-1.00")
    return query(f"SOUR:EMIS {emissivity:g}")


def use_celsius() -> bytes:
    """Return the command that makes the device speak in degC."""
    return query("UNIT:TEMP C")


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_line(text: str) -> bytes:
    """Return a reply."""
    return text.encode("ascii") + b"\r"


def encode_temperature(temperature_c: float) -> bytes:
    """Return a temperature as the device says it, 0.01 degC."""
    return encode_line(f"{temperature_c:.2f}")


def _says(request: bytes, sample: Sample) -> bytes:
    if not isinstance(sample, ReferenceReading):
        return b""
    match request.strip().decode("ascii", "replace").upper():
        case "*IDN?":
            return encode_line("FLUKE,4180,A00000,1.10")
        case "SOUR:SENS:DATA?":
            return encode_temperature(sample.actual_c)
        case "SOUR:SPO?":
            return encode_temperature(sample.setpoint_c)
        case "SOUR:STAB:TEST?":
            return encode_line(str(int(sample.stable)))
        case _:
            return b""


# --- decoding ---------------------------------------------------------------------------------------------------------


class Fluke4180Decoder:
    """One ReferenceReading a round of the three questions; the identification and other replies as DeviceReply."""

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._scanner = LineScanner()
        self._asked: str | None = None
        self._polled = False
        self._given_up = False
        self._turn: int | None = None
        self._numbers: dict[str, float] = {}
        self._seq = 0

    def poll(self) -> bytes:
        """Return the next question of the round, or the identification where the last one was not answered."""
        self._given_up = self._polled
        if self._given_up:
            self._turn = None
            self._numbers.clear()
        self._asked = IDENTIFY if self._turn is None else CYCLE[self._turn]
        self._polled = True
        return query(self._asked)

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = []
        if self._given_up:
            self._given_up = False
            events.append(DecodeFault(FaultKind.TIMEOUT, 0, at.at, at.mono_ns, "no answer"))
            events += self._scanner.reset(at)
        for line in self._scanner.feed(data, at):
            event = line if isinstance(line, DecodeFault) else self._line(line, at)
            if event is not None:
                events.append(event)
        return events

    def _line(self, line: str, at: Instant) -> Event | None:
        if line.endswith("?"):  # a question heard back, or somebody else's
            self._asked = line.upper()
            return None
        if _COMMAND.fullmatch(line):  # a setting heard back
            return None
        asked = self._asked
        if asked == IDENTIFY and _NUMBER.fullmatch(line):
            return DecodeFault(FaultKind.RESYNC, len(line), at.at, at.mono_ns, f"{line!r} answers an older question")
        self._asked = None
        self._polled = False
        if asked is None:
            return self._reply("line", line, at)
        if asked not in CYCLE:
            self._turn = 0
            return self._reply(asked.rstrip("?").lower(), line, at)
        return self._answer(asked, line, at)

    def _answer(self, asked: str, line: str, at: Instant) -> Event | None:
        value = float(line) if _NUMBER.fullmatch(line) else None
        wrong = value not in (0, 1) if asked == STABLE else value is None or not _LOWEST_C <= value <= _HIGHEST_C
        if wrong or value is None:
            self._turn = None
            self._numbers.clear()
            return DecodeFault(FaultKind.CONTENT, len(line), at.at, at.mono_ns, f"{asked} was answered {line!r}")
        self._numbers[asked] = value
        self._turn = (CYCLE.index(asked) + 1) % len(CYCLE)
        return self._reading(at) if len(self._numbers) == len(CYCLE) else None

    def _reading(self, at: Instant) -> ReferenceReading:
        numbers, self._numbers = self._numbers, {}
        seq = self._seq
        self._seq += 1
        return ReferenceReading(
            self._instrument,
            seq,
            at.at,
            at.mono_ns,
            setpoint_c=numbers[SETPOINT],
            actual_c=numbers[ACTUAL],
            stable=bool(numbers[STABLE]),
        )

    def _reply(self, name: str, value: str, at: Instant) -> DeviceReply:
        return DeviceReply(self._instrument, at.at, at.mono_ns, name, value)


def _drives(setpoint_c: float) -> tuple[bytes, ...]:
    return set_setpoint(setpoint_c), set_output(on=True)


def _recognises(heard: bytes) -> bool:
    return _IDENTITY.search(heard.decode("ascii", "replace")) is not None


SPEC: Final = DriverSpec(
    name="fluke_4180",
    title="Fluke / Hart Scientific 4180 and 4181 (flat-plate blackbody, SCPI)",
    quantity=Quantity.REFERENCE,
    transport=Transport.SERIAL,
    evidence=Evidence.MANUAL,
    sources=(
        "Fluke 4180/4181 operator's manual (manualslib 2045714 p28): line settings, command list",
        "Fluke 4180 ETRS (manualshive p31, p35): replies",
    ),
    decoder=Fluke4180Decoder,
    says=_says,
    integrity=Integrity.DELIMITED,
    line=SerialLine(9600, alternatives=(19200, 38400, 4800, 2400, 1200)),
    start=(use_celsius(),),
    handshake=Handshake(b"\r" + query(IDENTIFY), _recognises, 1.0),  # the CR ends what others have begun
    poll_interval_s=0.5,
    rate_hz=0.6,
    silence_s=8.0,
    drives=_drives,
    wiring={"RS-232 DE-9": "null-modem cable to the host's RS-232 port or USB adapter"},
)
