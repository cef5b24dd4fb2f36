"""What comes off the bus is filed once, acknowledged after the commit, and told; what cannot be used is journalled."""

import json
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import func, select

from central.gates import Standing, settle
from central.store.tables import alerts, gates, held, measurements, receipts, refusals, second_measurements
from contract.ids import new_id
from contract.messages import Confirmation, GateHealth, MeasurementBody, SecondMeasurement
from contract.topics import presence
from contract.vocabulary import Scale, VerdictKind
from tests.central.conftest import Central, a_measurement, a_presence, a_verdict, an_alert


def count(central: Central, table) -> int:
    return central.rows(select(func.count()).select_from(table))[0][0]


def test_an_alert_is_acknowledged_once_it_is_committed_and_told_to_the_board(central: Central) -> None:
    central.here()
    alert = an_alert(central.clock.now().at)
    message = central.say("dock-1", alert)
    assert central.acknowledged() == [message]
    assert [(moved.alert, moved.event) for moved, _ in central.heard.transitions] == [(alert.id, "raise")]
    assert count(central, alerts) == 1


def test_a_message_that_comes_twice_is_acknowledged_twice_and_filed_once(central: Central) -> None:
    letter = central.up.letter("dock-1", an_alert(central.clock.now().at))
    for _ in range(2):
        central.ingest.receive(letter.topic, letter.payload)
    central.settle()
    central.ingest.receive(letter.topic, letter.payload)
    central.settle()
    assert central.acknowledged() == [letter.message_id] * 3
    assert count(central, alerts) == 1
    assert central.heard.events() == ["raise"]


def test_the_same_alert_under_another_message_id_is_no_second_alert(central: Central) -> None:
    alert = an_alert(central.clock.now().at)
    central.say("dock-1", alert)
    central.say("dock-1", alert)
    assert count(central, alerts) == 1
    assert central.heard.events() == ["raise"]


def test_nothing_is_acknowledged_that_was_not_committed(central: Central) -> None:
    central.store.close()
    letter = central.up.letter("dock-1", an_alert(central.clock.now().at))
    central.ingest.receive(letter.topic, letter.payload)
    assert central.published == []
    assert central.metrics.overflow._value.get() >= 1


def test_alerts_keep_the_order_of_their_times_whatever_order_they_come_in(central: Central) -> None:
    start = central.clock.now()
    made = [an_alert(start.later(second).at) for second in range(6)]
    for place in (3, 0, 5, 1, 4, 2):
        central.say("dock-1", made[place])
    ids = [row.id for row in central.rows(select(alerts.c.id).order_by(alerts.c.raised_at, alerts.c.id))]
    assert ids == [alert.id for alert in made]


def test_a_thousand_passages_are_filed_in_groups_and_all_acknowledged(central: Central) -> None:
    now = central.clock.now().at
    letters = [
        central.up.letter(
            "dock-1", MeasurementBody(measurement=a_measurement(now), verdict=a_verdict(VerdictKind.PASS))
        )
        for _ in range(1000)
    ]
    for letter in letters:
        central.ingest.receive(letter.topic, letter.payload)
    central.settle()
    assert sorted(central.acknowledged()) == sorted(letter.message_id for letter in letters)
    assert count(central, measurements) == 1000
    assert len(central.published) < 200


def test_a_payload_that_names_another_gate_than_its_topic_is_refused_and_not_acknowledged(central: Central) -> None:
    letter = central.up.letter("dock-1", an_alert(central.clock.now().at))
    central.ingest.receive(letter.topic.replace("dock-1", "dock-2"), letter.payload)
    central.settle()
    assert central.acknowledged() == []
    assert count(central, alerts) == 0
    (row,) = central.rows(select(refusals))
    assert "dock-1/alert came on" in row.reason
    assert row.payload is None
    assert central.metrics.refused._value.get() == 1


def test_bytes_that_are_no_message_are_refused_without_an_exception(central: Central) -> None:
    letter = central.up.letter("dock-1", an_alert(central.clock.now().at))
    for payload in (b"", b"\xff\x00", b"{}", b"[1,2]", letter.payload[:-20], b"x" * 300_000):
        central.ingest.receive(letter.topic, payload)
    central.ingest.receive("guankou/v1/dock-1/up/nonsense", b"{}")
    central.ingest.receive("guankou/v1/dock-1/down/decision", b"{}")
    central.settle()
    assert count(central, refusals) == 8
    assert central.acknowledged() == []


def test_a_body_of_another_version_is_kept_whole_and_acknowledged(central: Central) -> None:
    letter = central.up.letter("dock-1", an_alert(central.clock.now().at))
    envelope = json.loads(letter.payload)
    del envelope["body"]["verdict"]
    payload = json.dumps(envelope).encode()
    central.ingest.receive(letter.topic, payload)
    central.settle()
    (row,) = central.rows(select(refusals))
    assert row.payload == payload
    assert central.acknowledged() == [letter.message_id]


def test_a_word_about_an_alert_that_is_not_here_is_kept_whole(central: Central) -> None:
    now = central.clock.now().at
    said = Confirmation(id=new_id(now), decision=UUID(int=5), alert=UUID(int=6), at=now, confirmed_by="小王")
    message = central.say("dock-1", said)
    (row,) = central.rows(select(refusals))
    assert "no alert" in row.reason
    assert row.payload is not None
    assert central.acknowledged() == [message]


def test_a_gate_cannot_speak_of_another_gates_alert(central: Central) -> None:
    alert = an_alert(central.clock.now().at, "dock-1")
    central.say("dock-1", alert)
    central.say("dock-2", alert)
    assert central.heard.events() == ["raise"]
    assert "an alert of dock-1 came from dock-2" in central.rows(select(refusals))[0].reason


def test_a_second_measurement_is_joined_to_its_alert_by_passage(central: Central) -> None:
    alert = an_alert(central.clock.now().at)
    central.say("dock-1", alert)
    now = central.clock.advance(60).at
    said = SecondMeasurement(
        id=new_id(now),
        passage=alert.passage,
        at=now,
        value_c=38.2,
        scale=Scale.TYMPANIC,
        thermometer="ear-3",
        measured_by="小王",
    )
    central.say("dock-1", said)
    assert central.rows(select(second_measurements.c.alert))[0].alert == alert.id
    assert central.heard.events() == ["raise", "second_measurement"]


def test_an_alert_told_after_an_outage_is_late_and_starts_no_timer(central: Central) -> None:
    alert = an_alert(central.clock.now().at)
    central.clock.advance(3600)
    central.say("dock-1", alert)
    row = central.rows(select(alerts))[0]
    assert row.late
    assert not row.from_future
    assert central.heard.transitions[0][0].late


def test_a_clock_far_ahead_is_flagged_and_nothing_is_dropped(central: Central) -> None:
    central.say("dock-1", an_alert(central.clock.now().later(301).at))
    row = central.rows(select(alerts))[0]
    assert row.from_future
    assert not row.late


def test_an_unknown_station_is_held_until_a_supervisor_accepts_it(opened: Callable[..., Central]) -> None:
    central = opened(accept_unknown=False)
    alert = an_alert(central.clock.now().at, "new-gate")
    message = central.say("new-gate", alert)
    assert central.acknowledged() == [message]
    assert count(central, alerts) == 0
    assert count(central, held) == 1
    assert ("new-gate", "unknown") in central.heard.gates

    def accept(transaction) -> None:
        settle(transaction, "new-gate", Standing.ACCEPTED, by="supervisor", address="")
        filed = central.filing.file_held(transaction, "new-gate", central.ingest.read)
        transaction.after_commit(lambda: central.ingest.settle(filed))

    central.store.write(accept)
    assert count(central, alerts) == 1
    assert count(central, held) == 0
    assert central.heard.events() == ["raise"]


def test_a_refused_station_is_neither_filed_nor_acknowledged(opened: Callable[..., Central]) -> None:
    central = opened(accept_unknown=False)
    central.here("stranger")
    central.store.write(lambda transaction: settle(transaction, "stranger", Standing.REFUSED, by="x", address=""))
    central.say("stranger", an_alert(central.clock.now().at, "stranger"))
    assert central.acknowledged() == []
    assert count(central, alerts) == count(central, held) == count(central, receipts) == 0


def test_health_is_kept_as_the_newest_and_tells_only_what_changed(central: Central) -> None:
    central.here()
    for second in (0, 10, 20):
        said = GateHealth(at=central.clock.now().later(second).at, screening=second != 10, instruments=())
        central.say("dock-1", said)
    stale = GateHealth(at=central.clock.now().at, screening=False, instruments=())
    central.say("dock-1", stale)
    assert central.rows(select(gates.c.health))[0].health["screening"] is True
    assert central.heard.gates == [("dock-1", "online"), *[("dock-1", "health")] * 3]
    assert count(central, receipts) == 0


def test_a_last_will_of_an_earlier_boot_is_ignored(central: Central) -> None:
    at = central.clock.now().at
    for said in (a_presence(at, boot=1), a_presence(at, boot=2), a_presence(at, boot=1, online=False)):
        central.ingest.receive(presence("dock-1"), said.model_dump_json().encode())
    central.settle()
    assert central.rows(select(gates.c.online))[0].online is True
    said = a_presence(at, boot=2, online=False)
    central.ingest.receive(presence("dock-1"), said.model_dump_json().encode())
    central.settle()
    row = central.rows(select(gates))[0]
    assert row.online is False
    assert row.name_zh == "码头"


def test_a_presence_on_another_gates_topic_is_refused(central: Central) -> None:
    said = a_presence(central.clock.now().at, "dock-1")
    central.ingest.receive(presence("dock-2"), said.model_dump_json().encode())
    central.settle()
    assert count(central, gates) == 0
    assert count(central, refusals) == 1


def test_what_was_filed_is_there_after_a_restart_and_known_again(opened: Callable[..., Central]) -> None:
    first = opened()
    letter = first.up.letter("dock-1", an_alert(first.clock.now().at))
    first.ingest.receive(letter.topic, letter.payload)
    first.settle()
    first.store.close()
    second = opened()
    second.ingest.receive(letter.topic, letter.payload)
    second.settle()
    assert count(second, alerts) == 1
    assert second.acknowledged() == [letter.message_id]
    assert second.heard.events() == []
