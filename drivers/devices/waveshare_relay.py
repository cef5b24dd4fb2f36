"""Waveshare Modbus RTU Relay (8 channels, and its LCTECH twin LC-Modbus-1R-D7): a tower light over RS-485, 9600 8N1.

Worked exchanges of the maker's protocol manual:

    01 05 00 00 FF 00 8C 3A        01 0F 00 00 00 08 01 FF BE D5        01 01 00 00 00 08 3D CC
    UU FF RR RR SS SS CC CC        UU FF RR RR NN NN BB MM CC CC        UU FF RR RR NN NN CC CC

    05  switch relay R: S = FF00 on, 0000 off, 5500 the other way round; echoed by the device
    0F  switch N relays from R at once, bit by bit of M; answered with U FF R N C
    01  how are N relays from R: answered with U FF, one byte, bits as in M
    U   unit: 1 as delivered, FF for the LCTECH board          C  CRC, low byte first

Relays are counted from 0 on the wire and from 1 on the board and here. The light is switched with one 0F frame, so that
no passer-by sees two lamps of a half-done change.

THE LCTECH BOARD GREETS at power-up with a line of text that nobody asked for, and it destroys what is under way.
Captured on a real line, an echo of `FF 05 00 00 FF 00 99 E4` with the greeting driven through it:

    FF 05 00 00 FF 80 0A 54 68 61 6E 6B 20 79 6F 75 ... 43 54 45 43 48 0D 0A     "..Thank you for using the Modbus ..."

The relay had not switched. So an order that is not confirmed counts as not obeyed, whoever gave it gives it again, and
`poll` reads back how the relays really are. Older boards (protocol V1, before September 2021) answer otherwise.
"""

from collections.abc import Sequence
from typing import Final

from contract.clock import Instant
from drivers import modbus_rtu
from drivers.codec import DriverSpec, Evidence, Handshake, Quantity, SerialLine, Transport
from drivers.exchange import Exchange
from drivers.modbus_rtu import Message
from drivers.samples import DecodeFault, DeviceReply, Event, FaultKind, Sample
from drivers.scanner import FrameScanner
from drivers.tower_light import WIRING, Light, states

UNIT: Final = 1
UNIT_LCTECH: Final = 0xFF
RELAYS: Final = 8

_UNITS: Final = (UNIT, UNIT_LCTECH)


# --- what the host says -----------------------------------------------------------------------------------------------


def switch(relay: int, *, on: bool, unit: int = UNIT) -> bytes:
    """Return the order for one relay, counted from 1. Raises ValueError."""
    if not 1 <= relay <= RELAYS:
        raise ValueError(f"relay {relay}: the board has 1-{RELAYS}")
    return modbus_rtu.write_coil(unit, relay - 1, on=on)


def switch_first(relays: Sequence[bool], *, unit: int = UNIT) -> bytes:
    """Return the order for the first relays at once. Raises ValueError."""
    if not 1 <= len(relays) <= RELAYS:
        raise ValueError(f"{len(relays)} relays: the board has {RELAYS}")
    return modbus_rtu.write_coils(unit, 0, relays)


def read_relays(unit: int = UNIT) -> bytes:
    """Return the question how all relays are."""
    return modbus_rtu.read_coils(unit, 0, RELAYS)


def show(lights: Light, *, unit: int = UNIT) -> bytes:
    """Return the order that makes a tower light on relays 1-4 show exactly these."""
    return switch_first(states(lights), unit=unit)


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_relays(request: Message, relays: Sequence[bool]) -> bytes:
    """Return the answer to `read_relays`."""
    return modbus_rtu.coils_reply(request, relays)


def _says(request: bytes, sample: Sample) -> bytes:
    """Answer in a world where one relay is as the sample says and the others are off."""
    asked = modbus_rtu.request(request) if modbus_rtu.sound(request) else None
    if asked is None or not isinstance(sample, DeviceReply):
        return b""
    if asked.function != modbus_rtu.READ_COILS:
        return modbus_rtu.written_reply(asked)
    return encode_relays(asked, [sample.name == f"relay {number}" and sample.value == "on" for number in range(1, 9)])


# --- decoding ---------------------------------------------------------------------------------------------------------

_FORMATS: Final = tuple(
    item
    for unit in _UNITS
    for item in (
        *modbus_rtu.read_reply(unit, modbus_rtu.READ_COILS, 1),
        *modbus_rtu.write_reply(unit, modbus_rtu.WRITE_COIL),
        *modbus_rtu.write_reply(unit, modbus_rtu.WRITE_COILS),
    )
)


class WaveshareRelayDecoder:
    """The state of each relay as a DeviceReply `relay N` = on or off; confirmations likewise.

    A question that one unit leaves unanswered goes to the other next.
    """

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._scanner = FrameScanner(*_FORMATS)
        self._exchange = Exchange()
        self._unit = UNIT

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        events: list[Event] = [*self._exchange.tell_overdue(at)]
        for found in self._scanner.feed(data, at):
            events += [found] if isinstance(found, DecodeFault) else self._replies(found, at)
        return events

    def poll(self) -> bytes:
        """Return the question how the relays are."""
        if self._exchange.is_open:
            self._unit = _UNITS[_UNITS.index(self._unit) - 1]
        return self._exchange.ask(read_relays(self._unit))

    def _replies(self, frame: bytes, at: Instant) -> list[Event]:
        heard = modbus_rtu.reply(frame)
        if heard is None:
            return [DecodeFault(FaultKind.CONTENT, len(frame), at.at, at.mono_ns)]
        self._unit = heard.unit
        if heard.exception is not None:
            told = [("refused", f"function {heard.function}, code {heard.exception}")]
        elif heard.function == modbus_rtu.WRITE_COILS:
            told = [("switched", f"{heard.count} relays from {heard.address + 1}")]
        elif heard.function == modbus_rtu.WRITE_COIL:
            word = {b"\xff\x00": "on", b"\x00\x00": "off", b"\x55\x00": "flipped"}.get(frame[4:6], frame[4:6].hex())
            told = [(f"relay {heard.address + 1}", word)]
        else:
            told = [(f"relay {number}", "on" if bit else "off") for number, bit in enumerate(heard.bits, 1)]
        if heard.function == modbus_rtu.READ_COILS:
            self._exchange.close()
        return [DeviceReply(self._instrument, at.at, at.mono_ns, name, value) for name, value in told]


def _recognises(heard: bytes) -> bool:
    """Take the answer with the relays' states; any other Modbus device would refuse the question."""
    starts = (heard.find(bytes((unit, modbus_rtu.READ_COILS, 1))) for unit in _UNITS)
    return any(start >= 0 and modbus_rtu.sound(heard[start : start + 6]) for start in starts)


SPEC: Final = DriverSpec(
    name="waveshare_relay",
    title="Waveshare Modbus RTU Relay / LCTECH LC-Modbus relay",
    quantity=Quantity.SIGNAL,
    transport=Transport.SERIAL,
    evidence=Evidence.CAPTURED,
    sources=(
        "waveshare.com/wiki/Protocol_Manual_of_Modbus_RTU_Relay: frames of functions 01, 05, 0F",
        "LC-Modbus-1R-D7 manual frames and a real line capture of its greeting: SantaClaas/serial, docs/relay.md",
    ),
    decoder=WaveshareRelayDecoder,
    says=_says,
    line=SerialLine(9600, alternatives=(19200, 4800, 38400, 115200)),
    handshake=Handshake(read_relays(), _recognises, 0.5),
    poll_interval_s=1.0,
    rate_hz=1.0,
    silence_s=5.0,
    screens=False,
    shows=show,
    wiring={"A+": "A of the RS-485 adapter", "B-": "B of the RS-485 adapter", "VCC, GND": "7-36 V DC", **WIRING},
)
