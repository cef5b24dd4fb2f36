"""The linearity sweep as it is made on the bench: point after point, each committed before the next."""

from statistics import fmean, stdev
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from contract.calibration import CalibrationPoint
from contract.messages import DriftReport
from contract.vocabulary import HealthFlag
from edge.technician import journal, linearity
from edge.technician.check import Outcome
from edge.technician.journal import SweepPoint
from edge.technician.session import Keep, Session
from edge.technician.stand import BenchRefused
from edge.technician.target import Target
from edge.technician.view import PointView, Stage

RESUMED_WITHIN_S: Final = 3600.0
SAID: Final = {
    Outcome.PASSED: "",
    Outcome.OUT: "technician.refused.normalising",
    Outcome.REPEAT: "technician.refused.slope_unsure",
}


async def make(session: Session, target: Target, emissivity: float, resolution_c: float) -> Outcome:
    """Make a sweep, or go on with one that was just broken off. Raises BenchRefused."""
    now = session.office.clock.now().at
    points = list(session.duty.sweep)
    if points and (now - points[-1].at).total_seconds() > RESUMED_WITHIN_S:
        points = []
    number = points[0].sweep if points else session.office.ids(now)
    session.update(limit_c=linearity.MIN_SLOPE)
    while True:
        _show(session, points)
        points.append(await _point(session, target, number, points, emissivity, resolution_c))
        outcome = points[-1].outcome
        if outcome is not None:
            _show(session, points)
            values = {
                "slope": f"{points[-1].slope:.2f}",
                "u": f"{points[-1].u_slope:.2f}",
                "least": f"{linearity.MIN_SLOPE:.2f}",
            }
            state = session.office.instruments.state_of(session.instrument.id)
            said = SAID[outcome] or ("technician.refused.opaque_shown" if target.opaque else "")
            session.update(stage=Stage(outcome), progress=1.0, state=state, refused=said, values=values)
            return outcome


async def _point(
    session: Session,
    target: Target,
    number: UUID,
    points: list[SweepPoint],
    emissivity: float,
    resolution_c: float,
) -> SweepPoint:
    """Read at the next temperature, judge when it is the last, and commit."""
    assert session.procedure is not None  # noqa: S101  # the bench has set it
    wanted_c = linearity.POINTS_C[len(points)]
    surface_c = target.set_point_c(wanted_c, emissivity, session.office.air())
    session.update(wanted_c=surface_c)
    measured = await session.procedure.measure(surface_c, linearity.SETTLE_S, linearity.READINGS)
    point = CalibrationPoint(
        reference_c=round(measured.apparent_c, 4),
        indicated_c=round(fmean(measured.readings_c), 4),
        n=len(measured.readings_c),
        sd_c=round(stdev(measured.readings_c), 4),
    )
    found = outcome = None
    if len(points) + 1 == len(linearity.POINTS_C):
        try:
            found = linearity.slope([*(one.point for one in points), point], resolution_c)
        except linearity.SlopeRefused as refused:
            raise BenchRefused("technician.refused.slope") from refused
        outcome = Outcome.OUT if found.normalises else Outcome.PASSED if found.certain else Outcome.REPEAT
    one = SweepPoint(
        sweep=number,
        number=len(points),
        instrument=session.instrument.id,
        at=session.office.clock.now().at,
        by=session.view.by,
        point=point,
        slope=None if found is None else round(found.slope, 4),
        u_slope=None if found is None else round(found.u, 4),
        outcome=outcome,
    )
    await session.keep(_keep(session, one))
    return one


def _keep(session: Session, one: SweepPoint) -> Keep:
    def write(connection: Connection) -> None:
        journal.keep_sweep_point(connection, one)

    if one.outcome is not Outcome.OUT or one.slope is None:
        return Keep(write)
    drift = DriftReport(
        id=session.office.ids(one.at),
        instrument=one.instrument,
        at=one.at,
        flag=HealthFlag.NORMALISING,
        value=round(one.slope, 3),
        limit=linearity.MIN_SLOPE,
    )
    why = f"{linearity.REASON}{one.sweep} slope {one.slope:.2f}, limit {linearity.MIN_SLOPE:.2f}"
    return Keep(write, (drift,), state=session.taken_out(why, firm=True))


def _show(session: Session, points: list[SweepPoint]) -> None:
    last = points[-1] if points else None
    session.update(
        points=tuple(_view(one) for one in points),
        overall=len(points) / len(linearity.POINTS_C),
        slope=last.slope if last else None,
        u_slope=last.u_slope if last else None,
    )


def _view(one: SweepPoint) -> PointView:
    point = one.point
    error_c = point.indicated_c - point.reference_c
    found = round(point.reference_c, 3), round(point.indicated_c, 3), round(error_c, 3), round(point.sd_c, 3)
    return PointView("linearity", one.number, *found, point.n)
