"""The gate in one look: what each instrument does, whether people are screened, and what waits to be sent.

Looked at once a second; told to central every 10 s and at every change, to the screen at every change and every 2 s.
Flags here say what is wrong now and are gone when it is; drift, which needs days, is judged elsewhere (`science.md` 5).
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from contract.calibration import refusal
from contract.clock import Clock, Instant
from contract.messages import GateHealth, InstrumentHealth
from contract.vocabulary import HealthFlag, InstrumentState, LinkState, Reason
from drivers.reader import ReaderStatus
from edge.ambient import Ambient
from edge.config import GateConfig, Instrument, InstrumentRole
from edge.events import Picture, ReferenceState
from edge.instruments import Instruments
from edge.kiosk.view import CheckDueView, InstrumentView, StripView
from edge.metrics import Outlook
from edge.pipeline import Pipeline
from edge.technician import linearity

WINDOW_S: Final = 10.0
"""Over which rates and faults are counted."""
FAULTS: Final = 3
"""So many faults within the window are worth a flag."""
SOME_BYTES: Final = 64
GRACE_S: Final = 0.5
"""Beyond a device's own `silence_s`, for the way to here."""

TROUBLED: Final = frozenset(
    {ReferenceState.LOST, ReferenceState.MOVED, ReferenceState.IMPLAUSIBLE, ReferenceState.HOLD}
)
FLAG_OF: Final = {
    Reason.ENVIRONMENT_OUT_OF_RANGE: HealthFlag.ENVIRONMENT,
    Reason.STALE_FRAME: HealthFlag.STUCK,
    Reason.SENSOR_HEATED: HealthFlag.ENVIRONMENT,
    Reason.BAD_PIXELS: HealthFlag.BAD_PIXELS,
    Reason.CHECK_OVERDUE: HealthFlag.CHECK_OVERDUE,
    Reason.REFERENCE_IMPLAUSIBLE: HealthFlag.OFFSET_EXCESS,
    Reason.REFERENCES_DISAGREE: HealthFlag.REFERENCE,
}


@dataclass(frozen=True, slots=True)
class _Count:
    mono_s: float
    samples: int
    faults: int
    received: int


class Health:
    """Looks at the gate. Used by the event loop."""

    def __init__(
        self, config: GateConfig, clock: Clock, instruments: Instruments, pipeline: Pipeline, ambient: Ambient
    ) -> None:
        self._config, self._clock = config, clock
        self._instruments, self._pipeline, self._ambient = instruments, pipeline, ambient
        self._counts: dict[str, deque[_Count]] = {name: deque() for name in instruments.by_id}
        self._hints: dict[str, str] = {}

    def silent(self, lane: str) -> bool:
        """Say whether a lane has shown nothing for longer than its device may be silent."""
        seen_ns = self._pipeline.seen_ns.get(lane)
        limit_s = self._instruments.specs[lane].silence_s + GRACE_S
        return seen_ns is None or (self._clock.now().mono_ns - seen_ns) / 1e9 > limit_s

    def look(self, outlook: Outlook) -> GateHealth:
        """Return the gate's health now."""
        now = self._clock.now()
        status = self._instruments.status()
        parts = tuple(self._instrument(self._instruments.by_id[name], said, now) for name, said in status.items())
        reasons = self._reasons()
        air, pipeline = self._ambient.air(), self._pipeline
        references = [picture.reference for picture in pipeline.pictures.values()]
        readings = list(self._instruments.references.values())
        return GateHealth(
            at=now.at,
            screening=not reasons,
            reasons=reasons,
            instruments=parts,
            reference_c=next((reading.actual_c for reading in readings), None),
            reference_offset_c=next((seen.offset_c for seen in references if seen.offset_c is not None), None),
            ambient_c=air.ambient_c,
            humidity_pct=air.humidity_pct if self._ambient.reading else None,
            baseline_c=pipeline.baseline_c,
            outbox_rows=outlook.rows,
            outbox_oldest_s=outlook.oldest_s,
            passages_total=sum(pipeline.passages.values()),
            passages_by_verdict=dict(pipeline.passages),
            rule=self._instruments.rules.version,
            simulated=self._config.gate.simulated,
        )

    def strip(self, health: GateHealth, outlook: Outlook, due: tuple[CheckDueView, ...] = ()) -> StripView:
        """Return the health as the staff window's strip shows it, with the checks that are due."""
        writer = outlook.writer
        return StripView(
            instruments=tuple(self._view(part) for part in health.instruments),
            reference_c=health.reference_c,
            reference_offset_c=health.reference_offset_c,
            ambient_c=health.ambient_c,
            humidity_pct=health.humidity_pct,
            baseline_c=health.baseline_c,
            central=LinkState.UP if outlook.central_up else LinkState.DOWN,
            outbox_rows=health.outbox_rows,
            outbox_oldest_s=health.outbox_oldest_s,
            store_ok=not writer.trouble,
            store_trouble=writer.trouble,
            unstored=writer.vital,
            refused_from_central=outlook.refused,
            passages=tuple(health.passages_by_verdict.items()),
            rule=health.rule,
            threshold_c=self._instruments.rules.threshold_c,
            checks_due=due,
        )

    def _reasons(self) -> tuple[Reason, ...]:
        """Return why nobody is screened at some lane, without repetitions."""
        found: list[Reason] = []
        for lane in self._instruments.intakes:
            picture = self._pipeline.pictures.get(lane)
            found += [Reason.INSTRUMENT_SILENT] if picture is None or self.silent(lane) else picture.reasons
        return tuple(dict.fromkeys(found))

    def _instrument(self, instrument: Instrument, said: ReaderStatus, now: Instant) -> InstrumentHealth:
        name = instrument.id
        spec = self._instruments.specs[name]
        first, last = self._count(name, said, now)
        span_s = last.mono_s - first.mono_s
        quiet = said.last_sample is None or now.seconds_since(said.last_sample) > spec.silence_s
        lamp = instrument.role is InstrumentRole.LAMP
        link = LinkState.DOWN if not said.up else LinkState.DEGRADED if quiet and not lamp else LinkState.UP
        certificate = self._instruments.certificates.get(name)
        self._hints[name] = said.hint
        return InstrumentHealth(
            instrument=name,
            driver=instrument.driver,
            serial=instrument.serial,
            role=instrument.role,
            link=link,
            state=self._instruments.state_of(name),
            last_sample_at=said.last_sample.at if said.last_sample else None,
            last_value_c=None if quiet else self._value(name),
            samples=said.samples,
            faults=last.faults,
            dropped_bytes=said.dropped_bytes,
            reopened=said.reopened,
            rate_hz=round((last.samples - first.samples) / span_s, 2) if span_s > 1 else None,
            flags=() if lamp else self._flags(instrument, first, last, quiet=quiet),
            certificate_id=certificate.id if certificate else None,
            certificate_until=certificate.valid_until if certificate else None,
        )

    def _flags(self, instrument: Instrument, first: _Count, last: _Count, *, quiet: bool) -> tuple[HealthFlag, ...]:
        deaf = last.samples == first.samples and last.received - first.received >= SOME_BYTES
        found = [HealthFlag.WRONG_LINE_RATE if deaf else HealthFlag.SILENT] if quiet else []
        if not deaf and last.faults - first.faults >= FAULTS:
            found.append(HealthFlag.DECODE_FAULTS)
        if instrument.role is InstrumentRole.SCREEN:
            found += self._lane_flags(instrument, self._pipeline.pictures.get(instrument.id))
        return tuple(dict.fromkeys(found))

    def _lane_flags(self, instrument: Instrument, picture: Picture | None) -> list[HealthFlag]:
        certificate, at = self._instruments.certificates.get(instrument.id), self._clock.now().at
        doubt = refusal(certificate, instrument.id, instrument.serial, at)
        found = [HealthFlag.CERTIFICATE] if doubt else []
        ordered = self._instruments.ordered(instrument.id)
        if ordered is not None and ordered.state is InstrumentState.OUT and linearity.is_ground(ordered.reason):
            found.append(HealthFlag.NORMALISING)
        if picture is not None:
            found += [HealthFlag.REFERENCE] if reference_troubled(picture) else []
            found += [FLAG_OF[reason] for reason in picture.reasons if reason in FLAG_OF]
            found += picture.health
        return found

    def _count(self, name: str, said: ReaderStatus, now: Instant) -> tuple[_Count, _Count]:
        """Return the counts at the beginning and at the end of the window."""
        counts = self._counts[name]
        faults = sum(said.faults.values())
        counts.append(_Count(now.mono_ns / 1e9, said.samples, faults, said.received_bytes))
        while counts[-1].mono_s - counts[0].mono_s > WINDOW_S:
            counts.popleft()
        return counts[0], counts[-1]

    def _value(self, name: str) -> float | None:
        value_c = self._instruments.last_value_c.get(name)
        return None if value_c is None else round(value_c, 2)

    def _view(self, part: InstrumentHealth) -> InstrumentView:
        return InstrumentView(
            id=part.instrument,
            driver=part.driver,
            role=part.role,
            link=part.link,
            state=part.state,
            value_c=part.last_value_c,
            rate_hz=part.rate_hz,
            faults=part.faults,
            dropped_bytes=part.dropped_bytes,
            reopened=part.reopened,
            flags=part.flags,
            certificate_until=part.certificate_until,
            hint=self._hints.get(part.instrument, ""),
        )


def reference_troubled(picture: Picture) -> bool:
    """Say whether a reference cannot be gone by. Of two every doubt counts: the other carries on and hides it."""
    if picture.second_reference is None:
        return picture.reference.state in TROUBLED
    return picture.reference.doubt is not None or picture.second_reference.doubt is not None


EMPTY: Final = StripView(
    instruments=(),
    reference_c=None,
    reference_offset_c=None,
    ambient_c=None,
    humidity_pct=None,
    baseline_c=None,
    central=LinkState.DOWN,
    outbox_rows=0,
    outbox_oldest_s=0.0,
    store_ok=True,
    store_trouble="",
    unstored=0,
    refused_from_central=0,
    passages=(),
    rule="",
    threshold_c=0.0,
)
"""The strip before the first look."""


def changed(before: GateHealth | None, now: GateHealth) -> bool:
    """Say whether something has changed that central should hear of at once, numbers that always move aside."""
    return before is None or _essence(before) != _essence(now)


def _essence(health: GateHealth) -> tuple[object, ...]:
    return (
        health.screening,
        health.reasons,
        health.rule,
        *((part.instrument, part.link, part.state, part.flags, part.certificate_id) for part in health.instruments),
    )
