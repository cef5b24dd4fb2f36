"""A calibration run as a list of events (`science.md` 2.1-2.4): nothing measured is ever lost.

Theory of operation. A run is what has happened in it, so its state is a fold over its events and any prefix of them is
a valid run: pull the plug at any step, read the events back, and `next_step` says where to go on. The order is fixed,
because an error that was adjusted away before it was measured can never be reviewed:

    started ─> as found at every point, up then down ─> adjusted | left as it is ─> as left at every point ─> finished

No event is changed or deleted; a point that went wrong is measured again and the later one counts.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contract.calibration import CalibrationPoint, Conditions, Correction
from contract.conformity import Zone, can_judge, zone
from edge.technician.fit import Fit, fit
from edge.technician.profile import PROFILES, Profile


class RunRefused(Exception):
    """The run cannot take this step now; the text says which one is next."""


class Phase(StrEnum):
    """Before or after the adjustment."""

    AS_FOUND = "as_found"
    AS_LEFT = "as_left"


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    at: datetime
    by: str


class Reference(BaseModel):
    """The standard that a run is made against."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str
    serial: str
    certificate: str
    u_c: Annotated[float, Field(gt=0, le=1)]
    """Standard uncertainty of its radiance temperature, common to all points."""
    stability_c: Annotated[float, Field(ge=0, le=1)] = 0.029


class Started(_Event):
    """Somebody began a calibration."""

    kind: Literal["started"] = "started"
    run: UUID
    instrument: str
    serial: str
    profile: str
    reference: Reference
    conditions: Conditions
    resolution_c: Annotated[float, Field(gt=0)] = 0.1
    correction_in_force: Correction


class PointMeasured(_Event):
    """The instrument was read at one temperature."""

    kind: Literal["point"] = "point"
    phase: Phase
    index: Annotated[int, Field(ge=0)]
    """Place in the profile's run, up then down."""
    point: CalibrationPoint
    """`indicated_c` is uncorrected as found, and corrected by the new certificate as left."""


class Adjusted(_Event):
    """The correction was replaced, or deliberately left as it was."""

    kind: Literal["adjusted"] = "adjusted"
    correction: Correction
    changed: bool


class Finished(_Event):
    """The run has ended; `abandoned` says that it made no certificate."""

    kind: Literal["finished"] = "finished"
    abandoned: bool = False
    reason: str = ""


RunEvent = Annotated[Started | PointMeasured | Adjusted | Finished, Field(discriminator="kind")]
run_event: TypeAdapter[Started | PointMeasured | Adjusted | Finished] = TypeAdapter(RunEvent)
"""Reads and writes one event as JSON."""


class Measure(BaseModel):
    """Next: bring the reference to this temperature, let it settle, read."""

    model_config = ConfigDict(frozen=True)
    phase: Phase
    index: int
    reference_c: float
    readings: int
    settle_s: float


class Adjust(BaseModel):
    """Next: look at the fit as found and adjust, or leave."""

    model_config = ConfigDict(frozen=True)


class Finish(BaseModel):
    """Next: all is measured; make the certificate."""

    model_config = ConfigDict(frozen=True)


Step = Measure | Adjust | Finish


class Run:
    """A calibration run up to its last event."""

    def __init__(self, events: Sequence[Started | PointMeasured | Adjusted | Finished]) -> None:
        """Fold `events`; raises RunRefused if they are not a run."""
        if not events or not isinstance(events[0], Started):
            raise RunRefused("a run begins with its start")
        self.started: Started = events[0]
        profile = PROFILES.get(self.started.profile)
        if profile is None:
            raise RunRefused(f"it is made to profile {self.started.profile}, which this version does not know")
        self.profile: Profile = profile
        self.adjusted: Adjusted | None = None
        self.finished: Finished | None = None
        self._points: dict[tuple[Phase, int], CalibrationPoint] = {}
        for event in events[1:]:
            self.apply(event)

    def apply(self, event: Started | PointMeasured | Adjusted | Finished) -> None:
        """Take the next event; raises RunRefused if it is out of order, and then changes nothing."""
        if self.finished is not None:
            raise RunRefused("this run has ended; start another")
        match event:
            case Started():
                raise RunRefused("this run has begun already")
            case PointMeasured():
                self._measured(event)
            case Adjusted():
                if missing := self._missing(Phase.AS_FOUND):
                    raise RunRefused(f"first measure as found at {missing[0]:g} °C: an adjustment hides the error")
                if self.points(Phase.AS_LEFT):
                    raise RunRefused("as-left points are measured already; start another run to adjust again")
                self.adjusted = event
            case Finished():
                if not event.abandoned and not isinstance(self.next_step(), Finish):
                    raise RunRefused("not every point is measured as left; finish them or abandon the run")
                self.finished = event

    def _measured(self, event: PointMeasured) -> None:
        order = self.profile.run_c
        if event.index >= len(order):
            raise RunRefused(f"profile {self.profile.name} has {len(order)} points")
        if event.phase is Phase.AS_FOUND and self.adjusted is not None:
            raise RunRefused("as found is over: the instrument has been adjusted")
        if event.phase is Phase.AS_LEFT and self.adjusted is None:
            raise RunRefused("as left comes after the adjustment, even if nothing was changed")
        if abs(event.point.reference_c - order[event.index]) > 1.0:
            raise RunRefused(
                f"the reference shows {event.point.reference_c:g} °C, the plan is {order[event.index]:g} °C"
            )
        self._points[event.phase, event.index] = event.point

    def points(self, phase: Phase) -> tuple[CalibrationPoint, ...]:
        """Return the points of a phase in the order of the run."""
        return tuple(point for (of, _), point in sorted(self._points.items()) if of is phase)

    def _missing(self, phase: Phase) -> list[float]:
        return [t for index, t in enumerate(self.profile.run_c) if (phase, index) not in self._points]

    def next_step(self) -> Step:
        """Return what to do now."""
        phase = Phase.AS_FOUND if self.adjusted is None else Phase.AS_LEFT
        for index, reference_c in enumerate(self.profile.run_c):
            if (phase, index) not in self._points:
                return Measure(
                    phase=phase,
                    index=index,
                    reference_c=reference_c,
                    readings=self.profile.readings,
                    settle_s=self.profile.settle_s,
                )
        return Adjust() if self.adjusted is None else Finish()

    @property
    def progress(self) -> float:
        """Share of the points that are measured, 0 to 1."""
        return len(self._points) / (2 * len(self.profile.run_c))

    @property
    def expanded_c(self) -> float:
        """Expanded uncertainty (k=2) of an error found in this run."""
        return 2 * math.hypot(self.started.reference.u_c, self.u_random_c)

    @property
    def u_random_c(self) -> float:
        """Random standard uncertainty of a point, pooled over the run (`science.md` 2.1)."""
        points = [*self._points.values()]
        n = self.profile.readings
        pooled = sum(point.sd_c**2 for point in points) / len(points) if points else 0.0
        return math.sqrt(pooled / n + self.started.resolution_c**2 / 12 + self.started.reference.stability_c**2)

    def fit(self) -> Fit:
        """Return the correction that the points as found ask for."""
        return fit(self.points(Phase.AS_FOUND), self.u_random_c, self.started.reference.u_c)

    def can_judge(self) -> bool:
        """Say whether the reference is good enough to judge conformity (MPE/U >= 2.5)."""
        return can_judge(self.profile.mpe_c, self.expanded_c)

    def zones(self, phase: Phase) -> tuple[Zone, ...]:
        """Return the zone of each point of a phase, with guard band w = U."""
        return tuple(
            zone(point.indicated_c - point.reference_c, self.profile.mpe_c, self.expanded_c)
            for point in self.points(phase)
        )

    @property
    def conforms(self) -> bool:
        """Whether every point as left is in zone PASS: the only way back to service."""
        zones = self.zones(Phase.AS_LEFT)
        return bool(zones) and all(of is Zone.PASS for of in zones)


def read_events(lines: Iterable[str]) -> list[Started | PointMeasured | Adjusted | Finished]:
    """Return the events of a journal, one JSON object a line; a last line cut by a power loss is left out."""
    events = []
    for line in lines:
        if not line.endswith("\n"):
            break
        events.append(run_event.validate_json(line))
    return events
