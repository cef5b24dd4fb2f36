"""The lifecycle of an alert about a person, as a table.

Theory (ISA-18.2 / IEC 62682, `delivery.md` 3.3). In a plant an alarm may return to normal by itself and be closed
by that. A person who was stopped does not return to normal by walking on or by cooling down: somebody must decide.
So there is no way from "raised" to the end but through a decision, and the end is not the decision either: it is the
gate's word that the decision was carried out. Three kinds of actors move an alert:

- an officer acknowledges (I deal with it), hands back, decides, or revises a decision with a reason;
- a timer escalates what nobody touches and lets an acknowledgement lapse, always towards more attention;
- the gate says that it has a decision, that it was carried out, or that it could not be (the person ran): then the
  alert is raised again, because nothing has been settled.

The last state is absorbing. Whoever adds a row keeps the promises that tests hold of this table: every way to the
end passes a decision; no timer leads to less attention; every state but the last lets an officer act.
"""

from enum import StrEnum
from typing import Final

from contract.vocabulary import AlertState


class AlertEvent(StrEnum):
    """What can happen to an alert."""

    RAISE = "raise"
    SECOND_MEASUREMENT = "second_measurement"
    ACKNOWLEDGE = "acknowledge"
    HAND_BACK = "hand_back"
    DECIDE = "decide"
    REVISE = "revise"
    ESCALATE = "escalate"
    REMIND = "remind"
    LAPSE = "lapse"
    OVERDUE = "overdue"
    DELIVER = "deliver"
    CONFIRM = "confirm"
    FAIL = "fail"


class Actor(StrEnum):
    """Who makes something happen."""

    OFFICER = "officer"
    TIMER = "timer"
    GATE = "gate"


ACTORS: Final[dict[AlertEvent, Actor]] = {
    AlertEvent.RAISE: Actor.GATE,
    AlertEvent.SECOND_MEASUREMENT: Actor.GATE,
    AlertEvent.ACKNOWLEDGE: Actor.OFFICER,
    AlertEvent.HAND_BACK: Actor.OFFICER,
    AlertEvent.DECIDE: Actor.OFFICER,
    AlertEvent.REVISE: Actor.OFFICER,
    AlertEvent.ESCALATE: Actor.TIMER,
    AlertEvent.REMIND: Actor.TIMER,
    AlertEvent.LAPSE: Actor.TIMER,
    AlertEvent.OVERDUE: Actor.TIMER,
    AlertEvent.DELIVER: Actor.GATE,
    AlertEvent.CONFIRM: Actor.GATE,
    AlertEvent.FAIL: Actor.GATE,
}

_RAISED, _ACKNOWLEDGED = AlertState.RAISED, AlertState.ACKNOWLEDGED
_DECIDED, _CONFIRMED = AlertState.DECIDED, AlertState.CONFIRMED

TRANSITIONS: Final[dict[tuple[AlertState | None, AlertEvent], AlertState]] = {
    (None, AlertEvent.RAISE): _RAISED,
    (_RAISED, AlertEvent.ACKNOWLEDGE): _ACKNOWLEDGED,
    (_RAISED, AlertEvent.DECIDE): _DECIDED,
    (_RAISED, AlertEvent.ESCALATE): _RAISED,
    (_RAISED, AlertEvent.SECOND_MEASUREMENT): _RAISED,
    (_ACKNOWLEDGED, AlertEvent.DECIDE): _DECIDED,
    (_ACKNOWLEDGED, AlertEvent.HAND_BACK): _RAISED,
    (_ACKNOWLEDGED, AlertEvent.REMIND): _ACKNOWLEDGED,
    (_ACKNOWLEDGED, AlertEvent.LAPSE): _RAISED,
    (_ACKNOWLEDGED, AlertEvent.SECOND_MEASUREMENT): _ACKNOWLEDGED,
    (_DECIDED, AlertEvent.REVISE): _DECIDED,
    (_DECIDED, AlertEvent.DELIVER): _DECIDED,
    (_DECIDED, AlertEvent.OVERDUE): _DECIDED,
    (_DECIDED, AlertEvent.CONFIRM): _CONFIRMED,
    (_DECIDED, AlertEvent.FAIL): _RAISED,
    (_DECIDED, AlertEvent.SECOND_MEASUREMENT): _DECIDED,
    (_CONFIRMED, AlertEvent.SECOND_MEASUREMENT): _CONFIRMED,
}

TIMERS: Final[dict[AlertState, tuple[AlertEvent, ...]]] = {
    _RAISED: (AlertEvent.ESCALATE,),
    _ACKNOWLEDGED: (AlertEvent.REMIND, AlertEvent.LAPSE),
    _DECIDED: (AlertEvent.OVERDUE,),
    _CONFIRMED: (),
}
"""The timers that run in each state; entering a state replaces those of the state before, in one transaction."""

OPEN: Final = (_RAISED, _ACKNOWLEDGED)
"""States that wait for an officer."""


class TransitionRefused(Exception):
    """The event has no row in the table for this state."""

    def __init__(self, state: AlertState, event: AlertEvent) -> None:
        super().__init__(f"an alert that is {state} cannot {event}")
        self.state = state
        self.event = event


def next_state(state: AlertState | None, event: AlertEvent) -> AlertState:
    """Return the state after `event`. Raises TransitionRefused if the table has no such row."""
    target = TRANSITIONS.get((state, event))
    if target is None:
        if state is None:
            raise TransitionRefused(_RAISED, event)
        raise TransitionRefused(state, event)
    return target


def diagram() -> str:
    """Return the table as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2"]
    for (state, event), target in TRANSITIONS.items():
        source = "[*]" if state is None else state
        lines.append(f"    {source} --> {target}: {event} ({ACTORS[event]})")
    lines.append(f"    {_CONFIRMED} --> [*]")
    return "\n".join(lines)
