"""The fever rule: how probably the body is above the threshold, and what the gate then says (`science.md` 4.3).

Fail closed: without a number or without its uncertainty there is no result, and no result never lets a person pass.
A hotter body never gets a milder verdict, and a larger uncertainty never turns anything into PASS.
"""

import math
from collections.abc import Collection

from contract.messages import Verdict
from contract.vocabulary import Reason, VerdictKind
from edge.config import Rules

UNFIT_TO_PASS: frozenset[Reason] = frozenset({Reason.UNACCLIMATISED, Reason.GROUP_COLD})
"""Reasons with which a normal value says nothing: the skin is still cold, so low and normal readings are no result."""


def p_fever(adjusted_c: float, u_c: float, threshold_c: float) -> float:
    """Return the probability that the body is above the threshold, by the measurement alone; NaN if u is no number > 0.

    No prevalence enters: prior knowledge may change a probability shown, never a temperature (`science.md` 4.6).
    """
    if not (math.isfinite(adjusted_c) and math.isfinite(u_c) and u_c > 0):
        return math.nan
    return 0.5 * math.erfc((threshold_c - adjusted_c) / (u_c * math.sqrt(2)))


def decide(
    rules: Rules,
    adjusted_c: float | None,
    u_c: float | None,
    *,
    refusals: Collection[Reason] = (),
    qualifiers: Collection[Reason] = (),
    strict: bool = False,
) -> Verdict:
    """Return the verdict on one passage.

    `refusals` say why nothing may be decided; `qualifiers` go with any verdict, and those of UNFIT_TO_PASS take the
    place of a PASS. `strict` treats the amber band as alarm, as a suspect instrument must (`science.md` 6).
    """
    if refusals:
        kind, reasons = VerdictKind.NO_RESULT, tuple(refusals)
    elif adjusted_c is None or u_c is None:
        kind, reasons = VerdictKind.NO_RESULT, (Reason.INCOMPLETE,)
    else:
        kind, reasons = _of_number(rules, adjusted_c, u_c, strict=strict)
    if kind is VerdictKind.PASS and UNFIT_TO_PASS.intersection(qualifiers):
        kind = VerdictKind.NO_RESULT
    return Verdict(
        kind=kind,
        reasons=tuple(dict.fromkeys((*reasons, *qualifiers))),
        threshold_c=rules.threshold_c,
        threshold_scale=rules.threshold_scale,
        p_alarm=rules.p_alarm,
        rule=rules.version,
        author=rules.author,
        source=rules.source,
    )


def _of_number(rules: Rules, adjusted_c: float, u_c: float, *, strict: bool) -> tuple[VerdictKind, tuple[Reason, ...]]:
    p = p_fever(adjusted_c, u_c, rules.threshold_c)
    if math.isnan(p):
        return VerdictKind.NO_RESULT, (Reason.INCOMPLETE,)
    if adjusted_c < rules.low_c:
        return VerdictKind.NO_RESULT, (Reason.TOO_COLD,)
    amber = p >= rules.p_amber or adjusted_c >= rules.threshold_c
    if p >= rules.p_alarm or (strict and amber):
        return VerdictKind.ALARM, (Reason.ABOVE_THRESHOLD,)
    return (VerdictKind.AMBER, (Reason.NEAR_THRESHOLD,)) if amber else (VerdictKind.PASS, ())
