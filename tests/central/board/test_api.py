"""The programming interface and the live stream, over real HTTP and the real broker."""

import json
from uuid import UUID, uuid4

import httpx
import pytest

from contract.messages import Alert, DecisionBody, SecondMeasurement
from contract.vocabulary import Decision, Scale
from tests.central.conftest import an_alert
from tests.central.room import Gate, Room, until
from tests.patience import PATIENCE_S

REFER = {"decision": "refer", "reason_code": "symptoms", "instruction": "区人民医院发热门诊"}


def decide(client: httpx.Client, alert: Alert, key: UUID | None = None, **changes) -> httpx.Response:
    headers = {"idempotency-key": str(key or uuid4())}
    return client.post(f"/api/v1/alerts/{alert.id}/decisions", json=REFER | changes, headers=headers)


def read(client: httpx.Client, alert: Alert) -> dict:
    return client.get(f"/api/v1/alerts/{alert.id}").json()


def test_the_whole_way_of_an_alert(officer: httpx.Client, gate: Gate, alert: Alert) -> None:
    second = SecondMeasurement(
        id=uuid4(),
        alert=alert.id,
        passage=alert.passage,
        at=gate.now(),
        value_c=38.2,
        scale=Scale.TYMPANIC,
        thermometer="ear-3",
        measured_by="小王",
    )
    gate.say(second)
    assert officer.post(f"/api/v1/alerts/{alert.id}/acknowledge").json()["state"] == "acknowledged"
    decided = decide(officer, alert)
    assert decided.status_code == 201
    told = gate.decision(alert)
    assert (told.alert, told.decision, told.instruction) == (alert.id, Decision.REFER, REFER["instruction"])
    assert told.reason == "有发热或呼吸道症状"
    until(lambda: read(officer, alert)["decision"]["gate_has_it_at"])
    gate.confirm(told)
    found = read(officer, alert)
    assert found["state"] == "confirmed"
    assert [row["event"] for row in found["journal"]] == [
        "raise",
        "second_measurement",
        "acknowledge",
        "decide",
        "deliver",
        "confirm",
    ]
    assert found["second_measurements"][0]["value_c"] == 38.2
    assert found["alert"]["crop_png"] is None


def test_a_decision_that_is_sent_twice_is_taken_once(officer: httpx.Client, gate: Gate, alert: Alert) -> None:
    key = uuid4()
    first, second = decide(officer, alert, key), decide(officer, alert, key)
    assert first.json()["id"] == second.json()["id"] == str(key)
    gate.decision(alert)
    assert [row["event"] for row in read(officer, alert)["journal"]].count("decide") == 1


def test_the_second_officer_is_told_who_was_first(officer: httpx.Client, gate: Gate, alert: Alert) -> None:
    decide(officer, alert)
    gate.decision(alert)
    answer = decide(officer, alert, decision="release", reason_code="second_normal")
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "error.already_decided"
    assert "值班员 Officer" in problem["message"]
    assert problem["standing"]["decision"] == "refer"


def test_a_decision_is_revised_by_name_with_a_remark(officer: httpx.Client, gate: Gate, alert: Alert) -> None:
    first = decide(officer, alert).json()
    gate.decision(alert)
    wish = {"decision": "release", "reason_code": "second_normal", "revises": first["id"]}
    assert decide(officer, alert, **wish).status_code == 422
    assert decide(officer, alert, **wish, remark="复测三次均正常").status_code == 201
    told = gate.decision(alert)
    assert told.decision is Decision.RELEASE
    assert told.reason == "接触式复测正常；复测三次均正常"


def test_a_gate_that_does_not_answer_is_told_again(officer: httpx.Client, gate: Gate, alert: Alert) -> None:
    gate.answers = False
    decide(officer, alert)
    first = gate.decision(alert)
    again = gate.decision(alert)
    assert again.id == first.id
    gate.answers = True
    gate.decision(alert)
    until(lambda: read(officer, alert)["decision"]["gate_has_it_at"])


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"reason_code": "nonsense"}, "decide.unknown_reason"),
        ({"instruction": ""}, "decide.refer_needs_instruction"),
        ({"reason_code": "other"}, "decide.other_needs_remark"),
        ({"decision": "shoot"}, "decide.unknown_decision"),
        ({"reason_code": None}, "error.malformed"),
        ({"surprise": 1}, "error.malformed"),
    ],
)
def test_half_a_decision_is_refused_with_its_reason(officer, alert: Alert, wish: dict, code: str) -> None:
    answer = decide(officer, alert, **wish)
    assert answer.status_code == 422
    assert answer.json()["code"] == code
    assert answer.json()["message"] != code


def test_a_decision_needs_a_key(officer: httpx.Client, alert: Alert) -> None:
    path = f"/api/v1/alerts/{alert.id}/decisions"
    assert officer.post(path, json=REFER).status_code == 422
    assert officer.post(path, json=REFER, headers={"idempotency-key": "1"}).status_code == 422


def test_an_alert_that_is_not_there(officer: httpx.Client) -> None:
    nowhere = f"/api/v1/alerts/{UUID(int=3)}"
    assert officer.get(nowhere).json()["code"] == "error.unknown_alert"
    assert officer.post(f"{nowhere}/acknowledge").status_code == 404


def test_what_cannot_be_done_now_says_the_state(officer: httpx.Client, alert: Alert) -> None:
    officer.post(f"/api/v1/alerts/{alert.id}/acknowledge")
    answer = officer.post(f"/api/v1/alerts/{alert.id}/acknowledge", params={"lang": "en"})
    assert answer.status_code == 409
    assert "Acknowledged" in answer.json()["message"]
    handed = officer.post(f"/api/v1/alerts/{alert.id}/hand-back", json={"reason": "交接班"})
    assert handed.json()["state"] == "raised"
    assert handed.json()["journal"][-1]["reason"] == "交接班"


def test_alerts_are_listed_by_time_and_page_by_page(officer: httpx.Client, gate: Gate) -> None:
    made = [gate.raise_alert(an_alert(gate.now(), gate.name)) for _ in range(3)]
    first = officer.get("/api/v1/alerts", params={"limit": 2}).json()
    assert [one["id"] for one in first] == [str(made[2].id), str(made[1].id)]
    rest = officer.get("/api/v1/alerts", params={"limit": 1, "before": first[-1]["alert"]["raised_at"]}).json()
    assert [one["id"] for one in rest] == [str(made[0].id)]
    assert all(one["state"] == "raised" for one in officer.get("/api/v1/alerts", params={"state": "raised"}).json())


def test_gates_and_instruments_are_told_with_their_last_values(officer: httpx.Client, gate: Gate) -> None:
    gate.health()
    (found,) = [one for one in officer.get("/api/v1/gates").json() if one["id"] == gate.name]
    assert found["liveness"] == "screening"
    assert found["name_zh"] == "码头"
    (instrument,) = [one for one in found["instruments"] if one["health"]["role"] != "contact"]
    assert instrument["health"]["last_value_c"] == 34.1
    assert instrument in officer.get("/api/v1/instruments").json()
    gate.health(screening=False)
    assert officer.get(f"/api/v1/gates/{gate.name}").json()["liveness"] == "paused"
    gate.health()


class Stream:
    """Reads server-sent events from a streaming answer."""

    def __init__(self, answer: httpx.Response) -> None:
        assert answer.headers["content-type"].startswith("text/event-stream")
        self._lines = answer.iter_lines()

    def next(self, name: str) -> tuple[int, dict]:
        number, event = 0, ""
        for line in self._lines:
            field, _, value = line.partition(": ")
            if field == "id":
                number = int(value)
            elif field == "event":
                event = value
            elif field == "data" and event == name:
                return number, json.loads(value)
        raise AssertionError(f"the stream ended before {name}")


def test_an_alert_is_in_the_stream_when_it_is_filed(officer: httpx.Client, gate: Gate) -> None:
    with officer.stream("GET", "/stream") as answer:
        stream = Stream(answer)
        stream.next("heartbeat")
        made = an_alert(gate.now(), gate.name)
        gate.raise_alert(made)
        _, news = stream.next("alert")
    assert news["alert"] == str(made.id)
    assert (news["event"], news["state"], news["simulated"], news["late"]) == ("raise", "raised", True, False)


def test_a_stream_goes_on_where_it_was_cut(officer: httpx.Client, gate: Gate) -> None:
    with officer.stream("GET", "/stream") as answer:
        stream = Stream(answer)
        stream.next("heartbeat")
        gate.raise_alert(an_alert(gate.now(), gate.name))
        number, _ = stream.next("alert")
    missed = [gate.raise_alert(an_alert(gate.now(), gate.name)) for _ in range(3)]
    with officer.stream("GET", "/stream", headers={"last-event-id": str(number)}) as answer:
        stream = Stream(answer)
        found = [stream.next("alert") for _ in missed]
    assert [news["alert"] for _, news in found] == [str(alert.id) for alert in missed]
    assert [got for got, _ in found] == [number + 1, number + 2, number + 3]


def test_operations_are_told_apart(stranger: httpx.Client, gate: Gate, alert: Alert) -> None:
    del alert
    assert stranger.get("/healthz").json() == {"alive": True}
    ready = stranger.get("/readyz").json()
    assert ready == {"ready": True, "broker": True, "writer": True, "database": True}
    gate.publish(f"guankou/v1/{gate.name}/up/alert", b"nonsense")
    until(lambda: "guankou_central_refused_payloads_total 1.0" in stranger.get("/metrics").text)
    text = stranger.get("/metrics").text
    assert 'guankou_central_messages_total{kind="alert",result="filed"}' in text
    assert "guankou_central_alert_to_board_seconds_bucket" in text
    assert 'guankou_central_open_alerts{state="raised"}' in text


def test_an_unfinished_decision_does_not_travel_to_another_gate(
    officer: httpx.Client, room: Room, alert: Alert
) -> None:
    other = Gate(room.broker, "village-1")
    try:
        other.health()
        decide(officer, alert)
        made = other.raise_alert(an_alert(other.now(), other.name))
        decide(officer, made)
        told = other.told.get(timeout=PATIENCE_S)
        assert isinstance(told, DecisionBody)
        assert told.alert == made.id
        assert other.told.empty()
    finally:
        other.stop()
