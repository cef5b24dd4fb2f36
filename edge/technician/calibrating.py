"""A calibration as it is made on the bench: every event committed before the next step (`edge.technician.run`).

The last commit is one transaction: the run's end, the certificate, its way to central and the instrument's state stand
or fall together, so that no power cut leaves half a certificate in force.
"""

from copy import deepcopy
from dataclasses import dataclass
from statistics import fmean, stdev

from contract.calibration import CalibrationPoint, Conditions, Correction, correct
from contract.messages import CertificateBody, InstrumentStateBody
from contract.vocabulary import InstrumentState
from edge.technician import issue, journal
from edge.technician.fit import FitRefused
from edge.technician.issue import Letterhead
from edge.technician.run import (
    Adjust,
    Adjusted,
    Finished,
    Measure,
    Phase,
    PointMeasured,
    Reference,
    Run,
    RunRefused,
    Started,
)
from edge.technician.session import CALIBRATION, CHECK, OURS, TRUSTED, Keep, Session
from edge.technician.stand import BenchRefused
from edge.technician.target import Target
from edge.technician.view import FitView, PointView, Stage

PLAIN = Correction(a_c=0.0, b=0.0, u_a_c=0.0, u_b=0.0)


@dataclass(frozen=True, slots=True)
class Order:
    """What a calibration is begun with."""

    profile: str
    reference: Reference
    conditions: Conditions
    resolution_c: float
    checked_by: str | None
    head: Letterhead
    emissivity: float


async def make(session: Session, target: Target, order: Order) -> bool:
    """Begin or go on with a run, to its end; say whether it made a certificate. Raises BenchRefused."""
    if session.duty.stranger is not None:
        raise BenchRefused("technician.refused.stranger", said=session.duty.stranger.why)
    run = session.duty.run or await _begin(session, order)
    while True:
        _show(session, run)
        match step := run.next_step():
            case Measure():
                await _measure(session, target, run, step, order)
            case Adjust():
                await _adjust(session, run)
            case _:
                return await _conclude(session, run, order)


async def abandon(session: Session) -> None:
    """End an unfinished run without a certificate; what it has measured stays on record. Raises BenchRefused."""
    run, stranger, instrument = session.duty.run, session.duty.stranger, session.instrument.id
    end = Finished(at=session.office.clock.now().at, by=session.view.by, abandoned=True, reason="given up on the bench")
    if run is not None:
        await session.keep(Keep(lambda connection: journal.keep_event(connection, run, end)))
        _show(session, run)
    elif stranger is not None:
        await session.keep(Keep(lambda connection: journal.give_up(connection, instrument, stranger.run, end)))
    else:
        raise BenchRefused("technician.refused.no_run", instrument=instrument)
    session.update(stage=Stage.REPEAT, refused="technician.refused.abandoned")


async def _begin(session: Session, order: Order) -> Run:
    office, certificate = session.office, session.certificate
    now = office.clock.now().at
    started = Started(
        at=now,
        by=session.view.by,
        run=office.ids(now),
        instrument=session.instrument.id,
        serial=session.instrument.serial,
        profile=order.profile,
        reference=order.reference,
        conditions=order.conditions,
        resolution_c=order.resolution_c,
        correction_in_force=PLAIN if certificate is None else certificate.correction,
    )
    run = Run([started])
    if not run.can_judge():
        raise BenchRefused(
            "technician.refused.poor_reference", mpe=f"{run.profile.mpe_c:g}", expanded=f"{run.expanded_c:.2f}"
        )
    await session.keep(Keep(lambda connection: journal.keep_event(connection, run, started)))
    return run


async def _measure(session: Session, target: Target, run: Run, step: Measure, order: Order) -> None:
    assert session.procedure is not None  # noqa: S101  # the bench has set it
    surface_c = target.set_point_c(step.reference_c, order.emissivity, session.office.air())
    session.update(phase=step.phase, wanted_c=surface_c)
    measured = await session.procedure.measure(surface_c, step.settle_s, step.readings)
    readings = measured.readings_c
    if step.phase is Phase.AS_LEFT and run.adjusted is not None:
        readings = tuple(correct(run.adjusted.correction, value) for value in readings)
    event = PointMeasured(
        at=session.office.clock.now().at,
        by=session.view.by,
        phase=step.phase,
        index=step.index,
        point=CalibrationPoint(
            reference_c=round(measured.apparent_c, 4),
            indicated_c=round(fmean(readings), 4),
            n=len(readings),
            sd_c=round(stdev(readings), 4),
        ),
    )
    await _keep_event(session, run, event)


async def _adjust(session: Session, run: Run) -> None:
    try:
        found = run.fit()
    except FitRefused as refused:
        raise BenchRefused("technician.refused.fit") from refused
    view = FitView(
        round(found.correction.a_c, 4),
        round(found.correction.b, 5),
        round(found.correction.u_a_c, 4),
        found.gain_applied,
        round(found.p_lack_of_fit, 4),
        found.fits,
    )
    changed = bool(await session.ask(Stage.ADJUST, fit=view))
    correction = found.correction if changed else run.started.correction_in_force
    at = session.office.clock.now().at
    await _keep_event(session, run, Adjusted(at=at, by=session.view.by, correction=correction, changed=changed))


async def _keep_event(session: Session, run: Run, event: PointMeasured | Adjusted) -> None:
    """Commit an event, then let the run have it: memory is never ahead of the disk."""
    try:
        deepcopy(run).apply(event)
    except RunRefused as refused:  # an event that the run cannot take must not reach the disk: it would spoil the run
        raise BenchRefused("technician.refused.order", said=str(refused)) from refused
    await session.keep(Keep(lambda connection: journal.keep_event(connection, run, event)))
    run.apply(event)


async def _conclude(session: Session, run: Run, order: Order) -> bool:
    office = session.office
    now = office.clock.now().at
    if not run.conforms or not run.can_judge():
        why = "not every point as left is in zone PASS" if run.can_judge() else "MPE/U below 2.5"
        end = Finished(at=now, by=session.view.by, abandoned=True, reason=why)
        out = session.taken_out(f"{CALIBRATION}{run.started.run} {why}")
        await session.keep(Keep(lambda connection: journal.keep_event(connection, run, end), state=out))
        session.update(
            stage=Stage.OUT, state=InstrumentState.OUT, overall=1.0, refused="technician.refused.nonconforming"
        )
        return False
    current = session.certificate
    made = issue.certificate(
        run,
        order.head,
        name=office.ids(now),
        checked_by=order.checked_by,
        supersedes=None if current is None else current.id,
        at=now,
    )
    end = Finished(at=now, by=session.view.by)
    state = _after(session, order, f"certificate:{made.id}")
    await session.keep(
        Keep(
            lambda connection: journal.keep_event(connection, run, end),
            (CertificateBody(certificate=made),),
            certificate=made,
            state=state,
        )
    )
    reached = office.instruments.state_of(session.instrument.id)
    waits = "" if reached in TRUSTED else "technician.waits_for_expert"
    session.update(stage=Stage.PASSED, certificate=made.id, state=reached, overall=1.0, progress=1.0, refused=waits)
    return True


def _after(session: Session, order: Order, reason: str) -> InstrumentStateBody | None:
    """Return the state after a good calibration: what a check here took out may come back, what central ordered not.

    A second person who has checked the work returns it to service; alone, it waits in VERIFY for an expert. A unit that
    was never certified before begins in COMMISSIONING, which only an expert ends.
    """
    instruments, name = session.office.instruments, session.instrument.id
    if not instruments.was_certified(name) and instruments.state_of(name) in {*TRUSTED, InstrumentState.COMMISSIONING}:
        return _state(session, InstrumentState.COMMISSIONING, reason, session.view.by)
    ordered = instruments.ordered(name)
    if ordered is None or not ordered.reason.startswith(OURS):
        return None
    second = order.checked_by is not None and order.checked_by != session.view.by
    state = InstrumentState.IN_SERVICE if second else InstrumentState.VERIFY
    return _state(session, state, reason if second else f"{CHECK}{reason}", order.checked_by or session.view.by)


def _state(session: Session, state: InstrumentState, reason: str, by: str) -> InstrumentStateBody:
    now = session.office.clock.now().at
    return InstrumentStateBody(instrument=session.instrument.id, state=state, reason=reason, ordered_by=by, at=now)


def _show(session: Session, run: Run) -> None:
    points = []
    for phase in Phase:
        for index, (point, zone) in enumerate(zip(run.points(phase), run.zones(phase), strict=True)):
            error_c = point.indicated_c - point.reference_c
            at = round(point.reference_c, 3), round(point.indicated_c, 3), round(error_c, 3), round(point.sd_c, 3)
            points.append(PointView(phase, index, *at, point.n, zone))
    session.update(
        points=tuple(points),
        overall=round(run.progress, 3),
        mpe_c=run.profile.mpe_c,
        expanded_c=round(run.expanded_c, 3),
    )
