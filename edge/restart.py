"""What a gate takes up again when its process starts: alerts that wait, and what central has ordered.

A gate that lost its power in the middle of an alert shows the alert, its attempts, its contact measurements and its
decision again, and decides by the certificate, the state and the rules that were in force.
"""

from collections.abc import Iterable

import structlog
from pydantic import ValidationError

from edge import recall
from edge.config import GateConfig
from edge.decisions import Decisions, merged
from edge.instruments import Instruments
from edge.kiosk.cards import Card
from edge.kiosk.screen import Screen
from edge.passages import Ledger
from edge.recall import Waiting
from edge.store import Store

log = structlog.get_logger()


def restore(
    config: GateConfig,
    store: Store,
    *,
    screen: Screen,
    ledger: Ledger,
    instruments: Instruments,
    decisions: Decisions,
) -> None:
    """Read the store and hand everything to its owner."""
    with store.reading() as connection:
        waiting = recall.waiting(connection)
        orphans = recall.orphans(connection)
        states = recall.states(connection)
        said = recall.newest_rules(connection)
        sent = {name: recall.certificates_of(connection, name) for name in instruments.by_id}
        known = recall.known_orders(connection)
    screen.restore(_cards(waiting))
    for decision in orphans:
        screen.cards.decided(decision)
    for one in waiting:
        ledger.restore(one.attempts, [one.body])
    rules = config.rules
    if said is not None:
        try:
            rules = merged(config.rules, said)
        except ValidationError:
            log.exception("stored rules are out of bounds, the configuration's apply", version=said.version)
    instruments.restore(sent, states.values(), rules)
    decisions.restore(known)
    log.info("restored", waiting=len(waiting), rules=rules.version, states=len(states))


def _cards(waiting: Iterable[Waiting]) -> list[Card]:
    return [
        Card(
            id=one.alert,
            passage=one.passage,
            raised_at=one.raised_at,
            alert=one.body,
            attempts=one.attempts,
            seconds=list(one.seconds),
            decision=one.decision,
            taken=one.taken,
            crop_stored=one.crop,
        )
        for one in waiting
    ]
