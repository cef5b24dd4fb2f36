"""What goes on by itself: due timers, gates that fall silent, the retention clock."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import anyio
import structlog
from sqlalchemy import func, select

from central import gates, retention
from central.alerts.escalation import fire_due
from central.alerts.register import Register
from central.config import Settings
from central.gates import Liveness, Standing
from central.instruments.surveillance import Surveillance
from central.news import News
from central.store.store import Store
from central.store.tables import timers
from central.store.writer import Transaction, WriterBusy
from contract.clock import Clock

if TYPE_CHECKING:
    from datetime import date

TIMERS_S: Final = 0.5
GATES_S: Final = 2.0
RETENTION_S: Final = 3600.0
INSTRUMENTS_S: Final = 300.0

log = structlog.get_logger(__name__)


class Watch:
    """The tasks that wait for time to pass; each looks only at the database, so a restart forgets nothing."""

    def __init__(
        self,
        store: Store,
        register: Register,
        news: News,
        clock: Clock,
        settings: Settings,
        surveillance: Surveillance,
    ) -> None:
        self._store, self._register, self._news = store, register, news
        self._surveillance = surveillance
        self._clock, self._settings = clock, settings
        self._liveness: dict[str, Liveness] = {}
        self._looked_on: date | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._every, TIMERS_S, self.fire_timers)
            tasks.start_soon(self._every, GATES_S, self.look_at_gates)
            tasks.start_soon(self._every, RETENTION_S, self.clear_expired)
            tasks.start_soon(self._every, INSTRUMENTS_S, self.look_at_instruments)

    async def _every(self, seconds: float, act: Callable[[], None]) -> None:
        while True:
            try:
                await anyio.to_thread.run_sync(act)
            except WriterBusy:
                log.warning("watch_postponed", task=getattr(act, "__name__", ""))
            await anyio.sleep(seconds)

    def fire_timers(self) -> None:
        """Fire the timers that are due."""
        with self._store.read() as connection:
            due = select(func.count()).select_from(timers).where(timers.c.due_at <= self._clock.now().at)
            if not connection.execute(due).scalar_one():
                return
        for moved in self._store.write(lambda transaction: fire_due(transaction, self._register)):
            self._news.transition(moved)

    def look_at_gates(self) -> None:
        """Tell of gates that have fallen silent or spoken again; nothing else announces a silence."""
        now = self._clock.now().at
        with self._store.read() as connection:
            seen = {
                gate.id: gate.liveness(now)
                for gate in gates.all_gates(connection)
                if gate.standing is Standing.ACCEPTED
            }
        for gate, liveness in seen.items():
            if self._liveness.get(gate, liveness) is not liveness:
                self._news.gate(gate, liveness)
        self._liveness = seen

    def look_at_instruments(self) -> None:
        """Look at the days that are over, and at instruments that have waited too long."""
        self._store.write(self._surveillance.overdue)
        today = self._clock.now().at.astimezone(self._surveillance.zone).date()
        if self._looked_on != today:
            log.info("instruments", days=self._surveillance.catch_up(self._store, today))
            self._looked_on = today

    def clear_expired(self) -> None:
        """Let the retention clock tick."""

        def work(transaction: Transaction) -> dict[str, int]:
            return retention.clear(transaction, self._settings.retention, self._settings.access)

        gone = self._store.write(work)
        if gone:
            log.info("retention", **gone)
