"""A day in a few numbers: who is compared with a contact thermometer."""

from datetime import UTC, timedelta
from uuid import UUID

import pytest

from central.instruments import days
from central.instruments.days import Series
from contract.ids import new_id
from contract.messages import MeasurementBody, SecondMeasurement
from contract.vocabulary import Reason, Scale, VerdictKind
from tests.central.conftest import Central, a_measurement, a_verdict, an_alert

PEOPLE = 6
"""A day needs five."""


def contact(central: Central, passage: UUID, value_c: float, *, audit: bool) -> None:
    now = central.clock.advance(1).at
    said = SecondMeasurement(
        id=new_id(now),
        passage=passage,
        at=now,
        value_c=value_c,
        scale=Scale.ORAL,
        thermometer="T-07",
        calibrated_until=now + timedelta(days=30),
        measured_by="小王",
        audit=audit,
    )
    central.say("dock-1", said)


def passes(central: Central, body_c: float) -> UUID:
    found = a_measurement(central.clock.now().at, body_c=body_c)
    central.say("dock-1", MeasurementBody(measurement=found, verdict=a_verdict(VerdictKind.PASS), simulated=True))
    return found.passage


def alarms(central: Central, body_c: float) -> UUID:
    alert = an_alert(central.clock.now().at, body_c=body_c)
    central.say("dock-1", alert)
    return alert.passage


def test_only_people_whom_chance_picked_tell_how_far_a_camera_is_off_alarmed_or_not(central: Central) -> None:
    for _ in range(PEOPLE):
        contact(central, passes(central, 36.9), 36.8, audit=True)
        contact(central, passes(central, 37.4), 36.6, audit=False)  # amber: measured because it read high
        contact(central, alarms(central, 38.6), 36.9, audit=False)
    contact(central, alarms(central, 38.6), 38.5, audit=True)
    missed = a_measurement(central.clock.now().at, body_c=36.9)
    verdict = a_verdict(VerdictKind.PASS)
    central.say("dock-1", MeasurementBody(measurement=missed, verdict=verdict, simulated=True))
    found = verdict.model_copy(update={"reasons": (Reason.CONTACT_FEVER,)})
    raised = an_alert(central.clock.now().at).model_copy(
        update={"passage": missed.passage, "measurement": missed, "verdict": found}
    )
    central.say("dock-1", raised)  # by the contact reading: the same measurement again
    contact(central, missed.passage, 38.4, audit=True)
    today = central.clock.now().at.date()
    central.store.write(lambda transaction: days.keep(transaction, today, UTC))
    with central.store.read() as connection:
        rows = {row.instrument: row for row in days.load(connection, Series.SECOND_MEASUREMENT, today)}
        (passers,) = days.load(connection, Series.PASSERS, today)
    assert set(rows) == {"array", "contact-t-07"}
    assert passers.summary.n == 3 * PEOPLE + 2
    assert rows["array"].summary.n == rows["contact-t-07"].summary.n == PEOPLE + 2
    assert rows["array"].summary.median_c == pytest.approx(0.1)
    assert rows["contact-t-07"].summary.median_c == pytest.approx(-0.1)
    assert rows["array"].simulated
