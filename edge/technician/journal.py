"""What the bench has measured, in the gate's own database: rows are added after every step and never changed.

So the plug may be pulled at any moment: a run is read back as its events and goes on at `next_step`, a check goes on
with the set after its last. A row cannot be half there; SQLite commits it or not. The baseline r0 is not stored but
folded from the checks since the certificate in force, so that it cannot disagree with them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from contract.calibration import CalibrationPoint
from edge import tables
from edge.technician.check import NEW, Baseline, Outcome, Residual
from edge.technician.run import Adjusted, Finished, PointMeasured, Run, RunRefused, Started, run_event

CauseT = TypeVar("CauseT", bound=str)
RunEvents = list[Started | PointMeasured | Adjusted | Finished]


class CheckSet(BaseModel):
    """Ten readings of the plate within a check."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    check: UUID
    number: Annotated[int, Field(ge=0)]
    instrument: str
    at: AwareDatetime
    by: str
    certificate: UUID | None
    reference_c: float
    """Radiance temperature of the plate."""
    mean_c: float
    sd_c: float
    n: int
    error_c: float
    residual_c: float
    outcome: Outcome
    """What the check says with this set in it."""

    @property
    def residual(self) -> Residual:
        """The numbers that `edge.technician.check` judges."""
        return Residual(self.mean_c, self.sd_c, self.n, self.error_c, self.residual_c)


class SweepPoint(BaseModel):
    """One temperature of a linearity sweep."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    sweep: UUID
    number: Annotated[int, Field(ge=0)]
    instrument: str
    at: AwareDatetime
    by: str
    point: CalibrationPoint
    """`indicated_c` is what is shown, uncorrected."""
    slope: float | None = None
    """Of the whole sweep, with its last point."""
    u_slope: float | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Stranger:
    """A calibration that has not ended and that this version cannot go on with: it can only be given up."""

    run: UUID
    why: str


Check = tuple[CheckSet, ...]
"""One check: its sets in order; the last one's outcome is the check's."""


def keep_event(connection: Connection, run: Run, event: Started | PointMeasured | Adjusted | Finished) -> None:
    """Add an event to a run. Raises sqlalchemy.exc.IntegrityError if somebody else has gone on with it meanwhile."""
    _append(connection, run.started.run, run.started.instrument, event)


def give_up(connection: Connection, instrument: str, run: UUID, end: Finished) -> None:
    """End a run without reading it; what it has measured stays on record."""
    _append(connection, run, instrument, end)


def _append(
    connection: Connection, run: UUID, instrument: str, event: Started | PointMeasured | Adjusted | Finished
) -> None:
    rows = tables.calibration_events
    number = connection.execute(select(func.count()).where(rows.c.run == run)).scalar_one()
    connection.execute(
        insert(rows).values(
            run=run,
            number=number,
            instrument=instrument,
            at=event.at,
            event=run_event.dump_json(event).decode(),
        )
    )


def events_of(connection: Connection, run: UUID) -> RunEvents:
    """Return what has happened in a run, in order."""
    rows = tables.calibration_events
    found = connection.execute(select(rows.c.event).where(rows.c.run == run).order_by(rows.c.number))
    return [run_event.validate_json(row.event) for row in found]


def open_run(connection: Connection, instrument: str) -> Run | Stranger | None:
    """Return the instrument's newest run if it has not ended; a Stranger where this version cannot read it."""
    newest = _newest(connection, instrument)
    if newest is None or _ended(connection, newest):
        return None
    try:
        return Run(events_of(connection, newest))
    except RunRefused as refused:
        return Stranger(newest, str(refused))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return Stranger(newest, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")


def latest_run(connection: Connection, instrument: str) -> Run | None:
    """Return the instrument's newest run, ended or not. Raises RunRefused or ValidationError if it cannot be read."""
    newest = _newest(connection, instrument)
    return None if newest is None else Run(events_of(connection, newest))


def _newest(connection: Connection, instrument: str) -> UUID | None:
    rows = tables.calibration_events.c
    started = select(rows.run).where(rows.instrument == instrument, rows.number == 0)
    return connection.execute(started.order_by(rows.at.desc()).limit(1)).scalar_one_or_none()


def _ended(connection: Connection, run: UUID) -> bool:
    """Say whether a run has ended, of whatever version its events are."""
    rows = tables.calibration_events.c
    last = connection.execute(select(rows.event).where(rows.run == run).order_by(rows.number.desc()).limit(1))
    return bool(json.loads(last.scalar_one())["kind"] == "finished")


def keep_set(connection: Connection, one: CheckSet) -> None:
    """Add a set to a check."""
    connection.execute(
        insert(tables.check_sets).values(
            check=one.check,
            number=one.number,
            instrument=one.instrument,
            at=one.at,
            certificate=one.certificate,
            outcome=one.outcome,
            body=one.model_dump_json(),
        )
    )


def checks_of(connection: Connection, instrument: str, certificate: UUID | None) -> list[Check]:
    """Return the checks of an instrument under one certificate, oldest first."""
    rows = tables.check_sets.c
    found = connection.execute(
        select(rows.body)
        .where(
            rows.instrument == instrument,
            rows.certificate.is_(certificate) if certificate is None else rows.certificate == certificate,
        )
        .order_by(rows.at, rows.number)
    )
    checks: dict[UUID, list[CheckSet]] = {}
    for row in found:
        one = CheckSet.model_validate_json(row.body)
        checks.setdefault(one.check, []).append(one)
    return [tuple(sets) for sets in checks.values()]


def last_passed(connection: Connection, instrument: str) -> datetime | None:
    """Return when the instrument last passed a check, under whichever certificate."""
    rows = tables.check_sets.c
    return connection.execute(
        select(rows.at)
        .where(rows.instrument == instrument, rows.outcome == Outcome.PASSED)
        .order_by(rows.at.desc())
        .limit(1)
    ).scalar_one_or_none()


def baseline(checks: Sequence[Check]) -> Baseline:
    """Return r0 as the checks that passed have made it."""
    learned = NEW
    for check in checks:
        if check[-1].outcome is Outcome.PASSED:
            learned = learned.learn(check[-1].error_c)
    return learned


def keep_sweep_point(connection: Connection, one: SweepPoint) -> None:
    """Add a point to a linearity sweep."""
    connection.execute(
        insert(tables.linearity_points).values(
            sweep=one.sweep,
            number=one.number,
            instrument=one.instrument,
            at=one.at,
            outcome=one.outcome,
            body=one.model_dump_json(),
        )
    )


def latest_sweep(connection: Connection, instrument: str) -> tuple[SweepPoint, ...]:
    """Return the points of the instrument's newest sweep."""
    rows = tables.linearity_points.c
    newest = select(rows.sweep).where(rows.instrument == instrument).order_by(rows.at.desc()).limit(1)
    found = connection.execute(
        select(rows.body).where(rows.sweep == newest.scalar_subquery()).order_by(rows.number)
    ).scalars()
    return tuple(SweepPoint.model_validate_json(body) for body in found)


def note_cause(connection: Connection, instrument: str, cause: str, key: str, at: datetime) -> None:
    """Keep an event after which a check is due; the same event again changes nothing."""
    row = {"instrument": instrument, "cause": cause, "key": key, "at": at}
    connection.execute(upsert(tables.check_causes).values(row).on_conflict_do_nothing())


def causes(connection: Connection, instrument: str, cause: CauseT) -> list[tuple[datetime, CauseT]]:
    """Return the events of a kind, oldest first."""
    rows = tables.check_causes.c
    found = connection.execute(
        select(rows.at).where(rows.instrument == instrument, rows.cause == cause).order_by(rows.at)
    ).scalars()
    return [(at, cause) for at in found]


def watch(connection: Connection, instrument: str, now: datetime) -> datetime:
    """Return from when on an instrument's checks are asked for; from now on if nobody has asked before."""
    rows = tables.check_watches
    connection.execute(upsert(rows).values(instrument=instrument, since=now).on_conflict_do_nothing())
    since: datetime = connection.execute(select(rows.c.since).where(rows.c.instrument == instrument)).scalar_one()
    return since
