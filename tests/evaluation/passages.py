"""People with face temperatures, sent through the edge's own functions as if they had passed a gate."""

from dataclasses import dataclass

import numpy as np

from contract.vocabulary import Reason, Site, VerdictKind
from edge.config import Rules
from edge.decide.rule import decide, p_fever
from edge.measure.body import body
from edge.measure.budget import Reading, budget
from edge.measure.combine import combine
from edge.measure.reference import HOLD_S
from tests.evaluation.face_oral import COLUMNS

SHIPPED = Rules()
REFERENCE_C = 36.0
"""Where the cameras of the study cross: their blackbody."""


@dataclass(frozen=True)
class Passage:
    """One person as the edge would have measured and judged them."""

    oral_c: float
    site: Site | None
    body_c: float | None
    p_fever: float | None
    kind: VerdictKind


def passages(audit, coefficients, *, rules=SHIPPED, sites=tuple(COLUMNS), settled=True, age_s=0.0):
    """Send everyone through the edge's functions.

    `sites` are those that may be measured, `age_s` says how old the reference's offset is.
    """
    refusals = (Reason.REFERENCE_LOST,) if age_s > HOLD_S else ()
    found = []
    for i, oral_c in enumerate(audit.contact_c):
        measured = combine({site: float(audit.skins_c[site][i]) for site in sites}, coefficients)
        ambient_c = float(audit.ambient_c[i])
        if measured is None or not np.isfinite(ambient_c):
            found.append(Passage(oral_c, None, None, None, VerdictKind.NO_RESULT))
            continue
        site, skin_c = measured
        body_c = body(skin_c, ambient_c, coefficients.at(site).k)
        reading = Reading(skin_c, ambient_c, ambient_c, reference_c=REFERENCE_C)
        u_c = budget(reading, coefficients.at(site)).u_c(settled=settled)
        p = p_fever(body_c, u_c, rules.threshold_c)
        found.append(Passage(oral_c, site, body_c, p, decide(rules, body_c, u_c, refusals=refusals).kind))
    return found
