"""Twins: what two instruments of one gate say of the same people (`science.md` 5.2 c).

Whoever passes one instrument and then the other is measured twice within a minute. Nobody tells which passages belong
together, so those nearest in time to each other are taken for one person's. A wrong pair is two people drawn from the
same crowd: its difference is wide but leans to no side, so the median of a day holds all the same, and the spread of
the day says by itself whether it came from the same people (0.2 to 0.4 °C) or from parallel lanes (0.7 °C).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final

import numpy as np

TOGETHER_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One person at one instrument."""

    instrument: str
    at: datetime
    body_c: float


def differences(seen: Iterable[Seen]) -> dict[str, list[float]]:
    """Return for each instrument of a gate how much it said more than the others did of the same people, °C.

    With more than two instruments the median of the others counts, so that one that drifts shows in its own series.
    """
    by: dict[str, list[Seen]] = defaultdict(list)
    for one in sorted(seen, key=lambda one: one.at):
        by[one.instrument].append(one)
    said: dict[str, dict[int, list[float]]] = {name: defaultdict(list) for name in by}
    for name, own in by.items():
        for other, theirs in by.items():
            if other != name:
                for mine, its in _pairs(own, theirs):
                    said[name][mine].append(theirs[its].body_c)
    return {
        name: [by[name][mine].body_c - median(others) for mine, others in found.items()]
        for name, found in said.items()
        if found
    }


def _pairs(first: list[Seen], second: list[Seen]) -> list[tuple[int, int]]:
    """Return the indices of those that are each other's nearest, no more than a minute apart."""
    a, b = (np.array([one.at.timestamp() for one in ones]) for ones in (first, second))
    to_b, to_a = _nearest(a, b), _nearest(b, a)
    return [
        (mine, int(its)) for mine, its in enumerate(to_b) if to_a[its] == mine and abs(a[mine] - b[its]) <= TOGETHER_S
    ]


def _nearest(of: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return for each time the index of the nearest one; both are in order."""
    right = np.clip(np.searchsorted(among, of), 1, max(len(among) - 1, 1))
    if len(among) == 1:
        return np.zeros(len(of), dtype=int)
    return np.where(of - among[right - 1] <= among[right] - of, right - 1, right)
