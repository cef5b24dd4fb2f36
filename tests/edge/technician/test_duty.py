"""When a check is due: daily or by shift, and after what has happened to the instrument."""

from datetime import datetime, timedelta

import pytest

from edge.config import Bench
from edge.store import Store
from edge.technician import duty, journal
from edge.technician.check import Outcome
from edge.technician.duty import Cause, Duty
from tests.edge.conftest import a_certificate
from tests.edge.technician.plans import AT
from tests.edge.technician.test_journal import a_set

HOUR = timedelta(hours=1)
SHIFT = Bench(check_every_h=8, check_grace_h=2)


@pytest.mark.parametrize(
    ("found", "at", "cause"),
    [
        (Duty(AT), AT + 8 * HOUR, Cause.PERIOD),
        (Duty(AT, passed_at=AT + HOUR), AT + 9 * HOUR, Cause.PERIOD),
        (Duty(AT, AT + HOUR, causes=((AT + 2 * HOUR, Cause.WATCH),)), AT + 2 * HOUR, Cause.WATCH),
        (Duty(AT, AT + 3 * HOUR, causes=((AT + 2 * HOUR, Cause.SILENCE),)), AT + 11 * HOUR, Cause.PERIOD),
        (Duty(AT, None, causes=((AT + HOUR, Cause.CERTIFICATE),)), AT + HOUR, Cause.CERTIFICATE),
    ],
)
def test_the_earliest_cause_counts_until_a_check_has_passed(found: Duty, at: datetime, cause: Cause) -> None:
    assert found.due(SHIFT) == (at, cause)
    assert found.out_at(SHIFT) == at + 2 * HOUR


def test_another_certificate_asks_for_a_check_once_and_the_first_one_does_not(store: Store) -> None:
    first, second = a_certificate(AT), a_certificate(AT)
    settings = Bench()

    def look(certificate, hours: int) -> Duty:
        now = AT + hours * HOUR
        return store.write(lambda connection: duty.read(connection, "camera", certificate, now))

    assert look(first, 0).due(settings)[1] is Cause.PERIOD
    assert look(first, 1).due(settings)[1] is Cause.PERIOD
    assert look(second, 2).due(settings) == (AT + 2 * HOUR, Cause.CERTIFICATE)
    assert look(second, 3).due(settings) == (AT + 2 * HOUR, Cause.CERTIFICATE)
    passed = a_set(0, 240, 0.0, Outcome.PASSED, second.id)
    store.write(lambda connection: journal.keep_set(connection, passed))
    assert look(second, 5).due(settings) == (passed.at + 24 * HOUR, Cause.PERIOD)


def test_a_long_silence_asks_for_a_check_even_after_a_restart(store: Store) -> None:
    now = AT + HOUR
    store.write(lambda connection: duty.read(connection, "camera", None, AT))
    store.write(lambda connection: duty.read(connection, "camera", None, now, spoke_again_at=now))
    again = store.write(lambda connection: duty.read(connection, "camera", None, now + HOUR))
    assert again.due(Bench()) == (now, Cause.SILENCE)
