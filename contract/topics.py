"""Every topic is made and parsed here, side by side.

guankou/v1/{gate}/up/{kind}     gate to central, QoS 1
guankou/v1/{gate}/down/{kind}   central to gate, subscribed at QoS 0, sent again until acknowledged
guankou/v1/{gate}/presence      retained, with a last will
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contract.ids import is_slug

ROOT: Final = "guankou/v1"


class Direction(StrEnum):
    """Which way a message travels."""

    UP = "up"
    DOWN = "down"


class Kind(StrEnum):
    """What a message says; its body's model is in `contract.messages.BODIES`."""

    ALERT = "alert"
    MEASUREMENT = "measurement"
    SECOND_MEASUREMENT = "second-measurement"
    CONFIRMATION = "confirmation"
    HEALTH = "health"
    CHECK = "check"
    DRIFT = "drift"
    DECISION = "decision"
    CERTIFICATE = "certificate"
    INSTRUMENT_STATE = "instrument-state"
    RULES = "rules"
    ACK = "ack"


@dataclass(frozen=True, slots=True)
class Topic:
    """The parts of a message topic."""

    gate: str
    direction: Direction
    kind: Kind

    def __str__(self) -> str:
        return f"{ROOT}/{self.gate}/{self.direction}/{self.kind}"


def parse(topic: str) -> Topic | None:
    """Return the parts of a message topic, or None if it is not one of ours.

    >>> parse("guankou/v1/dock-2/up/alert")
    Topic(gate='dock-2', direction=<Direction.UP: 'up'>, kind=<Kind.ALERT: 'alert'>)
    >>> parse("guankou/v1/dock-2/sideways/alert") is None
    True
    """
    prefix, _, rest = topic.partition(f"{ROOT}/")
    parts = rest.split("/")
    if prefix or len(parts) != 3 or not is_slug(parts[0]):
        return None
    try:
        return Topic(parts[0], Direction(parts[1]), Kind(parts[2]))
    except ValueError:
        return None


def station(gate: str) -> str:
    """Return the levels that all topics of a gate begin with."""
    return f"{ROOT}/{gate}"


def presence(gate: str) -> str:
    """Return the topic on which a gate says that it is there."""
    return f"{ROOT}/{gate}/presence"


def presence_gate(topic: str) -> str | None:
    """Return whose presence a topic tells, or None.

    >>> presence_gate(presence("dock-2"))
    'dock-2'
    """
    prefix, _, rest = topic.partition(f"{ROOT}/")
    gate, _, tail = rest.partition("/")
    return gate if not prefix and tail == "presence" and is_slug(gate) else None


def up_filter() -> str:
    """Return the subscription by which central hears all gates."""
    return f"{ROOT}/+/{Direction.UP}/+"


def own_filter(gate: str) -> str:
    """Return what a gate may publish beside its presence."""
    return f"{ROOT}/{gate}/{Direction.UP}/+"


def down_filter(gate: str) -> str:
    """Return the subscription by which a gate hears central."""
    return f"{ROOT}/{gate}/{Direction.DOWN}/+"


def presence_filter() -> str:
    """Return the subscription by which central hears who is there."""
    return f"{ROOT}/+/presence"
