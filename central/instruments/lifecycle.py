"""The life of an instrument as a table (`science.md` 6).

Theory of operation. An instrument that reads wrong must leave service quickly and come back only through a person who
knows. So the table has two kinds of rows: those that go towards caution (anybody, software included, may take them at
once) and those that go back towards service (only the named roles, never software). RECAL and VERIFY are different
people's work where two are there: the one who adjusted does not also release, unless nobody else can, and then that is
recorded. Every transition is journalled with who, when, evidence and reason; none is ever deleted.

    commissioning ──> in_service <──> watch ──> suspect ──> out ──> recal ──> verify ──> in_service
                          └──────────────────────┴──────────┘ (towards caution, from any state that measures)
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from central.instruments.refusal import InstrumentRefused
from contract.vocabulary import InstrumentState, Role


class Actor(StrEnum):
    """Who takes a transition: a role of a person, or the system."""

    SYSTEM = "system"
    TECHNICIAN = Role.TECHNICIAN.value
    EXPERT = Role.EXPERT.value
    SUPERVISOR = Role.SUPERVISOR.value
    DUTY_OFFICER = Role.DUTY_OFFICER.value


class Evidence(StrEnum):
    """What must be on the table before a transition may be taken."""

    NONE = "none"
    PASSED_CHECK = "passed_check"
    """3 x 10 readings, |r| <= 0.15 °C."""
    PASS_CERTIFICATE = "pass_certificate"  # noqa: S105  # not a password
    """As left in zone PASS with guard band w = U."""
    AS_FOUND = "as_found"
    """The error as found, measured BEFORE any adjustment."""
    COMMISSIONED = "commissioned"
    """A certificate in zone PASS, and five passed checks under it."""


class TransitionRefused(InstrumentRefused):
    """The table has no such transition for this actor, or its evidence is missing; the text says what is needed."""

    @property
    def missing(self) -> bool:
        """Whether only the evidence is missing."""
        return "needs" in self.code


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table."""

    source: InstrumentState
    target: InstrumentState
    actors: frozenset[Actor]
    evidence: Evidence = Evidence.NONE


_S = InstrumentState
_SYSTEM, _TECHNICIAN, _EXPERT, _SUPERVISOR, _OFFICER = (
    Actor.SYSTEM,
    Actor.TECHNICIAN,
    Actor.EXPERT,
    Actor.SUPERVISOR,
    Actor.DUTY_OFFICER,
)


def _row(
    source: InstrumentState, target: InstrumentState, *actors: Actor, evidence: Evidence = Evidence.NONE
) -> Transition:
    return Transition(source, target, frozenset(actors), evidence)


TABLE: Final = (
    _row(_S.COMMISSIONING, _S.IN_SERVICE, _EXPERT, evidence=Evidence.COMMISSIONED),
    # towards caution
    _row(_S.IN_SERVICE, _S.WATCH, _SYSTEM, _TECHNICIAN, _EXPERT),
    _row(_S.IN_SERVICE, _S.SUSPECT, _SYSTEM, _TECHNICIAN, _EXPERT, _OFFICER),
    _row(_S.IN_SERVICE, _S.OUT, _SYSTEM, _TECHNICIAN, _EXPERT),
    _row(_S.WATCH, _S.SUSPECT, _SYSTEM, _TECHNICIAN, _EXPERT, _OFFICER),
    _row(_S.WATCH, _S.OUT, _SYSTEM, _TECHNICIAN, _EXPERT),
    _row(_S.SUSPECT, _S.OUT, _SYSTEM, _TECHNICIAN, _EXPERT),
    _row(_S.COMMISSIONING, _S.OUT, _TECHNICIAN, _EXPERT),
    # another unit was put in its place
    *(_row(state, _S.COMMISSIONING, _TECHNICIAN, _EXPERT) for state in (_S.IN_SERVICE, _S.WATCH, _S.SUSPECT)),
    # back towards service
    _row(_S.WATCH, _S.IN_SERVICE, _TECHNICIAN, _EXPERT, evidence=Evidence.PASSED_CHECK),
    _row(_S.SUSPECT, _S.IN_SERVICE, _EXPERT, evidence=Evidence.PASSED_CHECK),
    _row(_S.OUT, _S.RECAL, _EXPERT),
    _row(_S.RECAL, _S.VERIFY, _EXPERT, evidence=Evidence.AS_FOUND),
    _row(_S.RECAL, _S.OUT, _EXPERT),
    _row(_S.VERIFY, _S.IN_SERVICE, _EXPERT, evidence=Evidence.PASS_CERTIFICATE),
    _row(_S.VERIFY, _S.OUT, _EXPERT),
    # the end
    *(
        _row(state, _S.RETIRED, _SUPERVISOR)
        for state in (_S.COMMISSIONING, _S.IN_SERVICE, _S.WATCH, _S.SUSPECT, _S.OUT, _S.RECAL, _S.VERIFY)
    ),
)

CAUTION: Final[dict[InstrumentState, int]] = {
    _S.IN_SERVICE: 0,
    _S.WATCH: 1,
    _S.SUSPECT: 2,
    _S.OUT: 3,
    _S.RECAL: 3,
    _S.VERIFY: 3,
    _S.COMMISSIONING: 3,
    _S.RETIRED: 4,
}
"""How far from deciding on people a state is; software only moves upwards."""

MEASURES: Final = frozenset({_S.IN_SERVICE, _S.WATCH, _S.SUSPECT})
"""States in which the gate may give verdicts at all."""


def transition(
    source: InstrumentState, target: InstrumentState, actor: Actor, evidence: frozenset[Evidence] = frozenset()
) -> Transition:
    """Return the row that allows this step; raises TransitionRefused, saying what is missing."""
    row = next((row for row in TABLE if (row.source, row.target) == (source, target)), None)
    if row is None:
        onward = ", ".join(sorted(row.target for row in TABLE if row.source is source)) or "nowhere"
        raise TransitionRefused(
            "life.no_such_step",
            f"from {source} an instrument goes to {onward}, not to {target}",
            source=source,
            target=target,
        )
    if actor not in row.actors:
        who = ", ".join(sorted(row.actors))
        raise TransitionRefused(
            "life.not_for_you", f"{source} to {target} is for {who}, not for {actor}", source=source, target=target
        )
    if row.evidence is not Evidence.NONE and row.evidence not in evidence:
        raise TransitionRefused(f"life.needs_{row.evidence}", f"{source} to {target} needs {row.evidence}")
    return row


def allowed(source: InstrumentState, actor: Actor) -> tuple[Transition, ...]:
    """Return the steps that this actor may take from a state."""
    return tuple(row for row in TABLE if row.source is source and actor in row.actors)
