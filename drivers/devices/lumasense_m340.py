"""LumaSense (Mikron) M340: blackbody calibration source, RS-232 or RS-485, 1200 baud 7-O-1.

Exchange of the manual, text:

    23 30 31 52 30 30 0D        0A 23 30 31 52 30 30 3D 32 30 2E 30 43
    #  0  1  R  0  0  CR        LF #  0  1  R  0  0  =  2  0  .  0  C
       U  U  Q  P  P               U  U  Q  P  P     T  T  T  T

    U  address of the controller, 01 as delivered
    Q  R read, M set           P  00 temperature of the blackbody, 01 set-point
    T  degC, with its point in the answer; `#01M01 0200C` sets 20.0 degC, tenths without a point

The answer begins with LF and the manual shows no mark behind it: it is known to be whole by its final C, and CR and LF
are ignored wherever they stand. What the device says to M is not told. Other commands are in the controller's own
manual, not read here; so the device does not say whether it is stable, and the codec watches it (`drivers.settling`).

7-O-1 cannot be represented on a pseudo-terminal: the simulator speaks 8N1 of the same characters.
"""

import re
from typing import Final

from contract.clock import Instant
from drivers.codec import DriverSpec, Evidence, Handshake, Integrity, Quantity, SerialLine, Transport
from drivers.exchange import Exchange
from drivers.samples import DecodeFault, DeviceReply, Event, ReferenceReading, Sample
from drivers.scanner import FrameScanner, fixed
from drivers.settling import Settling

ADDRESS: Final = 1

_TEMPERATURE: Final = "00"
_SETPOINT: Final = "01"
_SETPOINT_EVERY: Final = 5
"""Every so many questions the set-point is asked."""
_ANSWER: Final = re.compile(rb"#(\d\d)R(0[01])=(-?\d{1,3}\.\d)C")
_SHORTEST: Final = len("#01R00=0.0C")
_LONGEST: Final = len("#01R00=-100.0C")


# --- what the host says -----------------------------------------------------------------------------------------------


def read_temperature(address: int = ADDRESS) -> bytes:
    """Return the question for the temperature of the blackbody."""
    return b"#%02dR00\r" % address


def read_setpoint(address: int = ADDRESS) -> bytes:
    """Return the question for the set-point."""
    return b"#%02dR01\r" % address


def set_setpoint(setpoint_c: float, address: int = ADDRESS) -> bytes:
    """Return the command for a set-point, 0.0-999.9 degC in tenths. Raises ValueError."""
    tenths = round(setpoint_c * 10)
    if not 0 <= tenths <= 9999:
        raise ValueError(f"set-point {setpoint_c} degC: four digits of tenths, 0.0-999.9")
    return b"#%02dM01 %04dC\r" % (address, tenths)


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_temperature(temperature_c: float, address: int = ADDRESS) -> bytes:
    """Return the answer to `read_temperature`."""
    return b"\n#%02dR00=%.1fC" % (address, temperature_c)


def encode_setpoint(setpoint_c: float, address: int = ADDRESS) -> bytes:
    """Return the answer to `read_setpoint`."""
    return b"\n#%02dR01=%.1fC" % (address, setpoint_c)


def _says(request: bytes, sample: Sample) -> bytes:
    if not isinstance(sample, ReferenceReading):
        return b""
    answers = {
        read_temperature(): encode_temperature(sample.actual_c),
        read_setpoint(): encode_setpoint(sample.setpoint_c),
    }
    return answers.get(request, b"")


# --- decoding ---------------------------------------------------------------------------------------------------------


def _is_answer(frame: bytes) -> bool:
    return _ANSWER.fullmatch(frame) is not None


class LumasenseM340Decoder:
    """Temperature with the last set-point as ReferenceReading, each set-point as DeviceReply."""

    def __init__(self, instrument: str, address: int = ADDRESS) -> None:
        self._instrument = instrument
        self._address = address
        sync = b"#%02dR0" % address
        self._scanner = FrameScanner(*(fixed(sync, length, _is_answer) for length in range(_SHORTEST, _LONGEST + 1)))
        self._exchange = Exchange()
        self._settling = Settling()
        self._setpoint_c: float | None = None
        self._turn = 0
        self._seq = 0

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = [*self._exchange.tell_overdue(at)]
        for found in self._scanner.feed(data.translate(None, b"\r\n"), at):
            events += [found] if isinstance(found, DecodeFault) else self._answer(found, at)
        return events

    def poll(self) -> bytes:
        """Return the next question: the set-point first and now and then, else the temperature."""
        turn, self._turn = self._turn, (self._turn + 1) % _SETPOINT_EVERY
        return self._exchange.ask(read_temperature(self._address) if turn else read_setpoint(self._address))

    def _answer(self, frame: bytes, at: Instant) -> list[Event]:
        told = _ANSWER.fullmatch(frame)
        if told is None:
            return []
        self._exchange.close()
        value_c = float(told[3])
        if told[2].decode() == _SETPOINT:
            self._setpoint_c = value_c
            return [DeviceReply(self._instrument, at.at, at.mono_ns, "setpoint", f"{value_c:.1f}")]
        if self._setpoint_c is None:
            return [DeviceReply(self._instrument, at.at, at.mono_ns, "temperature", f"{value_c:.1f}")]
        stable = self._settling.update(value_c, self._setpoint_c, at)
        seq = self._seq
        self._seq += 1
        return [ReferenceReading(self._instrument, seq, at.at, at.mono_ns, self._setpoint_c, value_c, stable)]


def _recognises(heard: bytes) -> bool:
    return _is_answer(heard.strip(b"\r\n"))


SPEC: Final = DriverSpec(
    name="lumasense_m340",
    title="LumaSense M340 (blackbody)",
    quantity=Quantity.REFERENCE,
    transport=Transport.SERIAL,
    evidence=Evidence.MANUAL,
    sources=(
        "LumaSense M340 manual page 18 (manualsdir.com 363940): line settings, R00, R01, M01, leading LF",
        "what ends an answer, and the answer to M01: not written there",
    ),
    decoder=LumasenseM340Decoder,
    says=_says,
    integrity=Integrity.DELIMITED,
    line=SerialLine(1200, bytesize=7, parity="O", stopbits=1),
    handshake=Handshake(b"\r" + read_setpoint(), _recognises, 1.0),  # the CR ends what others have begun
    poll_interval_s=1.0,
    rate_hz=0.8,
    silence_s=8.0,
    drives=lambda setpoint_c: (set_setpoint(setpoint_c),),
    wiring={"RS-232": "null-modem cable", "RS-485": "A, B of an RS-485 adapter; converter set to 1200 7-O-1"},
)
