"""Notices that must leave the screen because nobody reacted: to the log always, to a webhook where one is configured.

The text is made in the district's language; codes go along for programs. A notice that cannot be delivered is tried
three times, counted and logged: the board still shows what it was about.
"""

import json
import urllib.request
from collections import deque
from dataclasses import asdict, dataclass
from typing import Final
from urllib.error import HTTPError, URLError

import anyio
import structlog

from central.alerts.lifecycle import AlertEvent
from central.alerts.register import Transition
from central.metrics import Metrics
from contract.phrases import Language, Phrases

TRIES: Final = 3
TIMEOUT_S: Final = 5.0
PAUSE_S: Final = 2.0
QUEUE: Final = 100
WORTH_TELLING: Final = frozenset({AlertEvent.ESCALATE, AlertEvent.LAPSE, AlertEvent.OVERDUE, AlertEvent.FAIL})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: codes for programs, a sentence for people."""

    event: str
    alert: str
    gate: str
    at: str
    escalation: int
    simulated: bool
    text: str


class Notifier:
    """Sends notices, one after the other, in a task of its own."""

    def __init__(self, webhook: str, phrases: Phrases, language: Language, metrics: Metrics) -> None:
        self._webhook, self._phrases, self._language, self._metrics = webhook, phrases, language, metrics
        self._waiting: deque[Notice] = deque()
        self._wake = anyio.Event()

    def hear(self, moved: Transition) -> None:
        """Take note of what happened to an alert; on the event loop."""
        if moved.event not in WORTH_TELLING:
            return
        text = self._phrases.text(f"notice.{moved.event}", self._language, gate=moved.gate, escalation=moved.escalation)
        notice = Notice(
            moved.event,
            str(moved.alert),
            moved.gate,
            moved.at.isoformat(),
            moved.escalation,
            moved.simulated,
            text,
        )
        log.warning("notice", what=notice.event, gate=notice.gate, alert=notice.alert, step=notice.escalation)
        if not self._webhook:
            return
        if len(self._waiting) >= QUEUE:
            self._metrics.notices.labels("dropped").inc()
            return
        self._waiting.append(notice)
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            while self._waiting:
                await self._deliver(self._waiting.popleft())

    async def _deliver(self, notice: Notice) -> None:
        for attempt in range(TRIES):
            try:
                await anyio.to_thread.run_sync(self._post, notice, abandon_on_cancel=True)
            except (URLError, OSError, ValueError) as error:
                log.warning("notice_failed", attempt=attempt + 1, error=str(error))
                await anyio.sleep(PAUSE_S * (attempt + 1))
            else:
                self._metrics.notices.labels("sent").inc()
                return
        self._metrics.notices.labels("failed").inc()

    def _post(self, notice: Notice) -> None:
        body = json.dumps(asdict(notice), ensure_ascii=False).encode()
        request = urllib.request.Request(  # noqa: S310  # the scheme is checked by the configuration
            self._webhook, body, {"content-type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                answer.read(1024)
        except HTTPError as error:
            error.close()  # it holds the connection
            raise
