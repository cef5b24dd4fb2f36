"""The state that central holds an instrument in, the journal of how it came there, and the order to its gate.

State, journal row and order are one transaction: what central shows as out of service is on its way to the gate. A new
order takes back the one before if that has not left yet. Software moves only towards caution; `lifecycle.TABLE` holds
the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Row, select

from central.access.sessions import Session
from central.dispatch import Dispatch
from central.instruments.lifecycle import CAUTION, Actor, Evidence, Transition, TransitionRefused, allowed, transition
from central.instruments.refusal import UnknownInstrument
from central.store.chain import append
from central.store.dialect import upsert
from central.store.instrument_tables import instrument_journal, instrument_lives
from central.store.tables import instruments
from central.store.writer import Transaction
from contract.messages import InstrumentStateBody
from contract.vocabulary import InstrumentState

_ROLES: Final = {actor.value for actor in Actor}


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does something about an instrument, and in which roles."""

    who: str
    actors: tuple[Actor, ...]
    address: str = ""
    account: UUID | None = None
    name: str = ""
    """Of the account, for the audit log."""

    @classmethod
    def of(cls, session: Session) -> "Hand":
        """Return the hand of somebody who is logged in."""
        account = session.account
        actors = tuple(Actor(role.value) for role in sorted(account.roles) if role.value in _ROLES)
        return cls(account.full_name, actors, session.address, account.id, account.name)


SYSTEM: Final = Hand("system", (Actor.SYSTEM,), name="system")


@dataclass(frozen=True, slots=True)
class Life:
    """Where an instrument stands."""

    gate: str
    instrument: str
    state: InstrumentState
    since: datetime
    who: str
    reason: str
    verified_at: datetime | None = None
    reset_at: datetime | None = None
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What a transition rests on."""

    reason: str
    have: frozenset[Evidence] = frozenset()
    references: tuple[str, ...] = ()
    """`kind:id` of checks, certificates, cases, streams."""
    certificate_sha256: str = ""


def current(connection: Connection, gate: str, instrument: str) -> Life:
    """Return the state that central holds; in service while nothing was ever written. Raises UnknownInstrument.

    What a gate's health tells of a state is not taken over: a gate that changes one says so in a message of its own,
    with who, when and why (`reported`).
    """
    where = instrument_lives.c.gate == gate, instrument_lives.c.instrument == instrument
    row = connection.execute(select(instrument_lives).where(*where)).one_or_none()
    if row is not None:
        return _life(row)
    told = connection.execute(
        select(instruments).where(instruments.c.gate == gate, instruments.c.instrument == instrument)
    ).one_or_none()
    if told is None:
        raise UnknownInstrument(gate, instrument)
    return Life(gate, instrument, InstrumentState.IN_SERVICE, told.first_seen_at, gate, "")


def lives(connection: Connection) -> dict[tuple[str, str], Life]:
    """Return every instrument that central has ordered a state for."""
    return {(row.gate, row.instrument): _life(row) for row in connection.execute(select(instrument_lives))}


def journal(connection: Connection, gate: str, instrument: str) -> list[Row[tuple[object, ...]]]:
    """Return the journal of an instrument, the newest first."""
    where = instrument_journal.c.gate == gate, instrument_journal.c.instrument == instrument
    query = select(instrument_journal).where(*where).order_by(instrument_journal.c.number.desc())
    return list(connection.execute(query).all())


def steps(state: InstrumentState, hand: Hand) -> tuple[Transition, ...]:
    """Return the transitions that somebody may take from a state, each once."""
    return tuple({row.target: row for actor in hand.actors for row in allowed(state, actor)}.values())


def register(transaction: Transaction, gate: str, instrument: str) -> None:
    """Write down a new instrument; one that has a state already keeps it. Its gate holds it there by itself."""
    connection = transaction.connection
    own = instrument_lives.c.gate == gate, instrument_lives.c.instrument == instrument
    if connection.execute(select(instrument_lives.c.state).where(*own)).first() is not None:
        return
    new = InstrumentState.COMMISSIONING
    life = Life(gate, instrument, new, transaction.at, gate, "registered")
    _keep(connection, life)
    _write(transaction, new, life, Hand(gate, ()), Actor.SYSTEM, Ground(life.reason))


def insist(transaction: Transaction, dispatch: Dispatch, life: Life) -> None:
    """Tell the gate again what central holds, in the place of an order that may still wait."""
    if life.order_id is not None:
        dispatch.withdraw(transaction, life.order_id)
    order = InstrumentStateBody(
        instrument=life.instrument, state=life.state, reason=life.reason, ordered_by=life.who, at=transaction.at
    )
    _keep(transaction.connection, replace(life, order_id=dispatch.send(transaction, life.gate, order)))


def move(
    transaction: Transaction,
    dispatch: Dispatch,
    gate: str,
    instrument: str,
    target: InstrumentState,
    hand: Hand,
    ground: Ground,
) -> Life:
    """Take a transition, journal it and order the gate. Raises TransitionRefused, UnknownInstrument."""
    before = current(transaction.connection, gate, instrument)
    actor = _actor(before.state, target, hand.actors, ground.have)
    if before.order_id is not None:
        dispatch.withdraw(transaction, before.order_id)
    order = InstrumentStateBody(
        instrument=instrument, state=target, reason=ground.reason, ordered_by=hand.who, at=transaction.at
    )
    back, released = target is InstrumentState.IN_SERVICE, Evidence.PASS_CERTIFICATE in ground.have
    after = Life(
        gate,
        instrument,
        target,
        since=transaction.at,
        who=hand.who,
        reason=ground.reason,
        verified_at=transaction.at if back and released else before.verified_at,
        reset_at=transaction.at if back else before.reset_at,
        order_id=dispatch.send(transaction, gate, order),
    )
    _keep(transaction.connection, after)
    _write(transaction, before.state, after, hand, actor, ground)
    return after


def _write(
    transaction: Transaction, source: InstrumentState, after: Life, hand: Hand, actor: Actor, ground: Ground
) -> None:
    row = {
        "at": transaction.at,
        "gate": after.gate,
        "instrument": after.instrument,
        "from_state": source,
        "to_state": after.state,
        "who": hand.who[:80],
        "actor": actor,
        "reason": ground.reason,
        "evidence": " ".join(ground.references),
        "certificate": ground.certificate_sha256,
        "address": hand.address[:60],
    }
    append(transaction.connection, instrument_journal, row)


def _actor(
    source: InstrumentState, target: InstrumentState, actors: Iterable[Actor], have: frozenset[Evidence]
) -> Actor:
    """Return the role in which the step is taken. Raises TransitionRefused with the refusal that comes nearest."""
    refusals: list[TransitionRefused] = []
    for actor in actors:
        try:
            transition(source, target, actor, have)
        except TransitionRefused as refusal:
            refusals.append(refusal)
            continue
        if actor is Actor.SYSTEM and CAUTION[target] <= CAUTION[source]:
            continue
        return actor
    nearest = [refusal for refusal in refusals if refusal.missing] or refusals
    if nearest:
        raise nearest[0]
    raise TransitionRefused(
        "life.not_for_you", f"{source} to {target} is for other roles", source=source, target=target
    )


def _keep(connection: Connection, life: Life) -> None:
    row = {name: getattr(life, name) for name in instrument_lives.c.keys()}  # noqa: SIM118  # columns, not a dict
    upsert(connection, instrument_lives, row)


def _life(row: Row[tuple[object, ...]]) -> Life:
    values = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's public way to a row's names
    return Life(**{**values, "state": InstrumentState(values["state"])})
