from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Table, func, select

from contract.ids import new_id
from contract.messages import (
    Alert,
    Confirmation,
    DecisionBody,
    InstrumentStateBody,
    MeasurementBody,
    RulesBody,
    SecondMeasurement,
)
from contract.vocabulary import Decision, InstrumentState, Reason, Scale, VerdictKind
from edge import recall, records, tables
from edge.passages import Entry, Ledger
from edge.store import Store
from tests.conftest import FakeClock
from tests.edge.conftest import Decide, a_certificate

PNG = b"\x89PNG picture"


def rows(store: Store, table: Table) -> int:
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(new_id, simulated=True)


@pytest.fixture
def raised(store: Store, clock: FakeClock, ledger: Ledger, decide: Decide) -> Entry:
    """An alert that is stored."""
    entry = ledger.enter(decide(), clock.now().at)
    store.write(lambda connection: records.keep_passage(connection, entry, None, PNG))
    return entry


def a_decision(entry: Entry, clock: FakeClock, decision: Decision = Decision.REFER) -> DecisionBody:
    at = clock.now().at
    return DecisionBody(
        id=new_id(at),
        alert=entry.alert,
        passage=entry.decided.passage,
        decision=decision,
        decided_by="chen",
        decided_at=at,
    )


def a_confirmation(decision: DecisionBody, clock: FakeClock) -> Confirmation:
    at = clock.now().at
    return Confirmation(id=new_id(at), decision=decision.id, alert=decision.alert, at=at, confirmed_by="wang")


def test_an_attempt_keeps_what_a_review_needs(store: Store, raised: Entry) -> None:
    with store.reading() as connection:
        row = connection.execute(select(tables.attempts)).one()
    assert (row.t_app_c, row.skin_c, row.adjusted_c, row.u_c, row.air_c) == (35.0, 35.2, 38.3, 0.4, 22.0)
    assert row.k == pytest.approx(0.243)
    assert row.reflected_c == 22.0
    assert (row.verdict, row.site, row.rule, row.config) == ("alarm", "forehead_spot", "cn-37.3/1", "v1")
    assert row.at.tzinfo is not None
    assert MeasurementBody.model_validate_json(row.measurement) == raised.measurement


def test_keeping_twice_changes_nothing(store: Store, clock: FakeClock, raised: Entry) -> None:
    decision = a_decision(raised, clock)
    confirmation = a_confirmation(decision, clock)
    for _ in range(2):
        store.write(lambda connection: records.keep_passage(connection, raised, None, PNG))
        store.write(lambda connection: records.keep_decision(connection, decision, clock.now().at))
        store.write(lambda connection: records.keep_confirmation(connection, confirmation))
    for table in (tables.passages, tables.attempts, tables.alerts, tables.decisions, tables.confirmations):
        assert rows(store, table) == 1, table.name


def test_a_passage_is_as_severe_as_its_worst_attempt(
    store: Store, clock: FakeClock, ledger: Ledger, raised: Entry, decide: Decide
) -> None:
    clock.advance(60)
    again = ledger.enter(decide(VerdictKind.PASS, 36.6, passage=raised.decided.passage), clock.now().at)
    store.write(lambda connection: records.keep_passage(connection, again, None, None))
    with store.reading() as connection:
        row = connection.execute(select(tables.passages)).one()
    assert (row.verdict, row.attempts) == ("alarm", 2)
    assert row.last_at - row.first_at == timedelta(seconds=60)


def test_an_alert_waits_until_its_newest_decision_is_confirmed(store: Store, clock: FakeClock, raised: Entry) -> None:
    def waiting() -> list[tuple[UUID, Decision | None]]:
        with store.reading() as connection:
            return [(one.alert, one.decision.decision if one.decision else None) for one in recall.waiting(connection)]

    assert waiting() == [(raised.alert, None)]
    first = a_decision(raised, clock, Decision.RELEASE)
    clock.advance(5)
    second = a_decision(raised, clock, Decision.REFER)
    for decision in (second, first):  # they may arrive in any order
        store.write(lambda connection, decision=decision: records.keep_decision(connection, decision, clock.now().at))
    assert waiting() == [(raised.alert, Decision.REFER)]
    store.write(lambda connection: records.keep_confirmation(connection, a_confirmation(first, clock)))
    assert waiting() == [(raised.alert, Decision.REFER)]
    store.write(lambda connection: records.keep_confirmation(connection, a_confirmation(second, clock)))
    assert waiting() == []
    clock.advance(5)
    store.write(
        lambda connection: records.keep_decision(
            connection, a_decision(raised, clock, Decision.TURN_BACK), clock.now().at
        )
    )
    assert waiting() == [(raised.alert, Decision.TURN_BACK)]


def test_what_waits_comes_back_whole(store: Store, clock: FakeClock, raised: Entry) -> None:
    at = clock.now().at
    second = SecondMeasurement(
        id=new_id(at),
        alert=raised.alert,
        passage=raised.decided.passage,
        at=at,
        value_c=38.1,
        scale=Scale.AXILLARY,
        thermometer="T-07",
        measured_by="wang",
    )
    store.write(lambda connection: records.keep_second(connection, second))
    store.write(lambda connection: records.keep_taken(connection, raised.alert, at, "wang"))
    with store.reading() as connection:
        (one,) = recall.waiting(connection)
        assert recall.crop_of(connection, raised.alert) == PNG
    assert isinstance(raised.body, Alert)
    assert one.body == raised.body
    assert one.attempts == raised.attempts
    assert one.seconds == (second,)
    assert (one.taken, one.crop) == (True, True)


def test_a_decision_without_its_alert_is_not_lost(store: Store, clock: FakeClock, raised: Entry) -> None:
    stranger = a_decision(raised, clock).model_copy(update={"alert": new_id(clock.now().at)})
    store.write(lambda connection: records.keep_decision(connection, stranger, clock.now().at))
    with store.reading() as connection:
        assert recall.orphans(connection) == [stranger]
        assert recall.known_orders(connection) == {stranger.id}
    store.write(lambda connection: records.keep_confirmation(connection, a_confirmation(stranger, clock)))
    with store.reading() as connection:
        assert recall.orphans(connection) == []


def test_orders_come_back_as_they_were_given(store: Store, clock: FakeClock) -> None:
    at = clock.now().at
    old, new = (
        InstrumentStateBody(instrument="gun", state=state, ordered_by="expert", at=at + timedelta(seconds=later))
        for state, later in ((InstrumentState.OUT, 0), (InstrumentState.RECAL, 60))
    )
    rules = RulesBody(
        version="cn-37.5/2",
        threshold_c=37.5,
        threshold_scale=Scale.ORAL_EQUIVALENT,
        p_alarm=0.7,
        p_amber=0.5,
        author="district",
        source="order 7",
    )
    certificate = a_certificate(at)
    for body in (new, old):
        store.write(lambda connection, body=body: records.keep_state(connection, new_id(at), body))
    store.write(lambda connection: records.keep_rules(connection, new_id(at), rules, at))
    store.write(lambda connection: records.keep_certificate(connection, certificate, at))
    with store.reading() as connection:
        assert recall.states(connection) == {"gun": new}
        assert recall.newest_rules(connection) == rules
        assert recall.certificates_of(connection, "gun") == [certificate]
        assert recall.certificates_of(connection, "other") == []


def test_the_retention_clock_erases_pictures_and_what_is_closed_but_nothing_that_waits(
    store: Store, clock: FakeClock, ledger: Ledger, raised: Entry, decide: Decide
) -> None:
    open_one, closed = raised, ledger.enter(decide(), clock.now().at)
    store.write(lambda connection: records.keep_passage(connection, closed, None, PNG))
    passed = ledger.enter(decide(VerdictKind.PASS, 36.6), clock.now().at)
    store.write(lambda connection: records.keep_passage(connection, passed, None, None))
    decision = a_decision(closed, clock)
    store.write(lambda connection: records.keep_decision(connection, decision, clock.now().at))
    store.write(lambda connection: records.keep_confirmation(connection, a_confirmation(decision, clock)))
    clock.advance(86400)
    young = ledger.enter(decide(VerdictKind.NO_RESULT, None, Reason.TOO_COLD), clock.now().at)
    store.write(lambda connection: records.keep_passage(connection, young, None, None))

    cutoff = clock.now().at - timedelta(hours=1)
    gone = store.write(lambda connection: records.forget_before(connection, cutoff))

    assert gone == 2 + 2 + 2 + 1 + 1 + 1  # pictures, attempts, passages, decision, confirmation, alert
    with store.reading() as connection:
        assert [one.alert for one in recall.waiting(connection)] == [open_one.alert]
        assert recall.crop_of(connection, open_one.alert) is None
        left = set(connection.execute(select(tables.attempts.c.passage)).scalars())
    assert left == {open_one.decided.passage, young.decided.passage}
    assert store.write(lambda connection: records.forget_before(connection, cutoff)) == 0


def test_an_erased_picture_is_nowhere_in_the_file(store: Store, clock: FakeClock, raised: Entry) -> None:
    clock.advance(10)
    store.write(lambda connection: records.forget_before(connection, clock.now().at))
    with store.reading() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    files = [path for path in store.path.parent.iterdir() if path.name.startswith(store.path.name)]
    assert [path.name for path in files if PNG in path.read_bytes()] == []
