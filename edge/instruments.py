"""The gate's instruments: who reads them, where their samples go, which certificate, state and rules they are under.

Readers deliver on threads of their own. A screening sample goes to its lane's intake, air to `Ambient`, a reference's
own reading to the lanes that look at that reference. Orders of central reach a lane through its intake, so that a lane
is only touched by its own thread.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import numpy as np

from contract.calibration import Certificate
from contract.clock import Clock
from contract.messages import InstrumentStateBody
from contract.vocabulary import InstrumentState, Reason
from drivers.reader import Reader, ReaderStatus
from drivers.samples import (
    AmbientReading,
    DecodeFault,
    Event,
    ReferenceReading,
    SpotReading,
    ThermalFrame,
)
from edge.ambient import Ambient
from edge.certificates import Doubt, doubt, in_force, superseded
from edge.config import GateConfig, Instrument, InstrumentRole, Rules
from edge.events import LaneEvent
from edge.fitting import spec_of
from edge.intake import Intake
from edge.lane import Lane

DOUBTED: Final = frozenset({InstrumentState.WATCH, InstrumentState.SUSPECT})
"""States that still measure and that an instrument only comes into from a better one (`science.md` 6)."""


class Instruments:
    """All instruments of one gate."""

    def __init__(
        self,
        config: GateConfig,
        clock: Clock,
        ambient: Ambient,
        *,
        own: Mapping[str, Certificate],
        ids: Callable[[datetime], UUID],
        deliver: Callable[[LaneEvent], None],
        trusts: Callable[[Certificate], bool] = lambda _: True,
    ) -> None:
        """Prepare; `start` opens the links. `own` are the certificates that the configuration names.

        Raises UnknownDriver, LinkRefused or ConfigRefused with what to change.
        """
        self._config, self._clock, self._ambient, self._ids = config, clock, ambient, ids
        self._own = own
        self.trusts = trusts
        """Whether whoever signed a certificate is believed here."""
        self.turned_away: dict[str, Doubt] = {}
        """Instruments whose last certificate from central was refused, and why."""
        self._sent: dict[str, list[Certificate]] = {}
        self._states: dict[str, InstrumentStateBody] = {}
        self._rules = config.rules
        self.by_id = {instrument.id: instrument for instrument in config.instruments}
        self.specs = {name: spec_of(instrument) for name, instrument in self.by_id.items()}
        self.certificates: dict[str, Certificate | None] = {}
        self.last_value_c: dict[str, float] = {}
        self.references: dict[str, ReferenceReading] = {}
        self.taps: dict[str, Callable[[ThermalFrame | SpotReading], None]] = {}
        """Who else sees an instrument's samples, on the reader's thread: the technician's bench."""
        self.intakes = {
            instrument.id: Intake(
                instrument.id,
                self._lane(instrument),
                ambient.air,
                deliver,
                patient=instrument.link.startswith("replay:"),
            )
            for instrument in self.having(InstrumentRole.SCREEN)
        }
        self.readers = {
            name: Reader(
                self.specs[name], instrument.link, name, clock, self._receiver(instrument), baud=instrument.baud
            )
            for name, instrument in self.by_id.items()
        }

    def having(self, role: InstrumentRole) -> tuple[Instrument, ...]:
        """Return the instruments of a role, as configured."""
        return tuple(instrument for instrument in self._config.instruments if instrument.role is role)

    def restore(
        self, sent: Mapping[str, list[Certificate]], states: Iterable[InstrumentStateBody], rules: Rules
    ) -> None:
        """Take up what central ordered before a restart."""
        self._sent = {name: [one for one in known if self.trusts(one)] for name, known in sent.items()}
        for body in states:
            self.state(body)
        self.obey(rules)
        self.renew()

    def start(self) -> None:
        """Open the links and begin to measure."""
        for intake in self.intakes.values():
            intake.start()
        for reader in self.readers.values():
            reader.start()

    def status(self) -> dict[str, ReaderStatus]:
        """Return how each reader fares."""
        return {name: reader.status() for name, reader in self.readers.items()}

    # ---- orders of central

    def turns_away(self, certificate: Certificate) -> str:
        """Return the sentence that refuses a certificate of central's, empty if it is let in."""
        now, instrument = self._clock.now().at, self.by_id.get(certificate.instrument)
        found = doubt(certificate, instrument, self.trusts, now)
        found = found or superseded(certificate, self._sent.get(certificate.instrument, []))
        if found is None:
            self.turned_away.pop(certificate.instrument, None)
            return ""
        self.turned_away[certificate.instrument] = found[0]
        return found[1]

    def certify(self, certificate: Certificate) -> None:
        """Take a certificate into account; it is applied if it is the one in force."""
        sent = self._sent.setdefault(certificate.instrument, [])
        sent[:] = [certificate, *(known for known in sent if known.id != certificate.id)]
        self.renew()

    def state(self, body: InstrumentStateBody) -> bool:
        """Put an instrument into the state that is ordered; say whether it was obeyed.

        An older order than the last changes nothing. Nor does one that only doubts what stands out of service already:
        central had not heard of that yet, and a doubt must not bring anything back.
        """
        before = self._states.get(body.instrument)
        if before is not None and before.at > body.at:
            return False
        if body.state in DOUBTED and before is not None and before.state not in {InstrumentState.IN_SERVICE, *DOUBTED}:
            return False
        self._states[body.instrument] = body
        if (intake := self.intakes.get(body.instrument)) is not None:
            intake.order(lambda lane: lane.state(body.state))
        return True

    def hold(self, instrument: str, reason: Reason | None) -> None:
        """Let a lane decide nothing, or go on again (None)."""
        if (intake := self.intakes.get(instrument)) is not None:
            intake.order(lambda lane: lane.hold(reason))

    def ordered(self, instrument: str) -> InstrumentStateBody | None:
        """Return the last order about an instrument's state."""
        return self._states.get(instrument)

    def obey(self, rules: Rules) -> None:
        """Decide by these rules from now on."""
        self._rules = rules
        for intake in self.intakes.values():
            intake.order(lambda lane: lane.obey(rules))

    @property
    def rules(self) -> Rules:
        """The rules in force."""
        return self._rules

    def state_of(self, instrument: str) -> InstrumentState:
        """Return the lifecycle state of an instrument; one that nobody has ever certified is a new one."""
        body = self._states.get(instrument)
        if body is not None:
            return body.state
        new = instrument in self.intakes and not self.was_certified(instrument)
        return InstrumentState.COMMISSIONING if new else InstrumentState.IN_SERVICE

    def was_certified(self, instrument: str) -> bool:
        """Say whether a certificate of the unit that stands here is known, valid or not."""
        known = [*self._sent.get(instrument, []), self._own.get(instrument)]
        return any(one is not None and one.serial == self.by_id[instrument].serial for one in known)

    def renew(self) -> None:
        """See which certificates are in force now, and give them to the lanes they are news to."""
        now = self._clock.now().at
        for name, intake in self.intakes.items():
            certificate = in_force(self.by_id[name], self._sent.get(name, []), self._own.get(name), now)
            if certificate != self.certificates.get(name):
                self.certificates[name] = certificate
                intake.order(partial(_certify, certificate))

    # ---- samples

    def _lane(self, instrument: Instrument) -> Lane:
        certificate = in_force(instrument, [], self._own.get(instrument.id), self._clock.now().at)
        self.certificates[instrument.id] = certificate
        return Lane(instrument, self.specs[instrument.id], self._config, certificate, self._ids)

    def _receiver(self, instrument: Instrument) -> Callable[[Event], None]:
        def receive(event: Event) -> None:
            self._receive(instrument.id, event)

        return receive

    def _receive(self, name: str, event: Event) -> None:
        if (tap := self.taps.get(name)) is not None and isinstance(event, ThermalFrame | SpotReading):
            tap(event)
        intake = self.intakes.get(name)
        match event:
            case ThermalFrame() if intake is not None:
                self.last_value_c[name] = float(np.nanmax(event.temps_c, initial=-273.15))
                intake.offer(event)
            case SpotReading() if intake is not None:
                self.last_value_c[name] = event.object_c
                intake.offer(event)
            case AmbientReading():
                self.last_value_c[name] = event.ambient_c
                self._ambient.update(event)
            case ReferenceReading():
                self.last_value_c[name] = event.actual_c
                self.references[name] = event
                self._tell_lanes(name, event)
            case DecodeFault() if intake is not None:
                intake.fault(event)
            case _:
                pass  # replies to commands, and faults of devices that measure nobody: the reader counts them

    def _tell_lanes(self, source: str, reading: ReferenceReading) -> None:
        for name, intake in self.intakes.items():
            if any(view.source == source for view in self.by_id[name].references):
                intake.order(lambda lane: lane.reference_reading(reading))


def _certify(certificate: Certificate | None, lane: Lane) -> None:
    lane.certify(certificate)
