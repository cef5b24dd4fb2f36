"""What a gate holds against its own instruments, told to central once it lasts (`science.md` 5.3).

Health is published and forgotten; a doubt about an instrument belongs into central's table and must not be lost with
the line. So a flag that means wrong readings, once it has lasted, becomes a report of its own, in the outbox. The gate
itself has stopped deciding long before.
"""

from typing import Final

from contract.clock import Instant
from contract.ids import new_id
from contract.messages import DriftReport, GateHealth
from contract.vocabulary import HealthFlag

LASTS_S: Final = 60.0
"""A picture that stands still for less may be a shutter, a cable that is pushed home, a restart."""
READS_WRONG: Final = frozenset({HealthFlag.STUCK, HealthFlag.BAD_PIXELS, HealthFlag.NOISE, HealthFlag.GAIN})


class Doubts:
    """Looks at each report of health. Used by the event loop."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, HealthFlag], Instant] = {}
        self._told: set[tuple[str, HealthFlag]] = set()

    def note(self, health: GateHealth, now: Instant) -> list[DriftReport]:
        """Take the health of this moment; return what central is to be told."""
        standing = {
            (part.instrument, flag) for part in health.instruments for flag in part.flags if flag in READS_WRONG
        }
        self._since = {one: self._since.get(one, now) for one in standing}
        self._told &= standing
        lasting = [
            one for one, since in self._since.items() if now.seconds_since(since) >= LASTS_S and one not in self._told
        ]
        self._told.update(lasting)
        return [
            DriftReport(
                id=new_id(now.at),
                instrument=instrument,
                at=now.at,
                flag=flag,
                value=round(now.seconds_since(self._since[instrument, flag]), 1),
                limit=LASTS_S,
            )
            for instrument, flag in lasting
        ]
