"""Calibration runs that go by the plan."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from contract.calibration import CalibrationPoint, Conditions, Correction, correct
from edge.technician.run import Adjust, Adjusted, Finish, Finished, Phase, PointMeasured, Reference, Run, Started

AT = datetime(2026, 1, 24, 8, tzinfo=UTC)
NONE = Correction(a_c=0, b=0, u_a_c=0.1, u_b=0)
GOOD = Reference(name="Fluke 4180", serial="B4567", certificate="NIM-2025-118", u_c=0.05)
RUN = UUID(int=1)


def started() -> Started:
    return Started(
        at=AT,
        by="technician",
        run=RUN,
        instrument="camera",
        serial="20233546",
        profile="china",
        reference=GOOD,
        conditions=Conditions(ambient_c=23),
        resolution_c=0.01,
        correction_in_force=NONE,
    )


def next_event(run: Run, error_c: float, number: int) -> PointMeasured | Adjusted | Finished:
    """What happens next to an instrument that reads `error_c` high."""
    at = AT + timedelta(minutes=3 * number)
    match step := run.next_step():
        case Finish():
            return Finished(at=at, by="expert")
        case Adjust():
            return Adjusted(at=at, by="expert", correction=run.fit().correction, changed=True)
    shown = step.reference_c + error_c
    if step.phase is Phase.AS_LEFT and run.adjusted is not None:
        shown = correct(run.adjusted.correction, shown)
    point = CalibrationPoint(reference_c=step.reference_c, indicated_c=shown, n=10, sd_c=0.02)
    return PointMeasured(at=at, by="technician", phase=step.phase, index=step.index, point=point)
