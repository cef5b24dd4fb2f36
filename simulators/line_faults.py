"""What can happen to bytes between a device and its host: cut, flipped, merged, lost, mixed with garbage.

Each fault strikes a message of the device with its own probability, within its span of time: `cut:0.1@60-120`. Seeded;
what it does depends on the number of the message alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Final, Self

import numpy as np

from simulators.chance import stream
from simulators.sensor_faults import FaultRefused, parse_fault


class LineFaultKind(StrEnum):
    """The faults of a line; the size is the share of messages that suffer."""

    CUT = "cut"
    """The message's end is missing."""
    FLIP = "flip"
    """One bit is the other way round."""
    MERGE = "merge"
    """A stretch across the border of two messages is missing, so they run into each other."""
    SILENCE = "silence"
    """The message does not come."""
    GARBAGE = "garbage"
    """Other bytes come before the message."""


DEFAULT_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class LineFault:
    """One fault of a plan."""

    kind: LineFaultKind
    share: float = DEFAULT_SHARE
    from_s: float = 0.0
    until_s: float = inf


class LineFaults:
    """All faults of one line. Keeps the tail of a merged message, so it belongs to one port."""

    def __init__(self, faults: Iterable[LineFault] = (), *, seed: int = 0) -> None:
        self._faults = tuple(faults)
        self._seed = seed
        self._number = 0
        self._lose_head = 0

    @classmethod
    def parse(cls, texts: Iterable[str], *, seed: int = 0) -> Self:
        """Return the plan for texts such as `cut:0.1@60-120`. Raises FaultRefused."""
        plan = []
        for text in texts:
            name, share, from_s, until_s = parse_fault(text)
            try:
                kind = LineFaultKind(name)
            except ValueError:
                raise FaultRefused(f"{name!r} is no line fault; there are {', '.join(LineFaultKind)}") from None
            share = (1.0 if kind is LineFaultKind.SILENCE else DEFAULT_SHARE) if share is None else share
            if not 0 < share <= 1:
                raise FaultRefused(f"{text!r}: the share of messages must lie between 0 and 1")
            plan.append(LineFault(kind, share, from_s, until_s))
        return cls(plan, seed=seed)

    def carry(self, message: bytes, t_s: float) -> bytes:
        """Return what arrives of one message of the device."""
        if not message or not self._faults:
            return message
        rng = stream(self._seed, "line", self._number)
        self._number += 1
        message = message[self._lose_head :]
        self._lose_head = 0
        for fault in self._faults:
            strikes = rng.random() < fault.share
            if strikes and fault.from_s <= t_s < fault.until_s and message:
                message = self._strike(fault.kind, message, rng)
        return message

    def _strike(self, kind: LineFaultKind, message: bytes, rng: np.random.Generator) -> bytes:
        if kind is LineFaultKind.SILENCE:
            return b""
        if kind is LineFaultKind.GARBAGE:
            return rng.bytes(int(rng.integers(1, 40))) + message
        place = int(rng.integers(len(message)))
        if kind is LineFaultKind.FLIP:
            return message[:place] + bytes((message[place] ^ 1 << int(rng.integers(8)),)) + message[place + 1 :]
        if kind is LineFaultKind.MERGE:
            self._lose_head = int(rng.integers(1, 8))
        return message[:place] if place else message[:1]


def sort_faults(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """Part the texts of one command line into those about the sensor and those about the line. Raises FaultRefused."""
    sensor: list[str] = []
    line: list[str] = []
    for text in texts:
        name = parse_fault(text)[0]
        (line if name in set(LineFaultKind) else sensor).append(text)
    return sensor, line


__all__ = ["FaultRefused", "LineFault", "LineFaultKind", "LineFaults", "sort_faults"]
