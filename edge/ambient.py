"""The air at the gate, as the newest of its sensors tells it.

A reading older than STALE_S is not used: the gate then says AMBIENT_MISSING instead of computing with the air of an
hour ago. A gate without a sensor uses what its configuration says, with the uncertainty that it says.
"""

from typing import Final

from contract.clock import Clock, Instant
from drivers.samples import AmbientReading
from edge.config import GateConfig, InstrumentRole
from edge.events import Air

STALE_S: Final = 60.0


class Ambient:
    """Keeps the newest reading. Written by a reader's thread, read by lanes: one reference is swapped."""

    def __init__(self, config: GateConfig, clock: Clock) -> None:
        self._surroundings = config.surroundings
        self._humidity_pct = config.radiometry.humidity_pct
        self._sensed = any(instrument.role is InstrumentRole.AMBIENT for instrument in config.instruments)
        self._clock = clock
        self._newest: tuple[Instant, AmbientReading] | None = None

    def update(self, reading: AmbientReading) -> None:
        """Take a reading."""
        self._newest = (self._clock.now(), reading)

    @property
    def reading(self) -> AmbientReading | None:
        """The newest reading, if it is fresh."""
        newest = self._newest
        if newest is None or self._clock.now().seconds_since(newest[0]) > STALE_S:
            return None
        return newest[1]

    def air(self) -> Air:
        """Return the surroundings now."""
        said, reading = self._surroundings, self.reading
        ambient_c = reading.ambient_c if reading else None if self._sensed else said.ambient_c
        humidity_pct = reading.humidity_pct if reading and reading.humidity_pct is not None else self._humidity_pct
        return Air(ambient_c, said.u_ambient_c, humidity_pct, said.outdoor_c)
