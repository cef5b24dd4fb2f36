"""Retrospective reviews: everyone who passed while an instrument read wrong, looked at again and kept as two lists.

The window runs from the last good check to the moment the instrument left service; without any good check it is all
that is stored. The gain of each passage comes out of its own numbers: body = skin + k (skin - air), so
1 + k = 1 + (body - skin) / (skin - air). What the station's baseline had already absorbed of the error is taken off.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, select

from central.instruments.cases import Case
from central.instruments.clean import last_good
from central.instruments.life import Hand, current
from central.instruments.lifecycle import MEASURES
from central.instruments.review import FoundError, Passed, Reviewed, ReviewList, review
from central.store.instrument_tables import instrument_journal, review_entries, reviews
from central.store.tables import alerts, audit, measurements
from central.store.writer import Transaction
from contract.ids import new_id
from contract.messages import Alert, Measurement, MeasurementBody, Verdict
from contract.vocabulary import VerdictKind

GAIN: Final = 1.15
"""Where a passage does not hold the temperatures to reckon its own."""
LEAST_SPAN_C: Final = 2.0
BASELINE_DAYS: Final = 14
REFERENCE_BEFORE: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Stored:
    """One passage as it was stored."""

    measurement: Measurement
    verdict: Verdict
    alert: UUID | None


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A review and its lists, the most probable first."""

    review: Row[Any]
    lists: dict[ReviewList, list[Row[Any]]]


def make(transaction: Transaction, case: Case, error_c: float, u_c: float, by: Hand) -> UUID:
    """Review everyone since the last good check; returns the review's id."""
    connection = transaction.connection
    life = current(connection, case.gate, case.instrument)
    until = left_service(connection, case) or transaction.at
    since = last_good(connection, life, min(case.opened_at, until)) or datetime.fromtimestamp(0, until.tzinfo)
    passed = once(stored(connection, case.gate, case.instrument, since, until))
    usual_c = usual_reference(stored(connection, case.gate, case.instrument, since - REFERENCE_BEFORE, since))
    found = look_again(passed, error_c, u_c, usual_c)
    made = new_id(transaction.at)
    row = {
        "id": made,
        "case": case.id,
        "gate": case.gate,
        "instrument": case.instrument,
        "made_at": transaction.at,
        "made_by": by.who[:80],
        "since": since,
        "until": until,
        "error_c": error_c,
        "u_c": u_c,
        "passages": len(passed),
    }
    connection.execute(reviews.insert().values(row))
    entries = [_entry(made, one, reviewed) for one, reviewed in found]
    if entries:
        connection.execute(review_entries.insert(), entries)
    return made


def look_again(
    passed: Iterable[Stored], error_c: float, u_c: float, usual_reference_c: float = 0.0
) -> list[tuple[Stored, Reviewed]]:
    """Return who belongs on a list, the most probable first.

    What a blackbody in view had already taken off (its offset at that passage, less the usual one) was no error of the
    result: a camera that slid as a whole beside its blackbody has misjudged nobody.
    """
    decided = [one for one in passed if one.measurement.adjusted_c is not None and one.measurement.u_c is not None]
    usual_c = _usual_baseline(decided)
    result = []
    for one in decided:
        said = one.measurement
        absorbed_c = 0.0 if usual_c is None or said.baseline_c is None else said.baseline_c - usual_c
        passage = Passed(
            said.passage,
            adjusted_c=said.adjusted_c or 0.0,
            u_c=said.u_c or 0.0,
            gain=gain(said),
            threshold_c=one.verdict.threshold_c,
            alarmed=one.verdict.kind is VerdictKind.ALARM,
            p_alarm=one.verdict.p_alarm,
        )
        seen_c = 0.0 if said.reference_offset_c is None else said.reference_offset_c - usual_reference_c
        result += [(one, reviewed) for reviewed in review([passage], FoundError(error_c - seen_c, u_c, absorbed_c))]
    return sorted(result, key=lambda pair: -pair[1].p)


def usual_reference(before: Iterable[Stored]) -> float:
    """Return the usual offset of the blackbody in view while the instrument still read right; 0 where none is known."""
    known = [one.measurement.reference_offset_c for one in before if one.measurement.reference_offset_c is not None]
    return median(known) if known else 0.0


def gain(said: Measurement) -> float:
    """Return d(body)/d(skin) of one passage, from its own temperatures."""
    if said.body_c is None or said.skin_c is None or said.ambient_c is None:
        return GAIN
    span_c = said.skin_c - said.ambient_c
    if span_c < LEAST_SPAN_C:
        return GAIN
    return min(max(1 + (said.body_c - said.skin_c) / span_c, 1.0), 2.0)


def stored(connection: Connection, gate: str, instrument: str, since: datetime, until: datetime) -> Iterable[Stored]:
    """Return the passages of an instrument in a window, alarmed ones included."""
    own = measurements.c.gate == gate, measurements.c.instrument == instrument
    during = measurements.c.at > since, measurements.c.at <= until
    for row in connection.execute(select(measurements.c.body).where(*own, *during)):
        body = MeasurementBody.model_validate(row.body)
        yield Stored(body.measurement, body.verdict, None)
    query = select(alerts.c.id, alerts.c.body).where(alerts.c.gate == gate, alerts.c.raised_at > since)
    for row in connection.execute(query.where(alerts.c.raised_at <= until)):
        alert = Alert.model_validate(row.body)
        if alert.measurement.instrument == instrument:
            yield Stored(alert.measurement, alert.verdict, row.id)


def once(passed: Iterable[Stored]) -> list[Stored]:
    """Return each passage once: the alert it raised, or else its last attempt."""
    kept: dict[UUID, Stored] = {}
    for one in sorted(passed, key=lambda one: (one.alert is not None, one.measurement.attempt)):
        kept[one.measurement.passage] = one
    return list(kept.values())


def left_service(connection: Connection, case: Case) -> datetime | None:
    """Return when the instrument last stopped deciding on people, for this case."""
    own = instrument_journal.c.gate == case.gate, instrument_journal.c.instrument == case.instrument
    rows = connection.execute(
        select(instrument_journal.c.at)
        .where(*own, instrument_journal.c.from_state.in_(MEASURES), instrument_journal.c.to_state.not_in(MEASURES))
        .order_by(instrument_journal.c.number.desc())
        .limit(1)
    )
    return rows.scalar_one_or_none()


def of_case(connection: Connection, case: UUID) -> list[Row[Any]]:
    """Return the reviews of a case, the first first."""
    return list(connection.execute(select(reviews).where(reviews.c.case == case).order_by(reviews.c.made_at)))


def load(connection: Connection, made: UUID) -> ReviewPage | None:
    """Return a review with its lists."""
    head = connection.execute(select(reviews).where(reviews.c.id == made)).one_or_none()
    if head is None:
        return None
    rows = connection.execute(
        select(review_entries).where(review_entries.c.review == made).order_by(review_entries.c.p.desc())
    ).all()
    return ReviewPage(head, {name: [row for row in rows if row.list == name] for name in ReviewList})


def looks(connection: Connection, made: UUID) -> list[Row[Any]]:
    """Return who looked at a review or took its lists away, the newest first."""
    query = select(audit.c.at, audit.c.who, audit.c.action).where(audit.c.subject == str(made))
    return list(connection.execute(query.order_by(audit.c.number.desc())))


def _usual_baseline(passed: list[Stored]) -> float | None:
    """Return the median baseline of the window's first 14 days, before the error was absorbed."""
    if not passed:
        return None
    first = min(one.measurement.at for one in passed) + timedelta(days=BASELINE_DAYS)
    known = [
        one.measurement.baseline_c
        for one in passed
        if one.measurement.baseline_c is not None and one.measurement.at <= first
    ]
    return median(known) if known else None


def _entry(made: UUID, one: Stored, reviewed: Reviewed) -> dict[str, Any]:
    return {
        "review": made,
        "passage": reviewed.passage,
        "list": reviewed.list,
        "at": one.measurement.at,
        "alert": one.alert,
        "verdict": one.verdict.kind,
        "adjusted_c": one.measurement.adjusted_c,
        "corrected_c": reviewed.corrected_c,
        "p": reviewed.p,
    }
