"""Randomness as a pure function of a seed, names and time: whatever is asked again, or first, answers the same.

A simulated second must not depend on how often the simulation was asked before it, so no generator is kept between
calls: each draw has its own stream, named after what it is for.
"""

import zlib
from collections import OrderedDict
from typing import Final

import numpy as np
from numpy.typing import NDArray

CHUNK_S: Final = 6 * 3600.0
"""A walk returns to zero this often, so that days of it stay bounded without looking back to the start."""
KNOT_S: Final = 60.0


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator for one purpose; equal arguments give equal draws on every machine."""
    words = [zlib.crc32(name.encode()) if isinstance(name, str) else name & 0xFFFF_FFFF for name in names]
    return np.random.default_rng([seed & 0xFFFF_FFFF, *words])


class Walk:
    """A random walk that is a pure function of time: Brownian bridges of six hours, one after another.

    Within minutes it moves with the SD given per root minute (`science.md` 7, noise: .01-.02); over days it stays
    within a few tenths, as an instrument does that is re-zeroed now and then.
    """

    __slots__ = ("_chunks", "_names", "_sd", "_seed")

    def __init__(self, seed: int, *names: str | int, sd_per_root_min: float) -> None:
        self._seed = seed
        self._names = names
        self._sd = sd_per_root_min
        self._chunks: OrderedDict[int, NDArray[np.float64]] = OrderedDict()

    def at(self, t_s: float) -> float:
        """Return the walk's value at a time of the simulation, which may be negative."""
        chunk, into_s = divmod(t_s, CHUNK_S)
        knots = self._knots(int(chunk))
        place = into_s / KNOT_S
        low = int(place)
        return float(knots[low] + (place - low) * (knots[low + 1] - knots[low]))

    def _knots(self, chunk: int) -> NDArray[np.float64]:
        found = self._chunks.get(chunk)
        if found is None:
            n = int(CHUNK_S / KNOT_S)
            steps = stream(self._seed, "walk", *self._names, chunk).standard_normal(n) * self._sd
            found = np.concatenate([[0.0], np.cumsum(steps)])
            found -= np.linspace(0.0, 1.0, n + 1) * found[-1]
            found = np.append(found, 0.0)  # so that the last knot has a right neighbour
            self._chunks[chunk] = found
            while len(self._chunks) > 4:
                self._chunks.popitem(last=False)
        return found
