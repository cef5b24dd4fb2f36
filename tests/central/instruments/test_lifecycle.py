"""The instrument lifecycle's promises, proven over the whole table."""

import itertools

import pytest

from central.instruments.lifecycle import (
    CAUTION,
    MEASURES,
    TABLE,
    Actor,
    Evidence,
    TransitionRefused,
    allowed,
    transition,
)
from contract.vocabulary import InstrumentState

S = InstrumentState


def test_software_only_moves_towards_caution() -> None:
    assert all(CAUTION[row.target] > CAUTION[row.source] for row in TABLE if Actor.SYSTEM in row.actors)


def test_only_an_expert_clears_a_suspect() -> None:
    rows = [row for row in TABLE if row.source is S.SUSPECT and row.target is S.IN_SERVICE]
    assert [row.actors for row in rows] == [frozenset({Actor.EXPERT})]


def test_nothing_returns_to_service_without_evidence() -> None:
    back = [row for row in TABLE if row.target is S.IN_SERVICE]
    assert back
    assert all(row.evidence is not Evidence.NONE for row in back)


def test_an_adjustment_comes_after_the_error_as_found() -> None:
    assert transition(S.RECAL, S.VERIFY, Actor.EXPERT, frozenset({Evidence.AS_FOUND}))
    with pytest.raises(TransitionRefused, match="as_found"):
        transition(S.RECAL, S.VERIFY, Actor.EXPERT)


def test_every_state_can_be_reached_and_only_retired_is_final() -> None:
    reached = {row.target for row in TABLE}
    assert reached == set(S)
    assert {row.source for row in TABLE} == set(S) - {S.RETIRED}


def test_each_step_stands_once() -> None:
    steps = [(row.source, row.target) for row in TABLE]
    assert len(steps) == len(set(steps))


@pytest.mark.parametrize(("source", "target", "actor"), list(itertools.product(S, S, Actor)))
def test_what_the_table_does_not_allow_is_refused(source: S, target: S, actor: Actor) -> None:
    everything = frozenset(Evidence)
    if any(row.target is target for row in allowed(source, actor)):
        assert transition(source, target, actor, everything).target is target
    else:
        with pytest.raises(TransitionRefused):
            transition(source, target, actor, everything)


def test_an_instrument_that_is_out_does_not_measure() -> None:
    assert MEASURES.isdisjoint({S.OUT, S.RECAL, S.VERIFY, S.COMMISSIONING, S.RETIRED})
