"""The alerts that wait at this gate: raised, perhaps decided, not yet carried out.

A card leaves only when staff confirm its newest decision. A decision about an alert that this gate does not know (its
store was replaced, say) still gets a card: somebody may be standing there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from contract.messages import Alert, Confirmation, DecisionBody, MeasurementBody, SecondMeasurement
from edge.kiosk.view import CardView, DecisionView, SecondView, VerdictView, verdict_view

SHOWN: Final = 50
"""Cards drawn at once; the others wait their turn and are counted."""


@dataclass(slots=True)
class Card:
    """One alert and what has become of it so far."""

    id: UUID
    passage: UUID
    raised_at: datetime
    alert: Alert | None = None
    attempts: tuple[MeasurementBody, ...] = ()
    seconds: list[SecondMeasurement] = field(default_factory=list)
    decision: DecisionBody | None = None
    taken: bool = False
    crop_c: NDArray[np.float32] | None = None
    """The face, °C, while it is still at hand."""
    crop_stored: bool = False
    """The store has its picture."""

    def view(self) -> CardView:
        """Return the card as the page shows it."""
        latest = verdict_view(self.alert.measurement, self.alert.verdict) if self.alert else None
        return CardView(
            id=self.id,
            passage=self.passage,
            instrument=self.alert.measurement.instrument if self.alert else "",
            raised_at=self.raised_at,
            value_c=latest.value_c if latest else None,
            plus_minus_c=latest.plus_minus_c if latest else None,
            attempts=tuple(_attempt(attempt) for attempt in self.attempts),
            seconds=tuple(second_view(second) for second in self.seconds),
            decision=_decision(self.decision) if self.decision else None,
            crop=self.crop_c is not None or self.crop_stored,
            taken=self.taken,
        )


class Cards:
    """The waiting alerts, by id. Used by the event loop only."""

    def __init__(self) -> None:
        self._cards: dict[UUID, Card] = {}

    def __len__(self) -> int:
        return len(self._cards)

    def __iter__(self) -> Iterator[Card]:
        return iter(tuple(self._cards.values()))

    def restore(self, cards: Iterable[Card]) -> None:
        """Take up the alerts that waited before a restart."""
        self._cards.update((card.id, card) for card in cards)

    def get(self, alert: UUID) -> Card | None:
        """Return the card of an alert that waits."""
        return self._cards.get(alert)

    def of_passage(self, passage: UUID) -> Card | None:
        """Return the card of a passage that waits."""
        return next((card for card in self._cards.values() if card.passage == passage), None)

    def raised(self, alert: Alert, attempts: tuple[MeasurementBody, ...], crop_c: NDArray[np.float32] | None) -> Card:
        """Add the card of a new alert; a decision that came before it stays."""
        card = self._cards.setdefault(alert.id, Card(alert.id, alert.passage, alert.raised_at))
        card.alert, card.attempts, card.crop_c = alert, attempts, crop_c
        return card

    def decided(self, body: DecisionBody) -> bool:
        """Put a decision on its card; False if a newer one is there already."""
        card = self._cards.setdefault(body.alert, Card(body.alert, body.passage, body.decided_at))
        if card.decision is not None and card.decision.decided_at > body.decided_at:
            return False
        card.decision = body
        return True

    def confirmed(self, body: Confirmation) -> bool:
        """Remove the card whose newest decision was carried out; False if a newer decision waits."""
        card = self._cards.get(body.alert)
        if card is None or card.decision is None or card.decision.id != body.decision:
            return False
        del self._cards[body.alert]
        return True

    def view(self) -> tuple[CardView, ...]:
        """Return the cards to draw: first those with something to do, each group oldest first."""
        cards = sorted(self._cards.values(), key=lambda card: (card.decision is None, card.raised_at))
        return tuple(card.view() for card in cards[:SHOWN])


def second_view(second: SecondMeasurement) -> SecondView:
    """Return a contact measurement as the pages show it."""
    return SecondView(second.at, second.value_c, second.scale, second.thermometer)


def _attempt(body: MeasurementBody) -> VerdictView:
    return verdict_view(body.measurement, body.verdict)


def _decision(body: DecisionBody) -> DecisionView:
    return DecisionView(body.id, body.decision, body.decided_by, body.decided_at, body.reason, body.instruction)
