"""How a thing is timed: the best of several rounds, and percentiles of many single ones."""

import time
from collections.abc import Callable, Sequence

import numpy as np


def seconds_each(work: Callable[[], object], *, least_s: float = 0.3, rounds: int = 5) -> float:
    """Return the seconds of one call, as the fastest of `rounds` rounds of at least `least_s` in all."""
    work()
    n, best = 1, float("inf")
    for _ in range(rounds):
        while True:
            start = time.perf_counter()
            for _ in range(n):
                work()
            took = time.perf_counter() - start
            if took >= least_s / rounds:
                break
            n *= 2
        best = min(best, took / n)
    return best


def seconds_once(work: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def least_in_turn(*works: Callable[[], object], times: int = 400) -> list[float]:
    """Return the least seconds of one call of each, taken in turn: to compare them on a machine that others use."""
    least = [float("inf")] * len(works)
    for _ in range(times):
        least = [min(best, seconds_once(work)) for best, work in zip(least, works, strict=True)]
    return least


def percentiles(values: Sequence[float]) -> str:
    """Return `p50 / p99 / max (n)` of some values."""
    p50, p99 = np.percentile(values, (50, 99))
    return f"p50 {p50:8.2f}   p99 {p99:8.2f}   max {max(values):8.2f}   (n {len(values)})"
