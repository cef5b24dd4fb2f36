"""News for the board: from any thread, after the commit, onto the event loop and into the numbered feed."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from central.alerts.lifecycle import AlertEvent
from central.alerts.register import Transition
from central.metrics import Metrics
from contract.clock import Clock, Instant
from contract.vocabulary import AlertState
from contract.web.feed import Feed

OFFICER_REACTED: Final = frozenset({AlertEvent.ACKNOWLEDGE, AlertEvent.DECIDE})


class News:
    """Publishes what was committed. `on_transition` hears of every one too, on the event loop."""

    def __init__(
        self,
        feed: Feed,
        clock: Clock,
        metrics: Metrics,
        loop: asyncio.AbstractEventLoop,
        on_transition: Callable[[Transition], None],
    ) -> None:
        self._feed, self._clock, self._metrics, self._loop = feed, clock, metrics, loop
        self._on_transition = on_transition

    def transition(self, moved: Transition, received: Instant | None = None) -> None:
        """Tell of a row of an alert's journal; `received` is when the message that made it came in."""
        self._soon(lambda: self._publish_transition(moved, received))

    def gate(self, gate: str, what: str) -> None:
        """Tell that a gate came, went, or can or cannot screen."""
        self._soon(lambda: self._feed.publish("gate", {"gate": gate, "what": what}))

    def health(self, gate: str, at: datetime) -> None:
        """Tell that a gate has new values; only the newest such word matters."""
        self._soon(lambda: self._feed.show("health", {"gate": gate, "at": at.isoformat()}))

    def _publish_transition(self, moved: Transition, received: Instant | None) -> None:
        self._feed.publish(
            "alert",
            {
                "alert": str(moved.alert),
                "gate": moved.gate,
                "event": moved.event,
                "state": moved.to_state,
                "who": moved.who,
                "at": moved.at.isoformat(timespec="milliseconds"),
                "late": moved.late,
                "simulated": moved.simulated,
                "escalation": moved.escalation,
            },
        )
        if received is not None and moved.event is AlertEvent.RAISE:
            self._metrics.to_board_s.observe(self._clock.now().seconds_since(received))
        if moved.event in OFFICER_REACTED and moved.from_state is AlertState.RAISED and not moved.late:
            self._metrics.to_acknowledged_s.observe((moved.at - moved.raised_at).total_seconds())
        self._metrics.transitions.labels(moved.event).inc()
        self._on_transition(moved)

    def _soon(self, action: Callable[[], object]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(action)
