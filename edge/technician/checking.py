"""The check as it is made on the bench: set after set, each committed before the next (`science.md` 2.5)."""

import math
from typing import Final
from uuid import UUID

from contract.calibration import correct
from contract.messages import CheckResult, DriftReport, InstrumentStateBody
from contract.vocabulary import HealthFlag, InstrumentState
from edge.technician import check, journal
from edge.technician.check import ACTION_LIMIT_C, REPEATS, Outcome
from edge.technician.journal import CheckSet
from edge.technician.session import CHECK, Keep, Session
from edge.technician.stand import BenchRefused
from edge.technician.view import PointView, Stage

SETTLE_S: Final = 30.0
"""A plate that is kept warm needs no two minutes; the readings must stand still all the same."""
FIELD_REST_U_C: Final = 0.106
"""What the field adds to the reference's own uncertainty (`science.md` 2.2, good plate: the rest of the budget)."""
RESUMED_WITHIN_S: Final = 3600.0
"""A check that was broken off so long ago begins anew."""


async def make(session: Session, surface_c: float, reference_u_c: float) -> Outcome:
    """Make a check, its repeats included. Raises BenchRefused."""
    duty, now = session.duty, session.office.clock.now().at
    open_ = bool(duty.last) and duty.last[-1].outcome is Outcome.REPEAT
    if open_ and (now - duty.last[-1].at).total_seconds() <= RESUMED_WITHIN_S:
        sets, number = list(duty.last), duty.last[-1].check
    else:
        sets, number = [], session.office.ids(now)
    limit_c = 2 * math.hypot(reference_u_c, FIELD_REST_U_C)
    shown_limit_c = ACTION_LIMIT_C if duty.baseline.learned else max(ACTION_LIMIT_C, limit_c)
    session.update(limit_c=round(shown_limit_c, 3), wanted_c=surface_c)
    while True:
        one = await _set(session, number, sets, surface_c, limit_c)
        sets.append(one)
        session.update(
            points=tuple(_point(done) for done in sets),
            residual_c=round(one.residual_c, 3),
            overall=len(sets) / (1 + REPEATS),
        )
        if one.outcome is not Outcome.REPEAT:
            session.update(stage=Stage(one.outcome), overall=1.0, progress=1.0)
            return one.outcome


async def _set(session: Session, number: UUID, sets: list[CheckSet], surface_c: float, limit_c: float) -> CheckSet:
    """Take ten readings, judge them with those before, and commit."""
    assert session.procedure is not None  # noqa: S101  # the bench has set it
    office, certificate, duty = session.office, session.certificate, session.duty
    measured = await session.procedure.measure(surface_c, SETTLE_S, check.READINGS)
    readings = measured.readings_c
    if certificate is not None:
        readings = tuple(correct(certificate.correction, value) for value in readings)
    try:
        found = check.residual(readings, measured.apparent_c, duty.baseline)
    except check.CheckRefused as refused:
        raise BenchRefused("technician.refused.readings") from refused
    outcome = check.judge(
        [*(one.residual for one in sets), found], limit_c, duty.baseline, watched=session.state is InstrumentState.WATCH
    )
    now = office.clock.now().at
    one = CheckSet(
        check=number,
        number=len(sets),
        instrument=session.instrument.id,
        at=now,
        by=session.view.by,
        certificate=None if certificate is None else certificate.id,
        reference_c=measured.apparent_c,
        mean_c=found.mean_c,
        sd_c=found.sd_c,
        n=found.n,
        error_c=found.error_c,
        residual_c=found.residual_c,
        outcome=outcome,
    )
    await session.keep(_keep(session, one, [*sets, one]))
    return one


def _keep(session: Session, one: CheckSet, sets: list[CheckSet]) -> Keep:
    if one.outcome is Outcome.REPEAT:
        return Keep(lambda connection: journal.keep_set(connection, one))
    # three sets that decided together are told as one of thirty readings, central's evidence: a clean check with its
    # worst residual, a failed one with the mean that failed
    clean = one.outcome is Outcome.PASSED and check.clean([done.residual for done in sets])
    told = sets[-REPEATS:] if clean or one.outcome is Outcome.OUT else [one]
    worst_c = max((done.residual_c for done in told), key=abs)
    mean_c = math.fsum(done.residual_c for done in told) / len(told)
    # central charts all sets: without the one that asked for repeats it would see a small drift a third later
    error_c = math.fsum(done.mean_c - done.reference_c for done in sets) / len(sets)
    result = CheckResult(
        id=one.check,
        instrument=one.instrument,
        at=one.at,
        reference_c=round(one.reference_c, 3),
        mean_c=round(one.reference_c + error_c, 3),
        residual_c=round(mean_c if one.outcome is Outcome.OUT else worst_c, 3),
        n=sum(done.n for done in told),
        passed=one.outcome is Outcome.PASSED,
        made_by=one.by,
        certificate_id=one.certificate,
    )
    if one.outcome is Outcome.PASSED:
        back = _back(one) if clean and session.state is InstrumentState.WATCH else None
        return Keep(lambda connection: journal.keep_set(connection, one), (result,), state=back)
    drift = DriftReport(
        id=session.office.ids(one.at),
        instrument=one.instrument,
        at=one.at,
        flag=HealthFlag.CHECK_FAILED,
        value=round(mean_c, 3),
        limit=session.view.limit_c or ACTION_LIMIT_C,
    )
    out = session.taken_out(f"{CHECK}{one.check} {mean_c:+.2f} °C, limit {drift.limit:.2f} °C")
    return Keep(lambda connection: journal.keep_set(connection, one), (result, drift), state=out)


def _back(one: CheckSet) -> InstrumentStateBody:
    """Return the order that ends a watch: the technician's, with the check as its evidence (`science.md` 6)."""
    return InstrumentStateBody(
        instrument=one.instrument,
        state=InstrumentState.IN_SERVICE,
        reason=f"{CHECK}{one.check}",
        ordered_by=one.by,
        at=one.at,
    )


def _point(one: CheckSet) -> PointView:
    return PointView(
        "check",
        one.number,
        round(one.reference_c, 3),
        round(one.mean_c, 3),
        round(one.residual_c, 3),
        round(one.sd_c, 3),
        one.n,
    )
