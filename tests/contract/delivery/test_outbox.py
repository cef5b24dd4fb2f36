from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import MetaData, create_engine

from contract.delivery.outbox import FRESH, NotDurable, Outbox, OutboxMessage, Priority, check_durable, outbox_table

NOW = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)


def message(n: int, priority: Priority = Priority.ALERT, age_s: float = 0.0) -> OutboxMessage:
    return OutboxMessage(
        message_id=UUID(int=n),
        topic="guankou/v1/dock/up/alert",
        payload=bytes([n % 256]) * 40,
        priority=priority,
        created_at=NOW - timedelta(seconds=age_s),
        perishable=priority is Priority.MEASUREMENT,
    )


def numbers(messages) -> list[int]:
    return [one.message_id.int for one in messages]


def test_a_message_comes_out_as_it_went_in(engine, outbox):
    with engine.begin() as connection:
        outbox.add(connection, message(1))
    with engine.connect() as connection:
        assert outbox.batch(connection, NOW, 10) == [message(1)]


def test_fresh_alerts_go_before_older_ones_and_those_before_measurements(engine, outbox):
    late = FRESH.total_seconds() + 1
    with engine.begin() as connection:
        for one in (
            message(1, Priority.MEASUREMENT, 1),
            message(2, Priority.RECORD, late),
            message(3, Priority.ALERT, late + 1),
            message(4, Priority.ALERT, late),
            message(5, Priority.ALERT, 2),
            message(6, Priority.ALERT, 1),
            message(7, Priority.MEASUREMENT, late),
        ):
            outbox.add(connection, one)
    with engine.connect() as connection:
        assert numbers(outbox.batch(connection, NOW, 10)) == [5, 6, 3, 4, 2, 1, 7]
        assert numbers(outbox.batch(connection, NOW, 2)) == [5, 6]
        assert numbers(outbox.batch(connection, NOW, 2, without=[UUID(int=5), UUID(int=3)])) == [6, 4]
        assert numbers(outbox.batch(connection, NOW, 9, priorities=[Priority.RECORD])) == [2]
        assert numbers(outbox.batch(connection, NOW, 0)) == []
        assert outbox.oldest(connection) == NOW - timedelta(seconds=late + 1)


def test_what_was_made_for_a_quiet_end_stays_where_it_is(engine, outbox):
    with engine.begin() as connection:
        for n, gate in enumerate(("dock", "dock-2", "dock", "village")):
            outbox.add(connection, replace(message(n, age_s=10 - n), topic=f"guankou/v1/{gate}/down/decision"))
        quiet = {"guankou/v1/dock": NOW - timedelta(seconds=9)}
        assert numbers(outbox.batch(connection, NOW, 10, quiet=quiet)) == [1, 2, 3]
        assert numbers(outbox.batch(connection, NOW, 10, quiet=quiet, despite=[UUID(int=0)])) == [0, 1, 2, 3]
        quiet = {"guankou/v1/dock": NOW, "guankou/v1/village": NOW}
        assert numbers(outbox.batch(connection, NOW, 10, quiet=quiet, despite=[UUID(int=3)])) == [1, 3]


def test_an_alert_that_ages_keeps_its_order(engine, outbox):
    with engine.begin() as connection:
        for n in (1, 2, 3):
            outbox.add(connection, message(n, age_s=10 - n))
    with engine.connect() as connection:
        for hours in (0, 1, 24):
            assert numbers(outbox.batch(connection, NOW + timedelta(hours=hours), 10)) == [1, 2, 3]


def test_nothing_is_added_twice(engine, outbox):
    with engine.begin() as connection:
        outbox.add(connection, message(1))
        outbox.add(connection, replace(message(1), payload=b"other"))
    with engine.connect() as connection:
        assert outbox.batch(connection, NOW, 10) == [message(1)]


def test_a_transaction_that_is_not_committed_takes_its_row_along(engine, outbox):
    connection = engine.connect()
    outbox.add(connection, message(1))
    connection.close()
    with engine.connect() as connection:
        assert outbox.length(connection) == 0
        assert outbox.oldest(connection) is None


def test_what_is_accepted_is_gone_and_what_is_rejected_waits(engine, outbox):
    with engine.begin() as connection:
        for n in range(1, 6):
            outbox.add(connection, message(n))
        assert outbox.accept(connection, [UUID(int=1), UUID(int=99)]) == 1
        assert outbox.accept(connection, [UUID(int=1)]) == 0
        assert outbox.accept(connection, []) == 0
        assert outbox.reject(connection, [UUID(int=2)], NOW + timedelta(seconds=5)) == 1
    with engine.connect() as connection:
        assert numbers(outbox.batch(connection, NOW, 10)) == [3, 4, 5]
        assert numbers(outbox.batch(connection, NOW + timedelta(seconds=5), 10)) == [2, 3, 4, 5]
        assert outbox.length(connection) == 4


def test_a_clock_that_is_set_back_does_not_hold_rows_back_for_years(engine, outbox):
    with engine.begin() as connection:
        outbox.add(connection, message(1))
        outbox.reject(connection, [UUID(int=1)], NOW + timedelta(minutes=1))
        for now, due in ((NOW, []), (NOW + timedelta(minutes=1), [1]), (NOW.replace(year=1970), [1])):
            assert numbers(outbox.batch(connection, now, 10)) == due


def test_thousands_are_accepted_at_once(engine, outbox):
    with engine.begin() as connection:
        for n in range(1300):
            outbox.add(connection, message(n))
        assert outbox.accept(connection, [UUID(int=n) for n in range(1250)]) == 1250
        assert outbox.length(connection) == 50


def test_a_full_outbox_thins_measurements_and_never_alerts(engine, outbox):
    with engine.begin() as connection:
        for n in range(300):
            outbox.add(connection, message(n, Priority.ALERT if n % 10 == 0 else Priority.MEASUREMENT, age_s=300 - n))
        assert outbox.length(connection) <= 100
        kept = outbox.batch(connection, NOW, 1000)
        alerts = [one for one in kept if one.priority == Priority.ALERT]
        measurements = sorted(one.message_id.int for one in kept if one.perishable)
        assert sorted(numbers(alerts)) == list(range(0, 300, 10))
        assert outbox.thinned(connection) == 300 - outbox.length(connection)
    assert measurements[-1] == 299
    gaps = [b - a for a, b in pairwise(measurements)]
    assert sum(gaps[: len(gaps) // 2]) > sum(gaps[len(gaps) // 2 :]), "the past grows coarser than the present"


def test_alerts_alone_are_all_kept_above_the_limit(engine, outbox):
    with engine.begin() as connection:
        assert sum(outbox.add(connection, message(n)) for n in range(250)) == 0
        assert outbox.length(connection) == 250


def test_what_was_thinned_is_still_known_after_a_restart(engine, outbox):
    with engine.begin() as connection:
        gone = sum(outbox.add(connection, message(n, Priority.MEASUREMENT)) for n in range(150))
    table = outbox_table(MetaData())
    with engine.begin() as connection:
        again = Outbox(table, limit=100)
        assert again.thinned(connection) == gone > 0
        gone += sum(again.add(connection, message(n, Priority.MEASUREMENT)) for n in range(150, 250))
        assert again.thinned(connection) == gone


@settings(max_examples=40)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(0, 30), st.sampled_from(Priority), st.integers(0, 200)),
            st.tuples(st.just("accept"), st.lists(st.integers(0, 30), max_size=5)),
            st.tuples(st.just("reject"), st.lists(st.integers(0, 30), max_size=5), st.integers(-5, 5)),
        ),
        max_size=40,
    )
)
def test_it_behaves_as_a_sorted_list_would(steps):
    metadata = MetaData()
    outbox = Outbox(outbox_table(metadata))
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    model: dict[int, tuple[OutboxMessage, datetime, int]] = {}
    with engine.begin() as connection:
        for turn, step in enumerate(steps):
            if step[0] == "add":
                _, n, priority, age_s = step
                outbox.add(connection, message(n, priority, age_s))
                model.setdefault(n, (message(n, priority, age_s), NOW, turn))
            elif step[0] == "accept":
                assert outbox.accept(connection, [UUID(int=n) for n in step[1]]) == len(model.keys() & set(step[1]))
                for n in step[1]:
                    model.pop(n, None)
            else:
                due_at = NOW + timedelta(seconds=step[2])
                outbox.reject(connection, [UUID(int=n) for n in step[1]], due_at)
                for n in model.keys() & set(step[1]):
                    model[n] = (model[n][0], due_at, model[n][2])
        expected = sorted(
            (one for one in model.values() if one[1] <= NOW),
            key=lambda one: (one[0].priority, one[0].created_at < NOW - FRESH, one[0].created_at, one[2]),
        )
        assert outbox.batch(connection, NOW, 100) == [one[0] for one in expected]
        assert outbox.length(connection) == len(model)
    engine.dispose()


def test_a_database_that_forgets_when_the_power_goes_is_refused(engine):
    with engine.connect() as connection:
        check_durable(connection)
        connection.exec_driver_sql("PRAGMA synchronous = NORMAL")
        with pytest.raises(NotDurable, match="FULL"):
            check_durable(connection)
