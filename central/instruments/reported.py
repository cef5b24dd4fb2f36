"""What a gate has done with an instrument by itself, written into central's own table (`science.md` 6).

A gate acts at once and offline: a failed check, a pull to normal, a watch that a clean check ends. Central follows
towards caution whatever the gate says, opens the case and orders the same state, so that from then on only central
lifts it. Back towards service it follows only where its own table lets a technician, on evidence that is here; where
it cannot follow, the gate is told again what central holds, and the expert reads in the case what the gate had done.
"""

import re
from collections.abc import Iterable
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Connection, select

from central.instruments import life
from central.instruments.cases import CaseSource, note, open_case, open_of
from central.instruments.life import Ground, Hand
from central.instruments.lifecycle import CAUTION, MEASURES, Actor
from central.instruments.recalibration import Recalibration
from central.instruments.refusal import InstrumentRefused
from central.store.tables import instrument_reports, instruments
from central.store.writer import Transaction
from contract.messages import InstrumentHealth, InstrumentStateBody
from contract.vocabulary import InstrumentState

SCREEN: Final = "screen"
EVIDENCE: Final = re.compile(
    r"\b(check|linearity|calibration|certificate):([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b"
)
"""How a gate's reason names what it rests on."""

log = structlog.get_logger(__name__)


def register(transaction: Transaction, gate: str, parts: Iterable[InstrumentHealth]) -> None:
    """Write down new screening instruments that their gate names: they begin in COMMISSIONING."""
    for part in parts:
        if part.role == SCREEN and part.state is InstrumentState.COMMISSIONING:
            life.register(transaction, gate, part.instrument)


def premature(connection: Connection, gate: str, said: InstrumentStateBody) -> bool:
    """Say whether what it speaks of has not come yet: left unacknowledged, the gate says it again."""
    named = select(instruments.c.instrument).where(
        instruments.c.gate == gate, instruments.c.instrument == said.instrument
    )
    if connection.execute(named).first() is None:
        return True
    checks = {UUID(number) for kind, number in EVIDENCE.findall(said.reason) if kind == "check"}
    if said.state is not InstrumentState.IN_SERVICE or not checks:
        return False
    known = connection.execute(select(instrument_reports.c.id).where(instrument_reports.c.id.in_(checks))).scalars()
    return not checks <= set(known)


def follow(
    transaction: Transaction, recalibration: Recalibration, gate: str, said: InstrumentStateBody
) -> InstrumentState:
    """Follow a gate's word about one of its instruments; return the state that central holds then.

    Raises UnknownInstrument.
    """
    before = life.current(transaction.connection, gate, said.instrument)
    if said.state is before.state:
        return before.state
    hand = Hand(f"{gate}: {said.ordered_by}", (Actor.TECHNICIAN,), name=gate)
    words = EVIDENCE.sub(r"\1", said.reason)
    why = f"{words} ({gate}, {said.at:%Y-%m-%d %H:%M} UTC)"
    references = tuple(f"{kind}:{number}" for kind, number in EVIDENCE.findall(said.reason))
    try:
        if before.state in MEASURES | {InstrumentState.COMMISSIONING} and CAUTION[said.state] >= CAUTION[before.state]:
            if said.state is InstrumentState.OUT:
                case = open_case(transaction, gate, said.instrument, CaseSource.GATE, hand, why, references)
                references = (f"case:{case}", *references)
            ground = Ground(why, references=references)
            return life.move(transaction, recalibration.dispatch, gate, said.instrument, said.state, hand, ground).state
        return recalibration.tend(transaction, gate, said.instrument, said.state, hand, why).state
    except InstrumentRefused as refused:
        log.info("gate not followed", gate=gate, instrument=said.instrument, state=said.state, why=refused.code)
        if (standing := open_of(transaction.connection, gate, said.instrument)) is not None:
            note(transaction, standing.id, hand, f"at the gate: {said.state}, {why}")
        if CAUTION[before.state] >= CAUTION[said.state]:
            life.insist(transaction, recalibration.dispatch, before)
        return before.state
