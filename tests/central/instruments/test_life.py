"""An instrument's state at central: one transaction with the journal and the order, and only towards caution alone."""

import pytest
from sqlalchemy import select

from central.instruments.life import SYSTEM, Ground, Hand, current, journal, move, steps
from central.instruments.lifecycle import Actor, Evidence, TransitionRefused
from central.instruments.refusal import UnknownInstrument
from central.store.chain import verify
from central.store.instrument_tables import instrument_journal
from central.store.tables import outbox
from contract.messages import GateHealth, InstrumentHealth, InstrumentStateBody, decode
from contract.topics import parse
from contract.vocabulary import InstrumentState, LinkState
from tests.central.conftest import Central

EXPERT = Hand("专家", (Actor.EXPERT,))
TECHNICIAN = Hand("技术员", (Actor.TECHNICIAN,), "127.0.0.1")


@pytest.fixture
def array(central: Central) -> Central:
    part = InstrumentHealth(instrument="array", driver="gy_mcu90640", serial="A-1", role="screen", link=LinkState.UP)
    central.say("dock-1", GateHealth(at=central.clock.now().at, screening=True, instruments=(part,)))
    return central


def go(central: Central, target: InstrumentState, hand: Hand = TECHNICIAN, **ground):
    ground = Ground(ground.pop("reason", "bumped"), **ground)
    return central.store.write(
        lambda transaction: move(transaction, central.decisions.dispatch, "dock-1", "array", target, hand, ground)
    )


def orders(central: Central) -> list[InstrumentStateBody]:
    rows = central.rows(select(outbox.c.topic, outbox.c.payload))
    return [decode(row.payload, parse(row.topic))[1] for row in rows]


def test_a_move_is_state_journal_and_order_at_once(array: Central) -> None:
    life = go(array, InstrumentState.OUT, references=("check:1",))
    assert (life.state, life.who) == (InstrumentState.OUT, "技术员")
    with array.store.read() as connection:
        assert current(connection, "dock-1", "array") == life
        (row,) = journal(connection, "dock-1", "array")
        assert verify(connection, instrument_journal) == 1
    assert (row.from_state, row.to_state, row.actor, row.evidence) == ("in_service", "out", "technician", "check:1")
    (order,) = orders(array)
    assert (order.state, order.ordered_by, order.at) == (InstrumentState.OUT, "技术员", array.clock.now().at)
    assert array.woken.is_set()


def test_a_newer_order_replaces_one_that_has_not_left(array: Central) -> None:
    go(array, InstrumentState.WATCH)
    go(array, InstrumentState.SUSPECT)
    assert [order.state for order in orders(array)] == [InstrumentState.SUSPECT]


def test_a_refused_move_leaves_nothing(array: Central) -> None:
    go(array, InstrumentState.SUSPECT)
    with pytest.raises(TransitionRefused, match="not for technician"):
        go(array, InstrumentState.IN_SERVICE, have=frozenset({Evidence.PASSED_CHECK}))
    with pytest.raises(TransitionRefused, match="needs passed_check"):
        go(array, InstrumentState.IN_SERVICE, EXPERT)
    with array.store.read() as connection:
        assert verify(connection, instrument_journal) == 1


def test_software_never_brings_an_instrument_back(array: Central) -> None:
    go(array, InstrumentState.WATCH, SYSTEM)
    everything = frozenset(Evidence)
    with pytest.raises(TransitionRefused):
        go(array, InstrumentState.IN_SERVICE, SYSTEM, have=everything)
    go(array, InstrumentState.SUSPECT, SYSTEM)
    go(array, InstrumentState.OUT, SYSTEM)
    with pytest.raises(TransitionRefused):
        go(array, InstrumentState.RECAL, SYSTEM, have=everything)


def test_the_charts_start_anew_at_every_return_and_the_intercepts_only_after_a_certificate(array: Central) -> None:
    go(array, InstrumentState.WATCH)
    array.clock.advance(60)
    life = go(array, InstrumentState.IN_SERVICE, have=frozenset({Evidence.PASSED_CHECK}))
    assert (life.reset_at, life.verified_at) == (array.clock.now().at, None)
    for target, hand in ((InstrumentState.OUT, TECHNICIAN), (InstrumentState.RECAL, EXPERT)):
        go(array, target, hand)
    go(array, InstrumentState.VERIFY, EXPERT, have=frozenset({Evidence.AS_FOUND}))
    array.clock.advance(60)
    life = go(array, InstrumentState.IN_SERVICE, EXPERT, have=frozenset({Evidence.PASS_CERTIFICATE}))
    assert (life.reset_at, life.verified_at) == (array.clock.now().at, array.clock.now().at)


def test_who_has_two_roles_may_do_what_either_may() -> None:
    both = Hand("x", (Actor.TECHNICIAN, Actor.SUPERVISOR))
    targets = {row.target for row in steps(InstrumentState.SUSPECT, both)}
    assert targets == {InstrumentState.OUT, InstrumentState.RETIRED, InstrumentState.COMMISSIONING}


def test_an_instrument_that_nobody_named_is_refused(central: Central) -> None:
    with pytest.raises(UnknownInstrument):
        go(central, InstrumentState.OUT)
