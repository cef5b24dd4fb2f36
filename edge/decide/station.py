"""One instrument's station: from a skin temperature to a measurement and its verdict (`science.md` 3.1, 4.2-4.5).

skin -> heat balance -> body -> baseline -> adjusted -> rule. The station remembers its passers (baseline, group,
cluster); everything that it adds to a value is a term of the measurement, with its size and its uncertainty.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from contract.calibration import Certificate, in_range
from contract.messages import Measurement, Term, Verdict
from contract.vocabulary import Reason, VerdictKind
from edge.config import GateConfig, Rules
from edge.decide.baseline import Baseline, Offset
from edge.decide.cluster import Cluster
from edge.decide.group import Group
from edge.decide.rule import decide, p_fever
from edge.events import Air
from edge.measure.body import body
from edge.measure.budget import FILTER_C, NOISE_C, Budget, Reading, budget
from edge.measure.skin import Skin

COLD_OUTDOORS_C: Final = 10.0
"""People who come in from colder air, or from air this much colder than inside, are not acclimatised at once."""
COLD_LOW_C: Final = 0.8
"""So far below the mean of healthy people, with cold outdoors, a face is taken for not yet warm: one in twenty-five of
those who have warmed up reads so low, and most of those who came in less than four minutes ago."""

_OF_STEP: Final = {
    "certificate": ("calibration",),
    "atmosphere": ("atmosphere",),
    "reference": ("reference", "reference_filter"),
    "emissivity": ("emissivity", "reflected"),
    "spot": ("spot",),
    "body": ("person", "air", "environment"),
}
"""Which components of the budget belong to which correction; the others are terms of their own, of size 0."""


@dataclass(frozen=True, slots=True)
class PersonValue:
    """One person's value and the circumstances in which it was taken."""

    skin: Skin
    air: Air
    frames_used: int
    spread_c: float
    """Standard deviation between the frames it was chosen from."""
    reference_c: float | None
    """What the reference in view should read; None: there is none."""
    reference_u_c: float
    filter_u_c: float
    offset_c: float | None
    reflected_c: float | None
    """Radiant temperature of what faces the face; None: the air's."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose value it is."""

    passage: UUID
    number: int
    at: datetime


class Station:
    """The passers of one instrument."""

    def __init__(self, instrument: str, config: GateConfig) -> None:
        self._gate = config.gate.id
        self._instrument = instrument
        self._radiometry = config.radiometry
        self._surroundings = config.surroundings
        self._version = config.version()
        self._rules = config.rules
        self._sites = config.sites
        self._baseline = Baseline(config.rules)
        self._group = Group(config.rules)
        self._cluster = Cluster()

    @property
    def hot_c(self) -> float:
        """Above this it is an object, not skin."""
        return self._rules.hot_c

    @property
    def cluster(self) -> bool:
        """Whether too many are alarming at once: for the supervisor."""
        return self._cluster.active

    def obey(self, rules: Rules) -> None:
        """Decide by these rules from now on; known passers are kept."""
        self._rules = rules
        self._baseline.obey(rules)

    def refuse(
        self, whose: Whose, measurement_id: UUID, reasons: Collection[Reason], air: Air
    ) -> tuple[Measurement, Verdict]:
        """Return the measurement without numbers, and NO_RESULT with its reasons."""
        measurement = self._measurement(whose, measurement_id, {"ambient_c": air.ambient_c})
        return measurement, decide(self._rules, None, None, refusals=tuple(reasons) or (Reason.INCOMPLETE,))

    def measure(
        self,
        whose: Whose,
        measurement_id: UUID,
        person: PersonValue,
        certificate: Certificate,
        *,
        qualifiers: Collection[Reason] = (),
        strict: bool = False,
    ) -> tuple[Measurement, Verdict]:
        """Return the measurement of a person with all its terms, and the verdict; the person enters the baseline."""
        ambient_c = person.air.ambient_c
        if ambient_c is None:
            return self.refuse(whose, measurement_id, (Reason.AMBIENT_MISSING,), person.air)
        skin, site = person.skin, self._sites.at(person.skin.site)
        sums = budget(self._reading(person, ambient_c), site, certificate)
        body_c = body(skin.skin_c, ambient_c, site.k)
        offset = self._baseline.at(whose.at, frozen=self._cluster.freezes)
        adjusted_c = body_c - offset.offset_c
        u_c = sums.u_c(settled=offset.settled)
        refusals = () if in_range(certificate, skin.indicated_c) else (Reason.OUT_OF_CALIBRATED_RANGE,)
        flags = self._qualifiers(whose.at, person.air, offset, adjusted_c, qualifiers)
        verdict = decide(self._rules, adjusted_c, u_c, refusals=refusals, qualifiers=flags, strict=strict)
        p = p_fever(adjusted_c, u_c, self._rules.threshold_c)
        numbers = {
            "indicated_c": skin.indicated_c,
            "skin_c": skin.skin_c,
            "body_c": body_c,
            "adjusted_c": adjusted_c,
            "u_c": u_c if math.isfinite(u_c) else None,
            "p_fever": p if math.isfinite(p) else None,
            "site": skin.site,
            "ambient_c": ambient_c,
            "reference_offset_c": person.offset_c,
            "baseline_c": offset.offset_c,
            "frames_used": person.frames_used,
            "certificate_id": certificate.id,
            "coefficients": f"{self._sites.version}, {self._sites.author}",
            "terms": _terms(skin, sums, body_c, offset),
            "flags": tuple(flags),
        }
        self._remember(whose.at, body_c, verdict)
        return self._measurement(whose, measurement_id, numbers), verdict

    def _reading(self, person: PersonValue, ambient_c: float) -> Reading:
        radiometry, surroundings = self._radiometry, self._surroundings
        return Reading(
            skin_c=person.skin.skin_c,
            ambient_c=ambient_c,
            reflected_c=ambient_c if person.reflected_c is None else person.reflected_c,
            u_ambient_c=person.air.u_ambient_c,
            emissivity=radiometry.emissivity,
            u_emissivity=radiometry.u_emissivity,
            u_reflected_c=radiometry.u_reflected_c,
            reference_c=person.reference_c,
            reference_u_c=person.reference_u_c,
            filter_u_c=max(FILTER_C, person.filter_u_c),
            spot_u_c=person.skin.spot_u_c,
            noise_u_c=max(NOISE_C, person.spread_c / math.sqrt(max(1, person.frames_used))),
            ok_low_c=surroundings.ok_low_c,
            ok_high_c=surroundings.ok_high_c,
        )

    def _qualifiers(
        self, at: datetime, air: Air, offset: Offset, adjusted_c: float, given: Collection[Reason]
    ) -> list[Reason]:
        flags = list(dict.fromkeys(given))
        ambient_c = air.ambient_c
        if ambient_c is not None and not self._surroundings.ok_low_c <= ambient_c <= self._surroundings.ok_high_c:
            flags.append(Reason.ENVIRONMENT_OUT_OF_RANGE)
        if offset.out_of_model:
            flags.append(Reason.BASELINE_OUT_OF_MODEL)
        if adjusted_c < max(self._rules.low_c, self._rules.body_mean_c - COLD_LOW_C) and _cold_outdoors(air):
            flags.append(Reason.UNACCLIMATISED)
        if (group := self._group.reason(at, offset.offset_c)) is not None:
            flags.append(group)
        if self._cluster.active:
            flags.append(Reason.CLUSTER)
        return flags

    def _remember(self, at: datetime, body_c: float, verdict: Verdict) -> None:
        """Let the passer enter; low readers too: leaving them out on a cold day would lock the baseline up."""
        if Reason.OUT_OF_CALIBRATED_RANGE in verdict.reasons:
            return
        self._baseline.take(at, body_c)
        self._group.take(at, body_c)
        self._cluster.take(at, alarmed=verdict.kind is VerdictKind.ALARM)

    def _measurement(self, whose: Whose, measurement_id: UUID, numbers: Mapping[str, object]) -> Measurement:
        return Measurement.model_validate(
            {
                "id": measurement_id,
                "gate": self._gate,
                "instrument": self._instrument,
                "passage": whose.passage,
                "attempt": whose.number,
                "at": whose.at,
                "config_version": self._version,
                **numbers,
            }
        )


def _cold_outdoors(air: Air) -> bool:
    if air.outdoor_c is None or air.ambient_c is None:
        return False
    return air.outdoor_c < max(COLD_OUTDOORS_C, air.ambient_c - COLD_OUTDOORS_C)


def _terms(skin: Skin, sums: Budget, body_c: float, offset: Offset) -> tuple[Term, ...]:
    parts = sums.shares_c(settled=offset.settled)
    sizes = {step.name: step.size_c for step in skin.steps} | {"body": body_c - skin.skin_c}
    for step, components in _OF_STEP.items():
        if step not in sizes and any(parts.get(name) for name in components):
            sizes[step] = 0.0  # an uncertainty without a correction: the certificate of an instrument that has none
    terms = [
        Term(name=name, size_c=size_c, u_c=math.hypot(*(parts.pop(part, 0.0) for part in _OF_STEP.get(name, ()))))
        for name, size_c in sizes.items()
    ]
    terms += [Term(name=name, size_c=0.0, u_c=u_c) for name, u_c in parts.items()]
    terms.append(Term(name="baseline", size_c=-offset.offset_c, u_c=0.0))
    return tuple(terms)
