from hypothesis import given
from hypothesis import strategies as st

from contract.ids import new_id
from contract.messages import Alert, MeasurementBody
from contract.vocabulary import VerdictKind
from edge.passages import REMEMBERED, SEVERITY, Ledger
from tests.conftest import FakeClock
from tests.edge.conftest import Decide


def test_the_first_alarm_of_a_passage_raises_its_only_alert(clock: FakeClock, decide: Decide) -> None:
    ledger = Ledger(new_id, simulated=True)
    first = ledger.enter(decide(VerdictKind.NO_RESULT, None), clock.now().at)
    passage = first.decided.passage
    second = ledger.enter(decide(VerdictKind.ALARM, 38.0, passage=passage), clock.now().at)
    third = ledger.enter(decide(VerdictKind.ALARM, 38.4, passage=passage), clock.now().at)
    fourth = ledger.enter(decide(VerdictKind.PASS, 36.8, passage=passage), clock.now().at)

    assert isinstance(first.body, MeasurementBody)
    assert isinstance(second.body, Alert)
    assert second.body.attempts == (first.measurement,)
    assert second.body.simulated
    assert isinstance(third.body, MeasurementBody)
    assert isinstance(fourth.body, MeasurementBody)
    assert {entry.alert for entry in (second, third, fourth)} == {second.body.id}
    assert [attempt.measurement.attempt for attempt in fourth.attempts] == [1, 2, 3, 4]
    assert fourth.worst is VerdictKind.ALARM


def test_attempts_before_a_restart_count_on(clock: FakeClock, decide: Decide) -> None:
    before = Ledger(new_id, simulated=False)
    entry = before.enter(decide(), clock.now().at)
    assert isinstance(entry.body, Alert)
    after = Ledger(new_id, simulated=False)
    after.restore(entry.attempts, [entry.body])
    again = after.enter(decide(VerdictKind.ALARM, 38.5, passage=entry.decided.passage), clock.now().at)
    assert isinstance(again.body, MeasurementBody)
    assert again.alert == entry.alert
    assert again.measurement.measurement.attempt == 2


@given(st.lists(st.sampled_from(VerdictKind), min_size=1, max_size=8))
def test_no_later_attempt_makes_a_passage_milder(kinds: list[VerdictKind]) -> None:
    clock = FakeClock()
    decide = Decide(clock)
    ledger = Ledger(new_id, simulated=False)
    passage = new_id(clock.now().at)
    entries = [ledger.enter(decide(kind, passage=passage), clock.now().at) for kind in kinds]
    severities = [SEVERITY[entry.worst] for entry in entries]
    assert severities == sorted(severities)
    assert sum(entry.raised for entry in entries) == (VerdictKind.ALARM in kinds)


def test_what_is_remembered_has_a_bound(clock: FakeClock, decide: Decide) -> None:
    ledger = Ledger(new_id, simulated=False)
    first = ledger.enter(decide(VerdictKind.PASS, 36.5), clock.now().at)
    for _ in range(REMEMBERED):
        ledger.enter(decide(VerdictKind.PASS, 36.5), clock.now().at)
    assert ledger.attempts(first.decided.passage) == ()
