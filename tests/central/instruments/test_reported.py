"""What a gate does by itself stands in central's table: towards caution always, back only on evidence."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from central.instruments import cases
from central.instruments.cases import Case, CaseSource
from central.instruments.life import Hand, current, journal
from central.instruments.lifecycle import Actor
from central.instruments.recalibration import Recalibration
from central.store.chain import verify
from central.store.instrument_tables import instrument_journal
from central.store.tables import outbox
from contract.messages import CheckResult, GateHealth, InstrumentHealth, InstrumentStateBody, decode
from contract.signing import Trust
from contract.topics import parse
from contract.vocabulary import InstrumentState, LinkState
from tests.central.conftest import Central

S = InstrumentState
GATE = "dock-1"


def tells(central: Central, state: InstrumentState = S.IN_SERVICE) -> None:
    """The gate's health, in which its own state stands before its message about it comes."""
    part = InstrumentHealth(
        instrument="array", driver="gy_mcu90640", serial="A-1", role="screen", link=LinkState.UP, state=state
    )
    central.say(GATE, GateHealth(at=central.clock.now().at, screening=True, instruments=(part,), simulated=True))


@pytest.fixture
def array(central: Central) -> Central:
    tells(central)
    return central


def check(central: Central, residual_c: float, *, passed: bool, n: int = 30) -> UUID:
    at, number = central.clock.now().at, uuid4()
    values = {"reference_c": 36, "mean_c": 36 + residual_c, "residual_c": residual_c, "n": n, "made_by": "小李"}
    central.say(GATE, CheckResult(id=number, instrument="array", at=at, passed=passed, **values))
    return number


def acts(central: Central, state: InstrumentState, reason: str, at: datetime | None = None) -> UUID:
    at = at or central.clock.now().at
    body = InstrumentStateBody(instrument="array", state=state, reason=reason, ordered_by="小李", at=at)
    return central.say(GATE, body)


def state(central: Central) -> InstrumentState:
    with central.store.read() as connection:
        return current(connection, GATE, "array").state


def rows(central: Central) -> list[tuple[str, str, str]]:
    with central.store.read() as connection:
        assert verify(connection, instrument_journal) == len(journal(connection, GATE, "array"))
        return [(row.from_state, row.to_state, row.who) for row in reversed(journal(connection, GATE, "array"))]


def the_case(central: Central) -> Case:
    with central.store.read() as connection:
        return (cases.page(connection, closed=False) + cases.page(connection, closed=True))[0]


def orders(central: Central) -> list[InstrumentState]:
    told = central.rows(select(outbox.c.topic, outbox.c.payload))
    return [decode(row.payload, parse(row.topic))[1].state for row in told]


def test_a_failed_check_at_a_gate_is_out_in_the_table_with_who_when_evidence_and_reason(array: Central) -> None:
    happened = array.clock.now().at
    number = uuid4()
    tells(array, S.OUT)  # health is published at once and comes first
    array.clock.advance(7200)  # the line was down
    acts(array, S.OUT, f"check:{number} +0.60 °C, limit 0.25 °C", happened)
    check(array, 0.6, passed=False)
    assert rows(array) == [("in_service", "out", f"{GATE}: 小李")]
    with array.store.read() as connection:
        (row,) = journal(connection, GATE, "array")
    case = the_case(array)
    assert row.actor == Actor.TECHNICIAN
    assert row.reason == f"check +0.60 °C, limit 0.25 °C ({GATE}, {happened:%Y-%m-%d %H:%M} UTC)"
    assert row.evidence == f"case:{case.id} check:{number}"
    assert (case.source, case.opened_by) == (CaseSource.GATE, f"{GATE}: 小李")
    assert orders(array) == [S.OUT]


def test_what_a_gate_does_twice_or_says_twice_is_written_once(array: Central) -> None:
    acts(array, S.OUT, f"check:{uuid4()} +0.60 °C")
    acts(array, S.OUT, f"check:{uuid4()} +0.61 °C")
    assert len(rows(array)) == 1


def test_a_watch_that_a_clean_check_ends_at_the_gate_ends_here_too(array: Central) -> None:
    check(array, 0.3, passed=False, n=10)
    assert state(array) is S.WATCH
    array.clock.advance(600)
    number = check(array, 0.05, passed=True)
    acts(array, S.IN_SERVICE, f"check:{number}")
    assert state(array) is S.IN_SERVICE
    assert rows(array)[-1] == ("watch", "in_service", f"{GATE}: 小李")
    assert (the_case(array).outcome, the_case(array).closed_by) == ("false_flag", f"{GATE}: 小李")


def test_a_return_to_service_waits_for_its_evidence(array: Central) -> None:
    check(array, 0.3, passed=False, n=10)
    array.clock.advance(600)
    at, number = array.clock.now().at, uuid4()
    early = acts(array, S.IN_SERVICE, f"check:{number}", at)
    assert early not in array.acknowledged()
    assert state(array) is S.WATCH


def test_evidence_that_is_no_id_is_only_words(array: Central) -> None:
    check(array, 0.3, passed=False, n=10)
    acts(array, S.IN_SERVICE, f"check:{'-' * 36}")
    assert state(array) is S.WATCH
    assert orders(array) == [S.WATCH]


def test_the_word_of_a_gate_that_has_named_no_instrument_yet_is_left_with_the_gate(central: Central) -> None:
    tells(central)
    body = InstrumentStateBody(instrument="other", state=S.OUT, reason="x", ordered_by="li", at=central.clock.now().at)
    assert central.say(GATE, body) not in central.acknowledged()


@pytest.mark.parametrize("held", [S.SUSPECT, S.OUT])
def test_only_an_expert_clears_what_is_suspect_or_out_and_the_gate_is_told_again(array: Central, held) -> None:
    desk = Recalibration(array.decisions.dispatch, Trust(()))
    technician = Hand("小王", (Actor.TECHNICIAN,))
    array.store.write(lambda t: desk.ask(t, GATE, "array", technician, CaseSource.TECHNICIAN, "bumped"))
    if held is S.OUT:
        array.store.write(lambda t: desk.tend(t, GATE, "array", S.OUT, technician, "bumped"))
    array.clock.advance(600)
    number = check(array, 0.01, passed=True)
    acts(array, S.IN_SERVICE, f"check:{number}")
    assert state(array) is held
    assert orders(array) == [held]
    with array.store.read() as connection:
        history = cases.history(connection, the_case(array).id)
        order = connection.execute(select(outbox.c.payload, outbox.c.topic)).one()
    assert "at the gate: in_service" in history[-1].detail
    assert decode(order.payload, parse(order.topic))[1].at == array.clock.now().at


def test_a_new_instrument_is_registered_in_commissioning_and_a_failed_check_takes_it_out(central: Central) -> None:
    tells(central, S.COMMISSIONING)
    tells(central, S.COMMISSIONING)
    assert rows(central) == [("commissioning", "commissioning", GATE)]
    assert state(central) is S.COMMISSIONING
    central.clock.advance(timedelta(days=1).total_seconds())
    acts(central, S.OUT, f"check:{uuid4()} +0.60 °C")
    assert rows(central)[-1] == ("commissioning", "out", f"{GATE}: 小李")
