"""Areas under ROC curves with DeLong's interval, and simple rates (DeLong et al. 1988; Sun and Xu 2014)."""

import math

import numpy as np


def midranks(values):
    """Return ranks from 1, ties sharing their mean."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.searchsorted(ordered, ordered, side="left")
    ends = np.searchsorted(ordered, ordered, side="right")
    ranks = np.empty(len(values))
    ranks[order] = (starts + ends + 1) / 2
    return ranks


def auc(febrile, healthy):
    """Return (area, low, high): P(febrile > healthy) with its 95 % interval, formed on the logit scale."""
    m, n = len(febrile), len(healthy)
    if min(m, n) < 2:
        return math.nan, math.nan, math.nan
    together = midranks(np.concatenate([febrile, healthy]))
    area = (together[:m].sum() - m * (m + 1) / 2) / (m * n)
    v10 = (together[:m] - midranks(febrile)) / n
    v01 = 1 - (together[m:] - midranks(healthy)) / m
    se = math.sqrt(v10.var(ddof=1) / m + v01.var(ddof=1) / n)
    if not 0 < area < 1:
        return float(area), float(area), float(area)
    logit, spread = math.log(area / (1 - area)), 1.96 * se / (area * (1 - area))
    return float(area), *(1 / (1 + math.exp(-(logit + sign * spread))) for sign in (-1, 1))


def wilson(hits, n):
    """Return the 95 % interval of a share."""
    if n == 0:
        return math.nan, math.nan
    z, p = 1.96, hits / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
