"""A gate for crowds: the edge's own baseline, budget, heat balance, rule, group and cluster, person by person."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import NormalDist

import numpy as np

from contract.vocabulary import Reason, VerdictKind
from edge.config import Rules
from edge.decide.baseline import Baseline
from edge.decide.cluster import Cluster
from edge.decide.group import Group
from edge.decide.rule import decide
from edge.measure.body import SITES, body
from edge.measure.budget import (
    FILTER_C,
    NOISE_C,
    NON_UNIFORMITY_C,
    REFERENCE_C,
    SIZE_OF_SOURCE_C,
    Reading,
    budget,
)

MIDNIGHT = datetime(2026, 1, 24, tzinfo=UTC)
_LEFT = 0.25  # share of the non-uniformity's variance that differs from person to person
PERSON_NOISE_C = float(np.sqrt(_LEFT * NON_UNIFORMITY_C**2 + SIZE_OF_SOURCE_C**2 + FILTER_C**2 + NOISE_C**2))
DAY_NOISE_C = float(np.sqrt((1 - _LEFT) * NON_UNIFORMITY_C**2 + REFERENCE_C**2))
AIR_NOISE_C = 0.5
RULES = Rules()
NORMAL = NormalDist()


def days(rng, n):
    """Yield each day's error of the camera and of the air sensor, °C.

    Drawn from as many equal parts of their distributions as there are days: a few days then tell what many would.
    """
    parts = [(rng.permutation(n) + rng.random(n)) / n for _ in range(2)]
    for camera, air in zip(*parts, strict=True):
        yield DAY_NOISE_C * NORMAL.inv_cdf(camera), AIR_NOISE_C * NORMAL.inv_cdf(air)


@cache
def u_c(site, skin_c, ambient_c, settled):
    """Return the edge's uncertainty, to the half degree of skin and air: it hardly depends on either."""
    return budget(Reading(skin_c, ambient_c, ambient_c, reference_c=36.0), SITES[site]).u_c(settled=settled)


@dataclass
class Gate:
    """One instrument with a reference in view, over one or more days."""

    site: object
    freeze: bool = True
    baseline: Baseline = field(default_factory=lambda: Baseline(RULES))
    group: Group = field(default_factory=lambda: Group(RULES))
    cluster: Cluster = field(default_factory=Cluster)

    def day(self, rng, crowd, number=0, ghosts=None, errors_c=None):
        """Send a crowd through; return its outcome.

        `ghosts` are people who are judged at the same moments but enter nothing: with them sensitivity is known well
        at the true, low prevalence. `errors_c` are the day's, of camera and air sensor.
        """
        bias_c, air_bias_c = next(days(rng, 1)) if errors_c is None else errors_c
        noise = PERSON_NOISE_C * rng.standard_normal((2, len(crowd)))
        outcome = Outcome(len(crowd))
        for i, hour in enumerate(crowd.hour):
            at = MIDNIGHT + timedelta(days=number, hours=float(hour))
            ambient_c = float(crowd.air_c[i] + air_bias_c)
            b = self.baseline.at(at, frozen=self.freeze and self.cluster.freezes)
            seen_c = float(crowd.skins_c[self.site][i] + bias_c + noise[0, i])
            body_c, verdict = self._judge(seen_c, ambient_c, b)
            if ghosts is not None:
                ghost_c = float(ghosts.skins_c[self.site][i] + bias_c + noise[1, i])
                outcome.ghosts[i] = self._judge(ghost_c, ambient_c, b)[1].kind is VerdictKind.ALARM
            outcome.enter(i, verdict.kind, b.offset_c, self.group.reason(at, b.offset_c), self.cluster.active)
            self.baseline.take(at, body_c)
            self.group.take(at, body_c)
            self.cluster.take(at, alarmed=verdict.kind is VerdictKind.ALARM)
        return outcome

    def _judge(self, seen_c, ambient_c, b):
        body_c = body(seen_c, ambient_c, SITES[self.site].k)
        u = u_c(self.site, round(2 * seen_c) / 2, round(2 * ambient_c) / 2, b.settled)
        return body_c, decide(RULES, body_c - b.offset_c, u)


class Outcome:
    """What happened to each person of a crowd."""

    def __init__(self, n):
        self.alarms, self.no_results, self.ghosts = (np.zeros(n, bool) for _ in range(3))
        self.cold, self.warm, self.clusters = (np.zeros(n, bool) for _ in range(3))
        self.offsets_c = np.zeros(n)

    def enter(self, i, kind, offset_c, group, cluster):
        self.alarms[i] = kind is VerdictKind.ALARM
        self.no_results[i] = kind is VerdictKind.NO_RESULT
        self.offsets_c[i] = offset_c
        self.cold[i], self.warm[i] = group is Reason.GROUP_COLD, group is Reason.GROUP_WARM
        self.clusters[i] = cluster
