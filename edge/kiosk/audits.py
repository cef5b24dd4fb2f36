"""People whom chance picks for a reading with a contact thermometer, whatever the camera said of them.

Only they tell how far a camera is off: people whom it stopped were chosen because it read high (`science.md` 5.2 g).
The draw is what the passage's id left to chance, so nobody can influence it and anybody can repeat it.
"""

from typing import Final
from uuid import UUID

from contract.clock import Instant
from contract.ids import chance
from edge.kiosk.view import VerdictView

SHOWN_S: Final = 120.0
"""Nobody waits longer to be measured: the request goes by itself."""


class Audits:
    """The draw, and the requests that staff have not answered yet. Used by the event loop."""

    def __init__(self, share: float) -> None:
        """`share` of all passages are drawn."""
        self._share = share
        self._asked: dict[UUID, tuple[VerdictView, Instant]] = {}

    def drawn(self, passage: UUID) -> bool:
        """Say whether a passage is one of those."""
        return chance(passage) < self._share

    def ask(self, verdict: VerdictView, now: Instant) -> None:
        """Ask staff to measure this person."""
        self._asked[verdict.passage] = verdict, now.later(SHOWN_S)

    def answered(self, passage: UUID) -> bool:
        """Take the request away; say whether there was one."""
        return self._asked.pop(passage, None) is not None

    def over(self, now: Instant) -> bool:
        """Take away what was asked too long ago; say whether there was any."""
        before = len(self._asked)
        self._asked = {key: asked for key, asked in self._asked.items() if now.mono_ns < asked[1].mono_ns}
        return len(self._asked) < before

    def view(self) -> tuple[VerdictView, ...]:
        """Return the verdicts of those asked for, oldest first."""
        return tuple(verdict for verdict, _ in self._asked.values())
