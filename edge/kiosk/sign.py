"""Which sign the visitor sees: a pure function of what the lane sees and what was last decided.

Theory. While nobody may be screened the sign is CLOSED. A verdict takes the sign over for a while: GO_ON, AGAIN with
a hint, or WAIT_FOR_STAFF, which for an alarm stays until staff have taken the person aside. Otherwise the pictures
decide: somebody being measured is told to HOLD_STILL, an empty lane says STAND_HERE. ALARM, AMBER and whomever chance
picks for a contact reading get the same sign, so that nobody else can read a verdict off it.
"""

from dataclasses import dataclass
from typing import Final

from contract.clock import Instant
from contract.vocabulary import Reason, VerdictKind
from edge.events import Picture
from edge.kiosk.view import Sign

SHOWN_S: Final = {Sign.GO_ON: 2.5, Sign.AGAIN: 5.0}
WAIT_S: Final = 20.0
"""Who waits for staff without an alarm is let go after this long; an alarm's sign never goes by itself."""

SIGN_OF: Final = {
    VerdictKind.PASS: Sign.GO_ON,
    VerdictKind.NO_RESULT: Sign.AGAIN,
    VerdictKind.AMBER: Sign.WAIT_FOR_STAFF,
    VerdictKind.ALARM: Sign.WAIT_FOR_STAFF,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """The sign and, for AGAIN, what the visitor may do about it."""

    sign: Sign
    hint: Reason | None = None


class SignOfLane:
    """Keeps one lane's sign; every method returns it as it is afterwards."""

    def __init__(self) -> None:
        self.shown = Shown(Sign.CLOSED)
        self._latch: VerdictKind | None = None
        self._until: Instant | None = None

    def verdict(self, kind: VerdictKind, reasons: tuple[Reason, ...], now: Instant, *, audit: bool = False) -> Shown:
        """Take a verdict, and whether staff measure the person all the same; none unlatches an alarm but an alarm."""
        if self._latch is VerdictKind.ALARM and kind is not VerdictKind.ALARM:
            return self.shown
        sign = Sign.WAIT_FOR_STAFF if audit else SIGN_OF[kind]
        self._latch = kind if sign is Sign.WAIT_FOR_STAFF else None
        holds_s = SHOWN_S.get(sign, WAIT_S)
        self._until = None if kind is VerdictKind.ALARM else now.later(holds_s)
        self.shown = Shown(sign, reasons[0] if sign is Sign.AGAIN and reasons else None)
        return self.shown

    def taken(self) -> Shown:
        """Staff have the person: the next picture decides again."""
        self._latch = None
        self._until = None
        self.shown = Shown(Sign.STAND_HERE)
        return self.shown

    def picture(self, picture: Picture, now: Instant) -> Shown:
        """Take what the lane sees now."""
        if self._holds(now):
            return self.shown
        if not picture.screening:
            return self.closed(now)
        measuring = any(face.verdict is None and face.refused is None for face in picture.faces)
        self.shown = Shown(Sign.HOLD_STILL if measuring else Sign.STAND_HERE)
        return self.shown

    def closed(self, now: Instant) -> Shown:
        """Nobody may be screened now; a sign that a verdict has taken over stays."""
        if not self._holds(now):
            self.shown = Shown(Sign.CLOSED)
        return self.shown

    def _holds(self, now: Instant) -> bool:
        """Say whether a verdict still has the sign."""
        if self._until is not None and now.mono_ns >= self._until.mono_ns:
            self._until = None
            self._latch = None
        return self._until is not None or self._latch is not None
