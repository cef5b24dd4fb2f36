"""What the programming interface says of cases, certificates, an instrument's life and its reviews."""

from datetime import date, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Row

from central.board.resources import Resource
from central.instruments.assessment import Assessment
from central.instruments.cases import Case, CaseSource, CaseStage
from central.instruments.charts import StreamChart
from central.instruments.cusum import Side
from central.instruments.documents import Kept
from central.instruments.found import AsFound, FoundPoint
from central.instruments.life import Life
from central.instruments.retrospect import ReviewPage
from central.instruments.review import ReviewList
from central.instruments.streams import Cause, Stream
from contract.calibration import Certificate
from contract.conformity import Zone
from contract.messages import CheckResult
from contract.vocabulary import InstrumentState, VerdictKind

Text = Annotated[str, Field(max_length=500)]


class PointResource(Resource):
    """One temperature as found."""

    reference_c: float
    reading_c: float


class FoundResource(Resource):
    """What an instrument showed before anybody touched it."""

    points: tuple[PointResource, ...]
    expanded_c: float
    """U, k = 2."""
    mpe_c: float
    error_c: float
    """The largest, with its sign."""
    zone: Zone


class StepResource(Resource):
    """One step of a case or an instrument, by whom, when and why.

    `reason` is a code with values (`why.code name=value; …`), followed by a person's own words, if any, after a bar.
    """

    at: AwareDatetime
    who: str
    reason: str
    from_state: InstrumentState | None = None
    to_state: InstrumentState | None = None
    evidence: tuple[str, ...] = ()
    """`kind:id` of what it rests on."""


class CaseResource(Resource):
    """A recalibration case as it stands."""

    id: UUID
    gate: str
    instrument: str
    stage: CaseStage
    source: CaseSource
    reason: str
    opened_by: str
    opened_at: AwareDatetime
    expert: UUID | None
    expert_name: str
    assigned_at: AwareDatetime | None
    taken_at: AwareDatetime | None
    as_found_at: AwareDatetime | None
    as_found: FoundResource | None
    adjusted_at: AwareDatetime | None
    verified_at: AwareDatetime | None
    verified_by: str
    alone: bool
    """Verified by the one who adjusted, because there was no other expert."""
    certificate: UUID | None
    closed_at: AwareDatetime | None
    closed_by: str
    outcome: str
    to_expert: timedelta | None
    """From the flag to the expert who took it."""
    to_service: timedelta | None
    """From the flag to the return to service."""

    @classmethod
    def of(cls, case: Case) -> Self:
        """Make it from a case."""
        return cls.model_validate(case)


class CaseDetail(CaseResource):
    """A case with everything that was done, and the reviews that came of it."""

    history: tuple[StepResource, ...] = ()
    reviews: tuple[UUID, ...] = ()


class StreamPoint(Resource):
    """A day of a chart: the value above its level, and the two sums after it."""

    day: date
    value_c: float
    sigma_c: float
    high: float
    low: float


class StreamResource(Resource):
    """One drift chart; it flags where a sum is above `limit`."""

    stream: Stream
    flagged: Side | None
    change_day: date | None
    """The first value that is thought to be wrong."""
    limit: float
    points: tuple[StreamPoint, ...]

    @classmethod
    def of(cls, chart: StreamChart, limit: float) -> Self:
        """Make it from a chart."""
        flag = chart.evidence().flag
        points = tuple(
            StreamPoint(
                day=one.day,
                value_c=one.value.value_c,
                sigma_c=one.value.sigma_c,
                high=one.chart.high,
                low=one.chart.low,
            )
            for one in chart.points
        )
        if flag is None:
            return cls(stream=chart.stream, flagged=None, change_day=None, limit=limit, points=points)
        since = chart.points[flag.change_point - 1].day
        return cls(stream=chart.stream, flagged=flag.side, change_day=since, limit=limit, points=points)


class LifeResource(Resource):
    """Where an instrument stands, what its charts say, its newest checks and what was changed."""

    gate: str
    instrument: str
    state: InstrumentState
    since: AwareDatetime
    who: str
    reason: str
    advised: InstrumentState | None
    """What all charts together ask for today."""
    cause: Cause | None
    case: UUID | None
    streams: tuple[StreamResource, ...]
    checks: tuple[CheckResult, ...]
    journal: tuple[StepResource, ...]

    @classmethod
    def of(cls, life: Life, found: Assessment, case: Case | None, **rest: Any) -> Self:
        """Make it from what the instrument's page shows."""
        return cls(
            gate=life.gate,
            instrument=life.instrument,
            state=life.state,
            since=life.since,
            who=life.who,
            reason=life.reason,
            advised=found.state,
            cause=found.cause,
            case=None if case is None else case.id,
            **rest,
        )


class CertificateResource(Resource):
    """A certificate as it arrived; `refused` says why it may not be used, empty if it may."""

    gate: str
    received_at: AwareDatetime
    brought_by: str
    refused: str
    certificate: Certificate

    @classmethod
    def of(cls, kept: Kept) -> Self:
        """Make it from what is kept."""
        return cls.model_validate(kept)


class EntryResource(Resource):
    """One person on a list, by passage."""

    passage: UUID
    list: ReviewList
    at: AwareDatetime
    alert: UUID | None
    verdict: VerdictKind
    adjusted_c: float
    corrected_c: float
    p: float


class ReviewResource(Resource):
    """Whom a wrong instrument may have misjudged, the most probable first; every look is logged."""

    id: UUID
    case: UUID | None
    gate: str
    instrument: str
    made_at: AwareDatetime
    made_by: str
    since: AwareDatetime
    until: AwareDatetime
    error_c: float
    u_c: float
    passages: int
    entries: tuple[EntryResource, ...]

    @classmethod
    def of(cls, page: ReviewPage) -> Self:
        """Make it from a review."""
        entries = [EntryResource.model_validate(row) for rows in page.lists.values() for row in rows]
        head = {name: getattr(page.review, name) for name in cls.model_fields if name != "entries"}
        return cls(**head, entries=tuple(entries))


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Asking(_Request):
    """Why an expert is asked for."""

    reason: Text


class Tending(_Request):
    """A step of the lifecycle's table, and why."""

    state: InstrumentState
    reason: Text


class Assigning(_Request):
    """Whose case it is."""

    expert: UUID


class Remark(_Request):
    """What was done, or why."""

    remark: Text = ""


class Finding(_Request):
    """The readings as found, with the certificate in force applied."""

    points: Annotated[tuple[PointResource, ...], Field(max_length=20)]
    expanded_c: float
    mpe_c: float

    def found(self) -> AsFound:
        """Return it as the case keeps it."""
        points = tuple(FoundPoint(point.reference_c, point.reading_c) for point in self.points)
        return AsFound(points, self.expanded_c, self.mpe_c)


class Verifying(_Request):
    """The certificate as left: itself, or the id of one that is here."""

    certificate: Certificate | UUID


def steps(rows: list[Row[Any]]) -> tuple[StepResource, ...]:
    """Return a case's history."""
    return tuple(StepResource(at=row.at, who=row.who, reason=row.detail) for row in rows)
