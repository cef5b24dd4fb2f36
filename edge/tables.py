"""The tables of a gate's own database (SQLAlchemy Core): what it must not lose, and what an expert needs for a review.

A person's way through the gate is a `passage` with one or more `attempts`: there is no "try until green", so every
attempt stays beside the others. Moments are whole microseconds since 1970 UTC, so they sort, compare and index.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    Uuid,
)

from contract.delivery.outbox import outbox_table

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """A UTC-aware time as whole microseconds since 1970; a naive one is refused."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy's
        """Return the microseconds to store."""
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's
        """Return the moment that was stored."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


metadata = MetaData()

passages = Table(
    "passages",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("instrument", Text, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("verdict", Text, nullable=False, comment="the most severe of its attempts"),
    Index("passages_by_time", "last_at"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Uuid, primary_key=True, comment="the measurement's id"),
    Column("passage", Uuid, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("instrument", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("site", Text),
    Column("t_app_c", Float, comment="indicated"),
    Column("skin_c", Float),
    Column("body_c", Float),
    Column("adjusted_c", Float, comment="what was decided on"),
    Column("baseline_c", Float, comment="B of science.md 4.2"),
    Column("reference_offset_c", Float, comment="m of science.md 2.6"),
    Column("k", Float, comment="heat-balance coefficient of the site"),
    Column("u_c", Float),
    Column("p_fever", Float),
    Column("air_c", Float),
    Column("reflected_c", Float),
    Column("threshold_c", Float, nullable=False),
    Column("rule", Text, nullable=False),
    Column("certificate", Uuid),
    Column("config", Text, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("measurement", Text, nullable=False, comment="the whole measurement and verdict, JSON"),
    Index("attempts_by_passage", "passage", "attempt"),
    Index("attempts_by_instrument_and_time", "instrument", "at"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("passage", Uuid, nullable=False, unique=True, comment="a passage raises one alert"),
    Column("raised_at", Moment, nullable=False),
    Column("taken_at", Moment, comment="staff took the person aside"),
    Column("taken_by", Text),
    Column("closed_at", Moment, comment="staff confirmed the decision"),
    Column("crop_png", LargeBinary, comment="personal data: erased by the retention clock"),
    Column("alert", Text, nullable=False, comment="the alert without its picture, JSON"),
    Index("alerts_open", "closed_at", "raised_at"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("alert", Uuid, nullable=False, index=True),
    Column("decided_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("decision", Text, nullable=False),
    Column("body", Text, nullable=False),
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("decision", Uuid, nullable=False, index=True),
    Column("alert", Uuid, nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),
)

second_measurements = Table(
    "second_measurements",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("passage", Uuid, nullable=False, index=True),
    Column("alert", Uuid),
    Column("at", Moment, nullable=False),
    Column("thermometer", Text, nullable=False),
    Column("value_c", Float, nullable=False),
    Column("body", Text, nullable=False),
)

certificates = Table(
    "certificates",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("instrument", Text, nullable=False, index=True),
    Column("received_at", Moment, nullable=False),
    Column("valid_from", Moment, nullable=False),
    Column("valid_until", Moment, nullable=False),
    Column("body", Text, nullable=False),
)

instrument_states = Table(
    "instrument_states",
    metadata,
    Column("id", Uuid, primary_key=True, comment="the id of the message that ordered it"),
    Column("instrument", Text, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", Text, nullable=False),
)

rules = Table(
    "rules",
    metadata,
    Column("id", Uuid, primary_key=True, comment="the id of the message that brought them"),
    Column("received_at", Moment, nullable=False),
    Column("version", Text, nullable=False),
    Column("body", Text, nullable=False),
)

calibration_events = Table(
    "calibration_events",
    metadata,
    Column("run", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True, comment="place in the run; rows are only ever added"),
    Column("instrument", Text, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("event", Text, nullable=False, comment="edge.technician.run, JSON"),
)

check_sets = Table(
    "check_sets",
    metadata,
    Column("check", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True, comment="0, then the repeats; rows are only ever added"),
    Column("instrument", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("certificate", Uuid, comment="the one in force: each has an r0 of its own"),
    Column("outcome", Text, nullable=False, comment="what the check says up to this set"),
    Column("body", Text, nullable=False, comment="edge.technician.journal.CheckSet, JSON"),
    Index("check_sets_by_instrument", "instrument", "at"),
)

check_watches = Table(
    "check_watches",
    metadata,
    Column("instrument", Text, primary_key=True),
    Column("since", Moment, nullable=False, comment="from when on its checks are asked for"),
)

linearity_points = Table(
    "linearity_points",
    metadata,
    Column("sweep", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True, comment="place in the sweep; rows are only ever added"),
    Column("instrument", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("outcome", Text, comment="of the sweep, with its last point"),
    Column("body", Text, nullable=False, comment="edge.technician.journal.SweepPoint, JSON"),
    Index("linearity_points_by_instrument", "instrument", "at"),
)

check_causes = Table(
    "check_causes",
    metadata,
    Column("instrument", Text, primary_key=True),
    Column("cause", Text, primary_key=True, comment="edge.technician.duty.Cause"),
    Column("key", Text, primary_key=True, comment="which certificate, or when: an event counts once"),
    Column("at", Moment, nullable=False),
)

outbox = outbox_table(metadata)
