"""The ledger of passages: which verdict belongs to whose attempt, and which raises an alert.

Theory. A passage is one person's way through the gate. It may have several attempts (staff ask for a re-measurement);
each is kept and sent, and none undoes another: there is no "try until green". The first ALARM of a passage raises its
alert, which carries the attempts before it, and so does a contact thermometer that finds a fever where the instrument
found none. Later attempts travel as measurements beside that alert. So a passage raises one alert at most, whatever is
measured afterwards.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from contract.messages import Alert, MeasurementBody, Verdict
from contract.vocabulary import Reason, VerdictKind
from edge.events import PassageDecided

REMEMBERED: Final = 512
"""Passages kept at hand; a re-measurement of an older one starts a new passage's numbering from what the lane says."""

SEVERITY: Final = {VerdictKind.PASS: 0, VerdictKind.NO_RESULT: 1, VerdictKind.AMBER: 2, VerdictKind.ALARM: 3}


@dataclass(frozen=True, slots=True)
class Entry:
    """A verdict with its place in its passage, on its way to screen, store and central."""

    decided: PassageDecided
    body: Alert | MeasurementBody
    """What central is told."""
    alert: UUID | None
    """The passage's alert, raised now or by an earlier attempt."""
    attempts: tuple[MeasurementBody, ...]
    """All attempts of the passage, this one last."""

    @property
    def raised(self) -> bool:
        """Whether this attempt raised the alert."""
        return isinstance(self.body, Alert)

    @property
    def measurement(self) -> MeasurementBody:
        """This attempt."""
        return self.attempts[-1]

    @property
    def worst(self) -> VerdictKind:
        """The most severe verdict of the passage."""
        return max((attempt.verdict.kind for attempt in self.attempts), key=SEVERITY.__getitem__)


@dataclass(slots=True)
class _Passage:
    attempts: list[MeasurementBody] = field(default_factory=list)
    alert: UUID | None = None


class Ledger:
    """Numbers the attempts of each passage and raises its alert. Used by the event loop only."""

    def __init__(self, ids: Callable[[datetime], UUID], *, simulated: bool) -> None:
        self._ids = ids
        self._simulated = simulated
        self._passages: OrderedDict[UUID, _Passage] = OrderedDict()

    def restore(self, attempts: Iterable[MeasurementBody], alerts: Iterable[Alert]) -> None:
        """Take up what was stored before a restart."""
        for attempt in attempts:
            self._passage(attempt.measurement.passage).attempts.append(attempt)
        for alert in alerts:
            self._passage(alert.passage).alert = alert.id

    def enter(self, decided: PassageDecided, at: datetime) -> Entry:
        """Return the verdict as an entry; `at` is when an alert of it is raised."""
        passage = self._passage(decided.passage)
        number = max(len(passage.attempts) + 1, decided.measurement.attempt)
        measurement = decided.measurement.model_copy(update={"attempt": number})
        attempt = MeasurementBody(measurement=measurement, verdict=decided.verdict, simulated=self._simulated)
        passage.attempts.append(attempt)
        body: Alert | MeasurementBody = attempt
        if decided.verdict.kind is VerdictKind.ALARM and passage.alert is None:
            body = self._raise(passage, decided.verdict, at)
        return Entry(decided, body, passage.alert, tuple(passage.attempts))

    def report(self, passage: UUID, attempts: tuple[MeasurementBody, ...], at: datetime) -> Alert | None:
        """Raise the alert of a passage in whom a contact thermometer found a fever; None if it has one already.

        The alert carries what the instrument said, PASS included, and that somebody else found otherwise.
        """
        known = self._passage(passage)
        known.attempts = known.attempts or list(attempts)
        if known.alert is not None:
            return None
        said = known.attempts[-1].verdict
        return self._raise(known, said.model_copy(update={"reasons": (*said.reasons, Reason.CONTACT_FEVER)}), at)

    def _raise(self, passage: _Passage, verdict: Verdict, at: datetime) -> Alert:
        *earlier, last = passage.attempts
        alert = Alert(
            id=self._ids(at),
            passage=last.measurement.passage,
            raised_at=at,
            measurement=last.measurement,
            verdict=verdict,
            attempts=tuple(earlier),
            simulated=last.simulated,
        )
        passage.alert = alert.id
        return alert

    def attempts(self, passage: UUID) -> tuple[MeasurementBody, ...]:
        """Return the attempts of a passage that is still remembered."""
        found = self._passages.get(passage)
        return tuple(found.attempts) if found else ()

    def _passage(self, passage: UUID) -> _Passage:
        found = self._passages.setdefault(passage, _Passage())
        self._passages.move_to_end(passage)
        while len(self._passages) > REMEMBERED:
            self._passages.popitem(last=False)
        return found
