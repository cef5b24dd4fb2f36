"""Which checks are due, missed, overdue (`science.md` 2.5), from what the store holds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from contract.calibration import Certificate
from edge.config import Bench
from edge.technician import journal
from edge.technician.check import NEW, Baseline
from edge.technician.journal import Check, SweepPoint
from edge.technician.run import Run


@dataclass(frozen=True, slots=True)
class Duty:
    """The checks and runs of one instrument."""

    since: datetime
    """From when on checks are asked for."""
    passed_at: datetime | None = None
    last: Check = ()
    baseline: Baseline = NEW
    run: Run | None = None
    """A calibration that has not ended."""
    sweep: tuple[SweepPoint, ...] = ()
    """A linearity sweep that has not ended."""

    def due_at(self, settings: Bench) -> datetime:
        """Return when the next check is due."""
        return max(self.since, self.passed_at or self.since) + timedelta(hours=settings.check_every_h)

    def out_at(self, settings: Bench) -> datetime:
        """Return when a missed check takes the instrument out."""
        return self.due_at(settings) + timedelta(hours=settings.check_grace_h)


def read(connection: Connection, instrument: str, certificate: Certificate | None, now: datetime) -> Duty:
    """Return the duty of an instrument; `connection` writes, because the first look starts the clock."""
    checks = journal.checks_of(connection, instrument, None if certificate is None else certificate.id)
    sweep = journal.latest_sweep(connection, instrument)
    return Duty(
        since=journal.watch(connection, instrument, now),
        passed_at=journal.last_passed(connection, instrument),
        last=checks[-1] if checks else (),
        baseline=journal.baseline(checks),
        run=journal.open_run(connection, instrument),
        sweep=sweep if sweep and sweep[-1].outcome is None else (),
    )
