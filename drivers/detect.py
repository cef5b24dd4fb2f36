"""Which device is behind a serial port: listen first, and ask only what no device minds being asked.

1. Listen. A device that talks by itself gives itself away at its line rate: whole, checked frames, or the words that
   only it says. Nothing is sent. That somebody talks is heard at any rate; who talks takes trying those of the talkers.
   A talker whom no driver knows is left alone. One that a driver suspects is asked that driver's question.
2. Only where nobody talks, ask the questions of the handshakes: reads and identifications, never a setting. First at
   each driver's usual line settings, then at the others. A question follows the one before as soon as that has had time
   to be answered; who answers later is still understood.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from contract.clock import Clock
from drivers.codec import DriverSpec, Handshake, SerialLine, Transport
from drivers.link import Link

LISTEN_S: Final = 2.1
"""Longer than the slowest talker pauses: a GY-MCU90640 that is set to 0.5 Hz."""
ANSWER_S: Final = 0.3
"""An answer begins sooner, and has no longer pauses; if not, it is taken for the next question's."""
LONGEST_ANSWER_S: Final = 3.0
"""The longest answer, 2055 bytes, takes 0.2 s: who goes on for so long does not answer."""
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


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A driver that may be the one, at one setting of the line."""

    name: str
    handshake: Handshake
    talks: bool


_Group = tuple[SerialLine, list[_Candidate]]


def detect(
    specs: Mapping[str, DriverSpec],
    open_line: OpenLine,
    clock: Clock,
    tell: Tell,
    *,
    likely: Collection[str] = (),
    has_rates: bool = True,
) -> Finding:
    """Find the driver of the device behind a port. Raises LinkLost, LinkRefused.

    `open_line` opens the port with those settings; `tell` is told each step. `likely` are tried before others: whose
    USB ids the port has. Where `has_rates` is False (a TCP port), the line's settings are not the host's to choose.
    """
    serial = [spec for spec in specs.values() if spec.transport is Transport.SERIAL and spec.line and spec.handshake]
    return _Search(open_line, clock, tell).run(
        _groups(serial, likely, usual=True, has_rates=has_rates),
        _groups(serial, likely, usual=False, has_rates=has_rates) if has_rates else [],
    )


def _groups(specs: list[DriverSpec], likely: Collection[str], *, usual: bool, has_rates: bool) -> list[_Group]:
    """Return each setting of a line with its candidates, what is likelier or commoner first."""
    groups: dict[SerialLine, list[_Candidate]] = {}
    ranked: dict[SerialLine, float] = {}
    for spec in specs:
        if spec.line is None or spec.handshake is None:
            continue
        candidate = _Candidate(spec.name, spec.handshake, talks=spec.talks)
        for rank, baud in enumerate((spec.line.baud,) if usual else spec.line.alternatives):
            key = SerialLine(baud, (), spec.line.bytesize, spec.line.parity, spec.line.stopbits)
            key = key if has_rates else SerialLine(0)
            groups.setdefault(key, []).append(candidate)
            ranked[key] = ranked.get(key, 0) + (100 if spec.name in likely else 1 / (1 + rank))
    for candidates in groups.values():  # texts take longest; a device of lines must not find other bytes before its own
        candidates.sort(key=lambda one: (one.name not in likely, -one.handshake.wait_s))
    return [(line, groups[line]) for line in sorted(groups, key=lambda line: (-ranked[line], line.baud))]


class _Search:
    """One search behind one port."""

    def __init__(self, open_line: OpenLine, clock: Clock, tell: Tell) -> None:
        self._open_line = open_line
        self._clock = clock
        self._tell = tell

    def run(self, usual: list[_Group], others: list[_Group]) -> Finding:
        """Listen, then ask."""
        groups = [*usual, *others]
        first = b""
        for line, candidates in groups:
            if not any(one.talks for one in candidates):
                continue
            found, heard = self._listen(line, candidates)
            if found is not None:
                return found
            if not heard:  # nobody talks, or nobody any more
                break
            first = first or heard
        else:
            return Finding(None, None, first)
        for line, candidates in groups:
            found = self._ask_all(line, candidates)
            if found is not None:
                return found
        return Finding(None, None, b"")

    def _listen(self, line: SerialLine, candidates: list[_Candidate]) -> tuple[Finding | None, bytes]:
        self._tell(f"listening at {_describe(line)}")
        longest_s = max(one.handshake.wait_s for one in candidates)
        link = self._open_line(line)
        try:
            found, heard = self._hear(link, line, candidates, LISTEN_S, longest_s, longest_s)
            for one in candidates:
                if found is None and one.handshake.suspects is not None and one.handshake.suspects(heard):
                    found = self._ask(link, line, one, candidates, one.handshake.wait_s)
            return found, heard
        finally:
            link.close()

    def _ask_all(self, line: SerialLine, candidates: list[_Candidate]) -> Finding | None:
        asked = [one for one in candidates if one.handshake.request]
        if not asked:
            return None
        link = self._open_line(line)
        try:
            for one in asked:
                wait_s = one.handshake.wait_s if one is asked[-1] else ANSWER_S
                found = self._ask(link, line, one, candidates, wait_s)
                if found is not None:
                    return found
        finally:
            link.close()
        return None

    def _ask(
        self, link: Link, line: SerialLine, one: _Candidate, candidates: list[_Candidate], wait_s: float
    ) -> Finding | None:
        self._tell(f"asking at {_describe(line)} as {one.name} does")
        link.write(one.handshake.request)
        return self._hear(link, line, candidates, wait_s, ANSWER_S, LONGEST_ANSWER_S)[0]

    def _hear(
        self, link: Link, line: SerialLine, candidates: list[_Candidate], first_s: float, next_s: float, most_s: float
    ) -> tuple[Finding | None, bytes]:
        """Listen until a driver knows the device or the time is over; return who it is, and what was heard.

        `first_s` is how long to wait for the first byte, `next_s` for each byte after that, `most_s` for all of them.
        """
        heard = b""
        end = latest = self._clock.now().later(first_s)
        while (left_s := end.seconds_since(self._clock.now())) > 0:
            data = link.read(min(left_s, 0.1))
            if not data:
                continue
            now = self._clock.now()
            latest = latest if heard else now.later(most_s)
            end = min(latest, now.later(next_s), key=lambda instant: instant.mono_ns)
            heard = (heard + data)[-KEEP_BYTES:]
            for one in candidates:
                if one.handshake.recognises(heard):
                    return Finding(one.name, line, heard), heard
        return None, heard


def _describe(line: SerialLine) -> str:
    return f"{line.baud} baud {line.bytesize}{line.parity}{line.stopbits}" if line.baud else "the port's own line rate"
