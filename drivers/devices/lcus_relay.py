"""LCUS-1/2/4/8: USB relay boards with a CH340 (1a86:7523), 9600 8N1. On four relays: a tower light.

Order, 4 bytes (relay 1 on, relay 1 off):

    A0 01 01 A2        A0 01 00 A1
    SS RR OO KK
    S  start     R  relay, counted from 1     O  01 on, 00 off     K  sum of the bytes before it modulo 256

Question how the relays are: the one byte FF. Answer, text, one line a relay, as measured on an LCUS-2:

    43 48 31 3A 20 4F 4E 20 0D 0A 43 48 32 3A 20 4F 46 46 0D 0A
    C  H  1  :     O  N     CR LF C  H  2  :     O  F  F  CR LF

That is all the board ever says: an order is not confirmed, so `poll` reads back what became of it. One-relay boards are
said not to answer at all. The sum is one way only; a line of the answer carries no check value. The USB id is that of
the CH340 and says nothing about what hangs on it. Boards of the kind "E-3" (AA on, BB off) obey other bytes.
"""

import re
from typing import Final

from contract.clock import Instant
from drivers.checksums import sum8
from drivers.codec import DriverSpec, Evidence, Handshake, Integrity, Quantity, SerialLine, Transport, UsbId
from drivers.exchange import Exchange
from drivers.lines import LineScanner
from drivers.samples import DecodeFault, DeviceReply, Event, FaultKind, Sample
from drivers.tower_light import RELAYS as LIGHT_RELAYS
from drivers.tower_light import WIRING, Light, states

RELAYS: Final = 8
"""On the largest board."""

_QUERY: Final = b"\xff"
_STATE: Final = re.compile(r"CH([1-8]): ?(ON|OFF)")
_ANSWER: Final = re.compile(rb"(?:CH[1-8]: ?(?:ON|OFF) ?\r\n)+")


# --- what the host says -----------------------------------------------------------------------------------------------


def switch(relay: int, *, on: bool) -> bytes:
    """Return the order for one relay, counted from 1. Raises ValueError."""
    if not 1 <= relay <= RELAYS:
        raise ValueError(f"relay {relay}: the board has 1-{RELAYS}")
    body = bytes((0xA0, relay, on))
    return body + bytes((sum8(body),))


def read_relays() -> bytes:
    """Return the question how all relays are."""
    return _QUERY


def show(lights: Light) -> bytes:
    """Return the orders that make a tower light on relays 1-4 show exactly these."""
    return b"".join(
        switch(relay, on=on) for relay, on in zip(sorted(LIGHT_RELAYS.values()), states(lights), strict=True)
    )


# --- what the device says ---------------------------------------------------------------------------------------------


def encode_relay(relay: int, *, on: bool) -> bytes:
    """Return the line that tells how one relay is."""
    return b"CH%d: %s\r\n" % (relay, b"ON " if on else b"OFF")


def _says(request: bytes, sample: Sample) -> bytes:
    if request != _QUERY or not isinstance(sample, DeviceReply) or not sample.name.startswith("relay "):
        return b""
    return encode_relay(int(sample.name[6:]), on=sample.value == "on")


# --- decoding ---------------------------------------------------------------------------------------------------------


class LcusRelayDecoder:
    """The state of each relay as a DeviceReply `relay N` = on or off."""

    def __init__(self, instrument: str) -> None:
        self._instrument = instrument
        self._scanner = LineScanner()
        self._exchange = Exchange()

    def feed(self, data: bytes, at: Instant) -> list[Event]:
        """Take bytes cut anywhere; return the events they complete. Never raises."""
        return [
            *self._exchange.tell_overdue(at),
            *(
                found if isinstance(found, DecodeFault) else self._state(found, at)
                for found in self._scanner.feed(data, at)
            ),
        ]

    def poll(self) -> bytes:
        """Return the question how the relays are."""
        return self._exchange.ask(read_relays())

    def _state(self, line: str, at: Instant) -> Event:
        told = _STATE.fullmatch(line)
        if told is None:
            return DecodeFault(FaultKind.CONTENT, len(line), at.at, at.mono_ns, f"{line!r} tells no relay")
        self._exchange.close()
        return DeviceReply(self._instrument, at.at, at.mono_ns, f"relay {told[1]}", told[2].lower())


def _recognises(heard: bytes) -> bool:
    return _ANSWER.fullmatch(heard) is not None


SPEC: Final = DriverSpec(
    name="lcus_relay",
    title="LCUS-1 / LCUS-2 / LCUS-4 / LCUS-8 USB relay (CH340)",
    quantity=Quantity.SIGNAL,
    transport=Transport.SERIAL,
    evidence=Evidence.MANUAL,
    sources=(
        "product pages tilga.com 5732195, optimusdigital.ro 12595: orders",
        "tests of a public host program for an LCUS-2, which quote a measured answer; a second program agrees",
        "two public host programs for tower lights on an LCUS-4: which lamp on which relay",
    ),
    decoder=LcusRelayDecoder,
    says=_says,
    integrity=Integrity.DELIMITED,
    line=SerialLine(9600),
    usb=(UsbId(0x1A86, 0x7523, "CH340 adapter; shared with many other devices"),),
    handshake=Handshake(_QUERY, _recognises, 0.5),
    poll_interval_s=1.0,
    rate_hz=4.0,
    silence_s=5.0,
    screens=False,
    shows=show,
    wiring={"USB": "any USB port", **WIRING},
)
