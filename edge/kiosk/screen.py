"""What both windows show now: the state behind the pages, and the events that change it.

Everything here is memory and runs on the event loop: a verdict reaches the screen before the store or the network hear
of it. Each method changes the state, publishes one event a change, and returns.
"""

import dataclasses
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from contract.clock import Clock
from contract.messages import Alert, Confirmation, DecisionBody, MeasurementBody, SecondMeasurement
from contract.vocabulary import Reason, VerdictKind
from edge.events import Picture
from edge.kiosk.audits import Audits
from edge.kiosk.cards import Card, Cards
from edge.kiosk.sign import Shown, SignOfLane
from edge.kiosk.view import LaneKind, LaneView, StripView, VerdictView, verdict_view
from edge.passages import Entry
from edge.readiness import PASSING

RECENT: Final = 12

Publish = Callable[[str, str], int]
"""Send an event of this name with this JSON to every open page; returns its number."""


@dataclasses.dataclass(slots=True)
class LaneScreen:
    """One lane's part of the screens."""

    id: str
    kind: LaneKind
    serial: str
    sign: SignOfLane = dataclasses.field(default_factory=SignOfLane)
    screening: bool = False
    reasons: tuple[Reason, ...] = (Reason.INSTRUMENT_SILENT,)
    latest: VerdictView | None = None
    instead: tuple[str, ...] | None = None

    @property
    def usable(self) -> bool:
        """Whether people may be sent here: it screens, or pauses for seconds only."""
        return self.screening or PASSING.issuperset(self.reasons)

    @property
    def plate(self) -> str:
        """How staff find it: its name and what stands on its type plate."""
        return f"{self.id} ({self.serial})" if self.serial else self.id

    def view(self) -> LaneView:
        """Return the lane as the staff window shows it."""
        return LaneView(self.id, self.kind, self.serial, self.screening, self.reasons, self.latest, self.instead)


class Screen:
    """The state of the windows. Used by the event loop only."""

    def __init__(
        self,
        lanes: Iterable[LaneScreen],
        clock: Clock,
        publish: Publish,
        strip: StripView,
        *,
        audit_share: float = 0.0,
    ) -> None:
        self.lanes = {lane.id: lane for lane in lanes}
        self.cards = Cards()
        self.audits = Audits(audit_share)
        self.strip = strip
        self._recent: deque[VerdictView] = deque(maxlen=RECENT)
        self.clock = clock
        self._publish = publish

    def recent(self) -> tuple[VerdictView, ...]:
        """Return the latest verdicts, newest first."""
        return tuple(reversed(self._recent))

    def restore(self, cards: Iterable[Card]) -> None:
        """Take up the alerts that waited before a restart."""
        self.cards.restore(cards)

    def passage(self, entry: Entry) -> None:
        """Show a verdict."""
        measurement, verdict = entry.measurement.measurement, entry.measurement.verdict
        lane = self.lanes[entry.decided.instrument]
        alarm = verdict.kind is VerdictKind.ALARM
        audit = verdict.kind is VerdictKind.PASS and self.audits.drawn(measurement.passage)
        view = verdict_view(measurement, verdict, alert=entry.alert, latched=alarm, audit=audit)
        self._recent.append(view)
        if alarm or lane.latest is None or not lane.latest.latched:
            lane.latest = view
        now = self.clock.now()
        took_us = (now.mono_ns - entry.decided.decided_by_mono_ns) // 1000
        self._send("verdict", {**dataclasses.asdict(view), "took_us": took_us})
        self._sign(lane, lane.sign.verdict(verdict.kind, verdict.reasons, now, audit=audit))
        if entry.alert is not None:
            self._raised(entry)
        if audit:
            self.audits.ask(view, now)
            self._alerts("audit", None)

    def _raised(self, entry: Entry) -> None:
        """Put a new alert among those that wait, or a new attempt on its card."""
        if not isinstance(entry.body, MeasurementBody):
            self.cards.raised(entry.body, entry.attempts, entry.decided.crop_c)
        elif (card := self.cards.of_passage(entry.decided.passage)) is not None:
            card.attempts = entry.attempts
        self._alerts("raised" if entry.raised else "attempt", entry.alert)

    def reported(self, alert: Alert, attempts: tuple[MeasurementBody, ...]) -> None:
        """Show an alert that a contact reading raised: the person is with staff."""
        self.cards.raised(alert, attempts, None).taken = True
        self._alerts("raised", alert.id)

    def picture(self, picture: Picture) -> None:
        """Take what a lane sees; only what changes in words is published, the picture itself goes its own way."""
        lane = self.lanes[picture.instrument]
        before = lane.sign.shown
        self._screening(lane, picture.screening, picture.reasons)
        after = lane.sign.picture(picture, self.clock.now())
        if after != before:
            self._sign(lane, after)

    def stopped(self, instrument: str, reason: Reason) -> None:
        """Say that a lane screens nobody for a reason that lies outside its pictures."""
        lane = self.lanes[instrument]
        before = lane.sign.shown
        self._screening(lane, screening=False, reasons=(reason,))
        after = lane.sign.closed(self.clock.now())
        if after != before:
            self._sign(lane, after)

    def taken(self, instrument: str, passage: UUID) -> None:
        """Staff have taken the person aside: the lane's panel and sign are free again."""
        lane = self.lanes[instrument]
        if lane.latest is not None and lane.latest.passage == passage:
            lane.latest = dataclasses.replace(lane.latest, latched=False)
            self._sign(lane, lane.sign.taken())
        card = self.cards.of_passage(passage)
        if card is not None:
            card.taken = True
        self._send("taken", {"lane": instrument, "passage": passage})
        self._alerts("taken", card.id if card else None)

    def decision(self, body: DecisionBody) -> None:
        """Show a duty officer's decision, unless a newer one of the same alert is shown."""
        if self.cards.decided(body):
            self._alerts("decided", body.alert)

    def confirmed(self, body: Confirmation) -> None:
        """Take the card of a carried-out decision off the screen."""
        if self.cards.confirmed(body):
            self._alerts("confirmed", body.alert)

    def second(self, body: SecondMeasurement) -> None:
        """Show a contact measurement on its card; what chance had asked for is answered."""
        if self.audits.answered(body.passage):
            self._alerts("audit", None)
        card = self.cards.of_passage(body.passage)
        if card is not None and all(known.id != body.id for known in card.seconds):
            card.seconds.append(body)
            self._alerts("second", card.id)

    def health(self, strip: StripView) -> None:
        """Show the gate's health."""
        self.strip = strip
        self._send("strip", {})
        if self.audits.over(self.clock.now()):
            self._alerts("audit", None)

    def _screening(self, lane: LaneScreen, screening: bool, reasons: tuple[Reason, ...]) -> None:  # noqa: FBT001  # a state, not an option
        if (lane.screening, lane.reasons) == (screening, reasons):
            return
        lane.screening, lane.reasons = screening, reasons
        for one in self.lanes.values():
            before, one.instead = one.instead, self._instead(one)
            if one is lane or one.instead != before:
                told = {"screening": one.screening, "reasons": one.reasons, "instead": one.instead}
                self._send("lane", {"lane": one.id, **told})

    def _instead(self, lane: LaneScreen) -> tuple[str, ...] | None:
        if lane.usable:
            return None
        return tuple(one.plate for one in self.lanes.values() if one is not lane and one.usable)

    def _sign(self, lane: LaneScreen, shown: Shown) -> None:
        self._send("sign", {"lane": lane.id, "sign": shown.sign, "hint": shown.hint})

    def _alerts(self, change: str, alert: UUID | None) -> None:
        self._send("alerts", {"change": change, "alert": alert, "waiting": len(self.cards)})

    def _send(self, event: str, body: dict[str, object]) -> None:
        self._publish(event, json.dumps(plain(body), ensure_ascii=False))


def plain(value: object) -> object:
    """Return views, ids and times as what JSON can say."""
    if isinstance(value, str | int | float | bool | None):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, Iterable):
        return [plain(part) for part in value]
    return value.isoformat() if isinstance(value, datetime) else str(value)
