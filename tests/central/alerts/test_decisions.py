"""An officer decides once; the gate hears of it until it has it; the gate's word closes the alert."""

from uuid import UUID

import pytest
from sqlalchemy import select

from central.access.accounts import Account
from central.alerts.decisions import REASONS, AlreadyDecided, Choice, DecisionRefused, find
from central.alerts.escalation import fire_due
from central.store.tables import alert_journal, alerts, audit, confirmations, decisions, outbox
from contract.ids import new_id
from contract.messages import Ack, Confirmation, DecisionBody, decode
from contract.topics import parse
from contract.vocabulary import AlertState, Decision, Role
from tests.central.conftest import Central, a_choice, an_alert


@pytest.fixture
def officer(central: Central) -> Account:
    return central.officer()


@pytest.fixture
def alert(central: Central) -> UUID:
    made = an_alert(central.clock.now().at)
    central.say("dock-1", made)
    return made.id


def decide(central: Central, choice: Choice, officer: Account):
    return central.store.write(lambda t: central.decisions.decide(t, choice, officer, "127.0.0.1", "有症状"))


def sent(central: Central) -> list[DecisionBody]:
    rows = central.rows(select(outbox).order_by(outbox.c.row))
    return [decode(row.payload, parse(row.topic))[1] for row in rows]


def state(central: Central, alert: UUID) -> AlertState:
    return AlertState(central.rows(select(alerts.c.state).where(alerts.c.id == alert))[0].state)


def confirm(central: Central, alert: UUID, decision: UUID, gate: str = "dock-1", **changes) -> None:
    now = central.clock.now().at
    said = {"id": new_id(now), "decision": decision, "alert": alert, "at": now, "confirmed_by": "小王"} | changes
    central.say(gate, Confirmation(**said))


def test_a_decision_is_in_the_outbox_in_the_transaction_that_makes_it(central, officer, alert) -> None:
    decided, moved = decide(central, a_choice(alert), officer)
    assert (moved.event, moved.to_state) == ("decide", AlertState.DECIDED)
    (body,) = sent(central)
    assert (body.id, body.alert, body.decision) == (UUID(int=1), alert, Decision.REFER)
    assert (body.reason, body.instruction, body.decided_by) == ("有症状", "区人民医院发热门诊", "officer 同志")
    assert central.woken.is_set()
    assert central.rows(select(outbox.c.message_id))[0].message_id == decided.message_id
    assert [row.action for row in central.rows(select(audit).order_by(audit.c.number))][-1] == "decision"


def test_a_decision_that_fails_leaves_no_trace(central, officer, alert) -> None:
    def fail_afterwards(transaction) -> None:
        central.decisions.decide(transaction, a_choice(alert), officer, "", "有症状")
        raise OSError("the power went")

    with pytest.raises(OSError, match="power"):
        central.store.write(fail_afterwards)
    assert sent(central) == []
    assert state(central, alert) is AlertState.RAISED
    assert not central.woken.is_set()


def test_a_request_that_is_sent_twice_decides_once(central, officer, alert) -> None:
    first, _ = decide(central, a_choice(alert), officer)
    second, moved = decide(central, a_choice(alert), officer)
    assert second == first
    assert moved is None
    assert len(sent(central)) == 1


def test_a_key_cannot_be_used_again_for_something_else(central, officer, alert) -> None:
    decide(central, a_choice(alert), officer)
    with pytest.raises(DecisionRefused, match="key_reused"):
        decide(central, a_choice(alert, Decision.RELEASE), officer)


def test_whoever_comes_second_learns_who_was_first(central, officer, alert) -> None:
    decide(central, a_choice(alert), officer)
    other = central.officer("second")
    with pytest.raises(AlreadyDecided) as refusal:
        decide(central, a_choice(alert, Decision.RELEASE, key=2), other)
    assert refusal.value.standing.decided_by == "officer 同志"
    assert refusal.value.standing.decision is Decision.REFER
    assert len(sent(central)) == 1


def test_a_revision_names_what_it_replaces_and_withdraws_its_message(central, officer, alert) -> None:
    decide(central, a_choice(alert), officer)
    with pytest.raises(DecisionRefused, match="revision_needs_remark"):
        decide(central, a_choice(alert, key=2, revises=UUID(int=1)), officer)
    revised = a_choice(alert, Decision.RELEASE, key=2, revises=UUID(int=1))
    _, moved = decide(central, revised, officer)
    assert moved.event == "revise"
    assert [body.decision for body in sent(central)] == [Decision.RELEASE]
    with pytest.raises(AlreadyDecided):
        decide(central, a_choice(alert, key=3, revises=UUID(int=1)), officer)
    confirm(central, alert, UUID(int=1))
    assert state(central, alert) is AlertState.DECIDED
    confirm(central, alert, UUID(int=2))
    assert state(central, alert) is AlertState.CONFIRMED
    with pytest.raises(AlreadyDecided):
        decide(central, a_choice(alert, key=4, revises=UUID(int=2), remark="晚了"), officer)


def test_there_is_nothing_to_revise_on_an_open_alert(central, officer, alert) -> None:
    with pytest.raises(DecisionRefused, match="nothing_to_revise"):
        decide(central, a_choice(alert, revises=UUID(int=8)), officer)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason_code": "because"}, "unknown_reason"),
        ({"reason_code": "other", "remark": ""}, "other_needs_remark"),
        ({"instruction": ""}, "refer_needs_instruction"),
        ({"decision": Decision.UNKNOWN}, "unknown_decision"),
        ({"remark": "x" * 501}, "too_long"),
    ],
)
def test_half_a_decision_is_refused_with_its_reason(central, officer, alert, changes, code) -> None:
    with pytest.raises(DecisionRefused, match=code):
        decide(central, a_choice(alert, **changes), officer)
    assert state(central, alert) is AlertState.RAISED


def test_every_decision_but_the_unknown_one_has_reasons() -> None:
    assert set(REASONS) == set(Decision) - {Decision.UNKNOWN}
    assert all("other" in reasons for reasons in REASONS.values())


def test_the_gates_acknowledgement_ends_the_sending_and_is_shown(central, officer, alert) -> None:
    decided, _ = decide(central, a_choice(alert), officer)
    letter = central.up.letter("dock-2", Ack(message_ids=(decided.message_id,)))
    central.ingest.receive(letter.topic, letter.payload)
    central.settle()
    assert len(sent(central)) == 1, "another gate cannot answer for this one"
    letter = central.up.letter("dock-1", Ack(message_ids=(decided.message_id,)))
    central.ingest.receive(letter.topic, letter.payload)
    central.settle()
    assert sent(central) == []
    assert central.forgotten == [decided.message_id]
    assert central.heard.events()[-1] == "deliver"
    with central.store.read() as connection:
        assert find(connection, decided.id).gate_has_it_at == central.clock.now().at


def test_the_gates_confirmation_closes_and_stops_the_sending_even_if_the_receipt_was_lost(
    central, officer, alert
) -> None:
    decide(central, a_choice(alert), officer)
    confirm(central, alert, UUID(int=1))
    assert state(central, alert) is AlertState.CONFIRMED
    assert sent(central) == []
    row = central.rows(select(alert_journal).order_by(alert_journal.c.number.desc()))[0]
    assert (row.event, row.who) == ("confirm", "dock-1: 小王")


def test_a_decision_that_could_not_be_carried_out_raises_the_alert_again(central, officer, alert) -> None:
    decide(central, a_choice(alert), officer)
    confirm(central, alert, UUID(int=1), carried_out=False, remark="人已离开")
    assert state(central, alert) is AlertState.RAISED
    decide(central, a_choice(alert, Decision.TURN_BACK, key=2), officer)
    confirm(central, alert, UUID(int=2))
    assert state(central, alert) is AlertState.CONFIRMED
    assert len(central.rows(select(confirmations))) == 2


def test_another_gate_cannot_confirm(central, officer, alert) -> None:
    decide(central, a_choice(alert), officer)
    confirm(central, alert, UUID(int=1), gate="dock-2")
    assert state(central, alert) is AlertState.DECIDED
    assert central.rows(select(confirmations)) == []


def test_a_gate_that_does_not_confirm_is_reported_again_and_again(central, officer, alert) -> None:
    decide(central, a_choice(alert), officer)
    for _ in range(3):
        central.clock.advance(180)
        moved = central.store.write(lambda t: fire_due(t, central.register))
        assert [one.event for one in moved] == ["overdue"]
    assert state(central, alert) is AlertState.DECIDED


def test_an_acknowledgement_by_one_does_not_bar_the_decision_of_another(central, officer, alert) -> None:
    from central.alerts.lifecycle import AlertEvent
    from central.alerts.register import Party

    first = Party(officer.full_name, "", officer.id)
    central.store.write(lambda t: central.register.move(t, alert, AlertEvent.ACKNOWLEDGE, first))
    other = central.officer("second", frozenset({Role.DUTY_OFFICER}))
    decide(central, a_choice(alert), other)
    assert central.rows(select(decisions.c.account))[0].account == other.id
    assert central.rows(select(alerts.c.handler))[0].handler == other.id
