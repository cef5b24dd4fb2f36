"""Which checks are due, missed, overdue (`science.md` 2.5), from what the store holds.

| a check is due | because |
|---|---|
| `bench.check_every_h` after the last one that passed | a day or a shift is over |
| when another certificate comes into force | its r0 is to be learned, and a slip in it is to be found |
| when an instrument speaks again after an hour of silence | nobody knows what was done to it meanwhile |
| when it is put under WATCH | only three clean sets, or an expert, end that |

Whichever comes first counts, until a check has passed after it; `bench.check_grace_h` later the lane is held.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from contract.calibration import Certificate
from edge.config import Bench
from edge.technician import journal
from edge.technician.check import NEW, Baseline
from edge.technician.journal import Check, Stranger, SweepPoint
from edge.technician.run import Run


class Cause(StrEnum):
    """Why a check is due."""

    PERIOD = "period"
    CERTIFICATE = "certificate"
    SILENCE = "silence"
    WATCH = "watch"


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
    stranger: Stranger | None = None
    """One that has not ended and that this version cannot go on with."""
    sweep: tuple[SweepPoint, ...] = ()
    """A linearity sweep that has not ended."""

    causes: tuple[tuple[datetime, Cause], ...] = ()
    """Events after which a check is due, and when they were."""

    def due(self, settings: Bench) -> tuple[datetime, Cause]:
        """Return when the next check is due, and why."""
        known = max(self.since, self.passed_at or self.since)
        period = known + timedelta(hours=settings.check_every_h), Cause.PERIOD
        return min([period, *((at, why) for at, why in self.causes if self.passed_at is None or at > self.passed_at)])

    def due_at(self, settings: Bench) -> datetime:
        """Return when the next check is due."""
        return self.due(settings)[0]

    def out_at(self, settings: Bench) -> datetime:
        """Return when a missed check takes the instrument out."""
        return self.due_at(settings) + timedelta(hours=settings.check_grace_h)


def read(
    connection: Connection,
    instrument: str,
    certificate: Certificate | None,
    now: datetime,
    *,
    spoke_again_at: datetime | None = None,
    watched_since: datetime | None = None,
) -> Duty:
    """Return the duty of an instrument; `connection` writes, because the first look starts the clock.

    `spoke_again_at` is when it ended a long silence, just now; `watched_since` when it was put under WATCH.
    """
    if certificate is not None:
        journal.note_cause(connection, instrument, Cause.CERTIFICATE, str(certificate.id), now)
    if spoke_again_at is not None:
        journal.note_cause(connection, instrument, Cause.SILENCE, spoke_again_at.isoformat(), spoke_again_at)
    # the first certificate that this gate knew of changed nothing
    causes = [
        *journal.causes(connection, instrument, Cause.CERTIFICATE)[1:],
        *journal.causes(connection, instrument, Cause.SILENCE),
        *([(watched_since, Cause.WATCH)] if watched_since is not None else []),
    ]
    checks = journal.checks_of(connection, instrument, None if certificate is None else certificate.id)
    sweep, run = journal.latest_sweep(connection, instrument), journal.open_run(connection, instrument)
    return Duty(
        since=journal.watch(connection, instrument, now),
        passed_at=journal.last_passed(connection, instrument),
        last=checks[-1] if checks else (),
        baseline=journal.baseline(checks),
        run=run if isinstance(run, Run) else None,
        stranger=run if isinstance(run, Stranger) else None,
        causes=tuple(causes),
        sweep=sweep if sweep and sweep[-1].outcome is None else (),
    )
