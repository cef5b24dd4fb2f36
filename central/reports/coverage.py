"""Coverage: which townships are watched now, and which have a gate that says nothing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from central.gates import Gate, Liveness


@dataclass(frozen=True, slots=True)
class Coverage:
    """One township and its gates."""

    township: str
    """Empty: gates that name none."""
    screening: int
    total: int
    dark: tuple[Gate, ...]
    """Gates that do not screen now."""

    @property
    def unwatched(self) -> bool:
        """Whether no gate of the township screens."""
        return self.screening == 0


def coverage(gates: Iterable[tuple[Gate, Liveness]]) -> list[Coverage]:
    """Return the townships, those that nobody watches first, then those with a gap."""
    by_township: dict[str, list[tuple[Gate, Liveness]]] = defaultdict(list)
    for gate, liveness in gates:
        by_township[gate.township].append((gate, liveness))
    found = [
        Coverage(
            township,
            screening=sum(liveness is Liveness.SCREENING for _, liveness in members),
            total=len(members),
            dark=tuple(gate for gate, liveness in members if liveness is not Liveness.SCREENING),
        )
        for township, members in by_township.items()
    ]
    return sorted(found, key=lambda one: (not one.unwatched, not one.dark, one.township))
