"""A calibration run: its order, its resumption after every event, and what it concludes."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contract.calibration import CalibrationPoint, Conditions, Correction, correct
from contract.conformity import Zone
from edge.technician.run import (
    Adjust,
    Adjusted,
    Finish,
    Finished,
    Measure,
    Phase,
    PointMeasured,
    Reference,
    Run,
    RunRefused,
    Started,
    read_events,
    run_event,
)

AT = datetime(2026, 1, 24, 8, tzinfo=UTC)
NONE = Correction(a_c=0, b=0, u_a_c=0.1, u_b=0)
GOOD = Reference(name="Fluke 4180", serial="B4567", certificate="NIM-2025-118", u_c=0.05)


def started(reference: Reference = GOOD) -> Started:
    return Started(
        at=AT,
        by="technician",
        run=UUID(int=1),
        instrument="camera",
        serial="20233546",
        profile="china",
        reference=reference,
        conditions=Conditions(ambient_c=23),
        resolution_c=0.01,
        correction_in_force=NONE,
    )


def whole_run(error_c: float = 0.42):
    """The events of a calibration of an instrument that reads `error_c` high."""
    events = [started()]
    run = Run(events)
    while not isinstance(step := run.next_step(), Finish):
        at = AT + timedelta(minutes=3 * len(events))
        if isinstance(step, Adjust):
            event = Adjusted(at=at, by="expert", correction=run.fit().correction, changed=True)
        else:
            shown = step.reference_c + error_c
            if step.phase is Phase.AS_LEFT:
                shown = correct(run.adjusted.correction, shown)
            point = CalibrationPoint(reference_c=step.reference_c, indicated_c=shown, n=10, sd_c=0.02)
            event = PointMeasured(at=at, by="technician", phase=step.phase, index=step.index, point=point)
        run.apply(event)
        events.append(event)
    events.append(Finished(at=AT + timedelta(hours=2), by="expert"))
    return events


def test_a_run_goes_up_then_down_before_anything_is_adjusted() -> None:
    order = [(e.phase, e.point.reference_c) for e in whole_run() if isinstance(e, PointMeasured)]
    assert [t for phase, t in order[:8]] == [34, 37, 39, 42, 42, 39, 37, 34]
    assert {phase for phase, _ in order[:8]} == {Phase.AS_FOUND}
    assert {phase for phase, _ in order[8:]} == {Phase.AS_LEFT}


def test_pulling_the_plug_at_every_step_loses_nothing_measured() -> None:
    events = whole_run()
    text = [run_event.dump_json(event).decode() + "\n" for event in events]
    for cut in range(1, len(events) + 1):
        for torn in ("", text[cut][: len(text[cut]) // 2] if cut < len(text) else ""):
            back = read_events([*text[:cut], *([torn] if torn else [])])
            assert back == events[:cut]
            run = Run(back)
            assert len(run.points(Phase.AS_FOUND)) + len(run.points(Phase.AS_LEFT)) == sum(
                isinstance(event, PointMeasured) for event in events[:cut]
            )
            if cut < len(events):
                run.apply(events[cut])


def test_the_error_as_found_is_judged_and_the_error_as_left_conforms() -> None:
    run = Run(whole_run(0.6))
    assert set(run.zones(Phase.AS_FOUND)) == {Zone.FAIL}
    assert run.conforms
    assert run.adjusted.correction.a_c == pytest.approx(0.6)


def test_an_adjustment_before_the_error_is_measured_is_refused() -> None:
    run = Run([started()])
    with pytest.raises(RunRefused, match="as found at 34"):
        run.apply(Adjusted(at=AT, by="expert", correction=NONE, changed=True))
    assert isinstance(run.next_step(), Measure)


def test_a_reference_that_is_not_where_the_plan_says_is_refused() -> None:
    point = CalibrationPoint(reference_c=37.0, indicated_c=37.2, n=10, sd_c=0.02)
    run = Run([started()])
    with pytest.raises(RunRefused, match="shows 37 °C, the plan is 34 °C"):
        run.apply(PointMeasured(at=AT, by="t", phase=Phase.AS_FOUND, index=0, point=point))
    assert run.progress == 0


def test_a_poor_plate_may_not_judge() -> None:
    plate = Reference(name="plate", serial="1", certificate="none", u_c=0.215)
    assert not Run([started(plate)]).can_judge()
    assert Run(whole_run()).can_judge()


def test_a_finished_run_takes_no_more() -> None:
    run = Run(whole_run())
    with pytest.raises(RunRefused, match="start another"):
        run.apply(Finished(at=AT, by="expert"))


def test_a_run_may_be_abandoned_at_any_step() -> None:
    run = Run([started()])
    with pytest.raises(RunRefused, match="abandon"):
        run.apply(Finished(at=AT, by="t"))
    run.apply(Finished(at=AT, by="t", abandoned=True, reason="the power failed for an hour"))
    assert run.finished is not None
    assert not run.conforms
