"""Alerts move along the table with journal and timers in one transaction."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from central.alerts.escalation import fire_due
from central.alerts.lifecycle import AlertEvent, TransitionRefused
from central.alerts.register import Party, UnknownAlert
from central.store.chain import verify
from central.store.tables import alert_journal, alerts, crops, timers
from contract.vocabulary import AlertState
from tests.central.conftest import PNG, Central, an_alert

OFFICER = Party("值班员", "127.0.0.1")


def raised(central: Central, **changes) -> UUID:
    alert = an_alert(central.clock.now().at, **changes)
    central.say("dock-1", alert)
    return alert.id


def move(central: Central, alert: UUID, event: AlertEvent, reason: str = ""):
    return central.store.write(lambda t: central.register.move(t, alert, event, OFFICER, reason))


def fire(central: Central) -> list[str]:
    return [moved.event for moved in central.store.write(lambda t: fire_due(t, central.register))]


def running(central: Central) -> dict[str, float]:
    now = central.clock.now().at
    return {row.kind: (row.due_at - now).total_seconds() for row in central.rows(select(timers))}


def test_each_transition_leaves_one_row_with_who_when_from_to_and_why(central: Central) -> None:
    alert = raised(central)
    central.clock.advance(5)
    move(central, alert, AlertEvent.ACKNOWLEDGE)
    move(central, alert, AlertEvent.HAND_BACK, "交接班")
    rows = central.rows(select(alert_journal).order_by(alert_journal.c.number))
    assert [(row.event, row.from_state, row.to_state, row.who, row.reason, row.address) for row in rows] == [
        ("raise", None, "raised", "dock-1", "", ""),
        ("acknowledge", "raised", "acknowledged", "值班员", "", "127.0.0.1"),
        ("hand_back", "acknowledged", "raised", "值班员", "交接班", "127.0.0.1"),
    ]
    assert (rows[1].at - rows[0].at).total_seconds() == 5
    with central.store.read() as connection:
        assert verify(connection, alert_journal) == 3


def test_a_refused_transition_changes_nothing(central: Central) -> None:
    alert = raised(central)
    with pytest.raises(TransitionRefused, match="raised cannot confirm"):
        move(central, alert, AlertEvent.CONFIRM)
    assert len(central.rows(select(alert_journal))) == 1
    assert central.rows(select(alerts.c.state))[0].state == AlertState.RAISED


def test_an_alert_that_is_not_here_cannot_be_moved(central: Central) -> None:
    with pytest.raises(UnknownAlert):
        move(central, UUID(int=9), AlertEvent.ACKNOWLEDGE)


def test_nobody_reacts_so_it_escalates_step_by_step_and_never_stops(central: Central) -> None:
    raised(central)
    assert running(central) == {"escalate": 60}
    assert fire(central) == []
    steps = []
    for second in (60, 120, 420, 600, 600):
        central.clock.advance(second)
        assert fire(central) == ["escalate"]
        steps.append(central.rows(select(alerts.c.escalation))[0].escalation)
    assert steps == [1, 2, 3, 4, 5]


def test_an_acknowledgement_cancels_the_escalation_in_its_transaction(central: Central) -> None:
    alert = raised(central)
    central.clock.advance(61)
    move(central, alert, AlertEvent.ACKNOWLEDGE)
    assert fire(central) == []
    assert running(central) == {"remind": 120, "lapse": 300}


def test_an_acknowledgement_reminds_then_lapses_and_the_alert_sounds_again(central: Central) -> None:
    alert = raised(central)
    move(central, alert, AlertEvent.ACKNOWLEDGE)
    central.clock.advance(120)
    assert fire(central) == ["remind"]
    assert running(central) == {"lapse": 180}
    central.clock.advance(180)
    assert fire(central) == ["lapse"]
    assert central.rows(select(alerts.c.state))[0].state == AlertState.RAISED
    assert running(central) == {"escalate": 60}


def test_a_late_alert_never_escalates(central: Central) -> None:
    alert = an_alert(central.clock.now().at)
    central.clock.advance(3600)
    central.say("dock-1", alert)
    assert running(central) == {}
    move(central, alert.id, AlertEvent.ACKNOWLEDGE)
    central.clock.advance(300)
    assert fire(central) == ["remind", "lapse"]
    assert running(central) == {}


def test_timers_are_where_they_were_after_a_restart(opened: Callable[..., Central]) -> None:
    first = opened()
    raised(first)
    first.store.close()
    first.clock.advance(61)
    assert fire(opened()) == ["escalate"]


def test_a_picture_is_kept_beside_the_alert_and_not_in_it(central: Central) -> None:
    raised(central, crop=PNG)
    (row,) = central.rows(select(crops))
    assert row.png == PNG
    assert "crop_png" not in central.rows(select(alerts.c.body))[0].body
    assert (row.expires_at - central.clock.now().at).total_seconds() == 72 * 3600
