"""Which device is behind a serial port: listen first, and ask only what no device minds being asked.

1. Listen at each line rate that a driver knows. A device that talks by itself gives itself away here: whole, checked
   frames, or the words that only it says. Nothing is sent.
2. Only where nothing at all is heard at the first rate, ask the questions of the handshakes, one by one: reads and
   identifications, never a setting. A talker whom no driver knows is left alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from contract.clock import Clock
from drivers.codec import DriverSpec, SerialLine, Transport
from drivers.link import Link

LISTEN_S: Final = 2.5
"""Longer than the slowest device at its default settings pauses."""
KEEP_BYTES: Final = 65_536

OpenLine = Callable[[SerialLine], Link]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is behind a port."""

    driver: str | None
    """None: something talks, or nothing does."""
    line: SerialLine | None
    heard: bytes
    """The first bytes that were heard, for somebody to look at."""


def detect(specs: Mapping[str, DriverSpec], open_line: OpenLine, clock: Clock, tell: Tell) -> Finding:
    """Find the driver of the device behind a port. Raises LinkLost, LinkRefused.

    `open_line` opens the port with those settings; `tell` is told each step.
    """
    serial = [spec for spec in specs.values() if spec.transport is Transport.SERIAL and spec.line and spec.handshake]
    heard = b""
    for line, known in _by_line(serial):
        tell(f"listening at {_describe(line)}")
        found, said = _listen(line, known, open_line, clock)
        if found is not None:
            return found
        if not said:
            break
        heard = heard or said
    if heard:
        return Finding(None, None, heard)
    for line, known in _by_line(serial):
        found = _question(line, known, open_line, clock, tell)
        if found is not None:
            return found
    return Finding(None, None, b"")


def _by_line(specs: Iterable[DriverSpec]) -> Iterator[tuple[SerialLine, list[DriverSpec]]]:
    """Yield each setting of a line with the drivers that use it: first the defaults, the commonest first."""
    groups: dict[SerialLine, list[DriverSpec]] = {}
    ranked: dict[SerialLine, float] = {}
    for spec in specs:
        if spec.line is None:
            continue
        for rank, baud in enumerate((spec.line.baud, *spec.line.alternatives)):
            key = SerialLine(baud, (), spec.line.bytesize, spec.line.parity, spec.line.stopbits)
            groups.setdefault(key, []).append(spec)
            ranked[key] = ranked.get(key, 0) + (1 if rank == 0 else 0.1)
    for key in sorted(groups, key=lambda line: (-ranked[line], line.baud)):
        yield key, groups[key]


def _listen(
    line: SerialLine, specs: list[DriverSpec], open_line: OpenLine, clock: Clock
) -> tuple[Finding | None, bytes]:
    link = open_line(line)
    try:
        return _hear(link, line, specs, LISTEN_S, clock)
    finally:
        link.close()


def _question(
    line: SerialLine, specs: list[DriverSpec], open_line: OpenLine, clock: Clock, tell: Tell
) -> Finding | None:
    link = open_line(line)
    try:
        for spec in specs:
            if spec.handshake is None or not spec.handshake.request:
                continue
            tell(f"asking at {_describe(line)} as {spec.name} does")
            link.write(spec.handshake.request)
            found, _said = _hear(link, line, specs, spec.handshake.wait_s, clock)
            if found is not None:
                return found
    finally:
        link.close()
    return None


def _hear(
    link: Link, line: SerialLine, specs: list[DriverSpec], wait_s: float, clock: Clock
) -> tuple[Finding | None, bytes]:
    """Listen until a driver knows the device or the time is over; return who it is, and what was heard."""
    heard = b""
    end = clock.now().later(wait_s)
    while (left_s := end.seconds_since(clock.now())) > 0:
        data = link.read(min(left_s, 0.1))
        if not data:
            continue
        heard = (heard + data)[-KEEP_BYTES:]
        for spec in specs:
            if spec.handshake is not None and spec.handshake.recognises(heard):
                return Finding(spec.name, line, heard), heard
    return None, heard


def _describe(line: SerialLine) -> str:
    return f"{line.baud} baud {line.bytesize}{line.parity}{line.stopbits}"
