"""The watchman's rounds: once a second, what nobody announces is looked at.

Who has gone silent, what waits to be sent, whether a certificate has come into force or run out, what is too old to be
kept. News (the line came, the disk failed) starts a round at once.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import anyio
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from contract.clock import Clock
from contract.delivery.outbox import Outbox
from contract.vocabulary import Reason
from edge import health, records
from edge.doubts import Doubts
from edge.health import Health
from edge.instruments import Instruments
from edge.kiosk.screen import Screen
from edge.kiosk.view import CheckDueView
from edge.metrics import Metrics, Outlook
from edge.store import Store
from edge.uplink import Uplink
from edge.writer import Deed, Writer

if TYPE_CHECKING:
    from contract.messages import GateHealth

TICK_S: Final = 1.0
SCREEN_EVERY: Final = 2
"""Rounds between two looks at the outbox, and between two strips of health for the screen."""
CENTRAL_EVERY: Final = 10
"""Rounds between two reports of health to central."""
RETENTION_EVERY: Final = 3600

log = structlog.get_logger()


class Rounds:
    """Walks the rounds of one gate. Used by the event loop."""

    def __init__(
        self,
        clock: Clock,
        *,
        health_: Health,
        screen: Screen,
        instruments: Instruments,
        uplink: Uplink,
        store: Store,
        outbox: Outbox,
        writer: Writer,
        metrics: Metrics,
        refused: Callable[[], int],
        lamps: Callable[[], None],
        retention_d: float,
        due: Callable[[], tuple[CheckDueView, ...]],
    ) -> None:
        """Prepare; `due` returns the checks that the technician must soon make."""
        self._clock, self._health, self._screen, self._instruments = clock, health_, screen, instruments
        self._uplink, self._store, self._outbox, self._writer = uplink, store, outbox, writer
        self._metrics, self._refused, self._lamps = metrics, refused, lamps
        self._retention = timedelta(days=retention_d)
        self._due, self._doubts = due, Doubts()
        self._news = anyio.Event()
        self._outbox_look = (0, 0.0, 0)
        self._last: GateHealth | None = None
        self._number = 0

    def news(self) -> None:
        """Start a round now. On the event loop."""
        self._news.set()

    async def walk(self) -> None:
        """Walk until cancelled."""
        while True:
            await self.one()
            with anyio.move_on_after(TICK_S):
                await self._news.wait()
            self._news = anyio.Event()

    async def one(self) -> None:
        """Walk one round."""
        for lane in self._instruments.intakes:
            if self._health.silent(lane):
                self._screen.stopped(lane, Reason.INSTRUMENT_SILENT)
        if self._number % SCREEN_EVERY == 0:
            self._outbox_look = await anyio.to_thread.run_sync(self._look_at_outbox)
        if self._number % CENTRAL_EVERY == 0:
            self._instruments.renew()
        if self._number % RETENTION_EVERY == 0:
            self._writer.put(Deed("retention", self._forget, vital=False))
        self._report()
        self._lamps()
        self._number += 1

    def _forget(self, connection: Connection) -> None:
        gone = records.forget_before(connection, self._clock.now().at - self._retention)
        if gone:
            log.info("retention", gone=gone)

    def _report(self) -> None:
        writer = self._writer.status()
        outlook = Outlook(*self._outbox_look, writer, self._uplink.is_up, self._refused())
        now = self._health.look(outlook)
        changed = health.changed(self._last, now)
        if changed or self._number % CENTRAL_EVERY == 0:
            self._uplink.health(now)
        self._tell(now)
        strip = self._health.strip(now, outlook, self._due())
        if changed or (self._number % SCREEN_EVERY == 0 and strip != self._screen.strip):
            self._screen.health(strip)
        self._last = now
        self._metrics.health(now)
        self._metrics.outlook(outlook)
        for name, intake in self._instruments.intakes.items():
            self._metrics.lane(name, intake.dropped, intake.failures)

    def _tell(self, now: "GateHealth") -> None:
        """Report to central what has long spoken against an instrument."""
        for report in self._doubts.note(now, self._clock.now()):
            log.warning("doubt", instrument=report.instrument, flag=report.flag)
            self._writer.put(Deed("drift", lambda _: None, self._uplink.letter(report)))

    def _look_at_outbox(self) -> tuple[int, float, int]:
        """Return rows, age of the oldest in seconds, rows thinned; the last look if the disk does not answer."""
        try:
            with self._store.reading() as connection:
                oldest = self._outbox.oldest(connection)
                age_s = 0.0 if oldest is None else max(0.0, (self._clock.now().at - oldest).total_seconds())
                return self._outbox.length(connection), round(age_s, 1), self._outbox.thinned(connection)
        except SQLAlchemyError as error:
            log.warning("outbox", error=str(error))
            return self._outbox_look
