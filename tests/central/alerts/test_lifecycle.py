"""The table of the alert's life keeps the promises that are written above it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.alerts.lifecycle import (
    ACTORS,
    OPEN,
    TIMERS,
    TRANSITIONS,
    Actor,
    AlertEvent,
    TransitionRefused,
    diagram,
    next_state,
)
from contract.vocabulary import AlertState

ATTENTION = {AlertState.RAISED: 3, AlertState.ACKNOWLEDGED: 2, AlertState.DECIDED: 1, AlertState.CONFIRMED: 0}


def test_every_event_has_an_actor_and_a_row() -> None:
    assert set(ACTORS) == set(AlertEvent)
    assert {event for _, event in TRANSITIONS} == set(AlertEvent)


@given(st.lists(st.sampled_from(list(AlertEvent)), max_size=40))
def test_every_way_to_the_end_passes_a_decision_and_the_gates_word(events: list[AlertEvent]) -> None:
    state, taken = next_state(None, AlertEvent.RAISE), []
    for event in events:
        try:
            state = next_state(state, event)
        except TransitionRefused:
            continue
        taken.append(event)
    if state is AlertState.CONFIRMED:
        last = taken[: len(taken) - taken[::-1].index(AlertEvent.CONFIRM)]
        since = max((place for place, event in enumerate(last) if event is AlertEvent.FAIL), default=-1)
        assert AlertEvent.DECIDE in last[since + 1 :]


def test_only_the_gate_reaches_the_end_and_nothing_leaves_it() -> None:
    into = {
        event for (state, event), target in TRANSITIONS.items() if target is AlertState.CONFIRMED and state != target
    }
    assert into == {AlertEvent.CONFIRM}
    assert {target for (state, _), target in TRANSITIONS.items() if state is AlertState.CONFIRMED} == {
        AlertState.CONFIRMED
    }


def test_no_timer_leads_to_less_attention() -> None:
    for (state, event), target in TRANSITIONS.items():
        if ACTORS[event] is Actor.TIMER:
            assert state is not None
            assert ATTENTION[target] >= ATTENTION[state], (state, event)


def test_every_state_but_the_last_lets_an_officer_act() -> None:
    acting = {state for (state, event) in TRANSITIONS if ACTORS[event] is Actor.OFFICER}
    assert acting == set(AlertState) - {AlertState.CONFIRMED}


def test_only_a_decision_leaves_the_states_that_wait_for_an_officer() -> None:
    leaving = {event for (state, event), target in TRANSITIONS.items() if state in OPEN and target not in OPEN}
    assert leaving == {AlertEvent.DECIDE}


def test_timers_run_only_where_they_have_a_row() -> None:
    for state, events in TIMERS.items():
        for event in events:
            assert (state, event) in TRANSITIONS
            assert ACTORS[event] is Actor.TIMER


@pytest.mark.parametrize("event", list(AlertEvent))
def test_an_event_without_a_row_is_refused_by_name(event: AlertEvent) -> None:
    if (AlertState.CONFIRMED, event) in TRANSITIONS:
        return
    with pytest.raises(TransitionRefused, match=f"confirmed cannot {event}"):
        next_state(AlertState.CONFIRMED, event)


def test_the_readme_shows_the_table_as_it_is() -> None:
    readme = Path(__file__).parents[3] / "central" / "README.md"
    assert diagram() in readme.read_text(encoding="utf-8")
