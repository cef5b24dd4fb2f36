"""The tables about instruments: their state and its journal, certificates, daily values, cases, reviews.

Daily values are kept for good although single passages are not: a chart can be drawn again long after the people in it
were forgotten. A review keeps its lists for the same reason.
"""

from typing import Final

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, Uuid

from central.store.columns import Utc
from central.store.tables import metadata

instrument_lives: Final = Table(
    "instrument_lives",
    metadata,
    Column("gate", String(40), primary_key=True),
    Column("instrument", String(40), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("since", Utc, nullable=False),
    Column("who", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Column("verified_at", Utc, comment="last release after a recalibration: frozen intercepts start here"),
    Column("reset_at", Utc, comment="last return to service: charts start here"),
    Column("order_id", Uuid, comment="of the outbox row that carries the newest order"),
)

instrument_journal: Final = Table(
    "instrument_journal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("gate", String(40), nullable=False),
    Column("instrument", String(40), nullable=False),
    Column("from_state", String(20), nullable=False),
    Column("to_state", String(20), nullable=False),
    Column("who", String(80), nullable=False),
    Column("actor", String(20), nullable=False, comment="the role in which it was done, or system"),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False, comment="what it rests on: kind:id, parted by blanks"),
    Column("certificate", String(64), nullable=False, comment="SHA-256 of the certificate, if one is the ground"),
    Column("address", String(60), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "gate", "instrument"),
)

certificates: Final = Table(
    "certificates",
    metadata,
    Column("id", Uuid, primary_key=True, comment="of the arrival: a certificate that was altered may come twice"),
    Column("certificate", Uuid, nullable=False, index=True),
    Column("gate", String(40), nullable=False),
    Column("instrument", String(40), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("valid_from", Utc, nullable=False),
    Column("valid_until", Utc, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("brought_by", String(80), nullable=False),
    Column("refused", String(40), nullable=False, comment="why it may not be used; empty: it may"),
    Column("body", JSON, nullable=False),
    Index(None, "gate", "instrument"),
)

daily_values: Final = Table(
    "daily_values",
    metadata,
    Column("gate", String(40), primary_key=True),
    Column("instrument", String(40), primary_key=True),
    Column("series", String(20), primary_key=True, comment="passers, twin or second_measurement"),
    Column("day", String(10), primary_key=True),
    Column("n", Integer, nullable=False),
    Column("median_c", Float, nullable=False),
    Column("spread_c", Float, nullable=False),
    Column("upper_c", Float, nullable=False),
    Column("low_share", Float, nullable=False),
    Column("ambient_c", Float),
    Column("simulated", Boolean, nullable=False),
    Index(None, "day"),
)

cases: Final = Table(
    "cases",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("gate", String(40), nullable=False),
    Column("instrument", String(40), nullable=False),
    Column("stage", String(20), nullable=False, index=True),
    Column("source", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("opened_by", String(80), nullable=False),
    Column("opened_at", Utc, nullable=False, index=True),
    Column("expert", Uuid, ForeignKey("accounts.id")),
    Column("expert_name", String(80), nullable=False, default=""),
    Column("assigned_at", Utc),
    Column("taken_at", Utc),
    Column("as_found_at", Utc),
    Column("as_found", JSON, comment="points, U, MPE, worst error and its zone"),
    Column("adjusted_at", Utc),
    Column("adjusted_by", Uuid, ForeignKey("accounts.id")),
    Column("verified_at", Utc),
    Column("verified_by", String(80), nullable=False, default=""),
    Column("alone", Boolean, nullable=False, default=False, comment="nobody else could verify"),
    Column("certificate", Uuid),
    Column("closed_at", Utc),
    Column("closed_by", String(80), nullable=False, default=""),
    Column("outcome", String(20), nullable=False, default=""),
    Index(None, "gate", "instrument"),
)

reviews: Final = Table(
    "reviews",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case", Uuid, ForeignKey("cases.id"), index=True),
    Column("gate", String(40), nullable=False),
    Column("instrument", String(40), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("made_by", String(80), nullable=False),
    Column("since", Utc, nullable=False, comment="the last good check"),
    Column("until", Utc, nullable=False, comment="when it left service"),
    Column("error_c", Float, nullable=False),
    Column("u_c", Float, nullable=False),
    Column("passages", Integer, nullable=False, comment="how many were looked at again"),
)

review_entries: Final = Table(
    "review_entries",
    metadata,
    Column("review", Uuid, ForeignKey("reviews.id"), primary_key=True),
    Column("passage", Uuid, primary_key=True),
    Column("list", String(30), nullable=False),
    Column("at", Utc, nullable=False),
    Column("alert", Uuid),
    Column("verdict", String(20), nullable=False),
    Column("adjusted_c", Float, nullable=False),
    Column("corrected_c", Float, nullable=False),
    Column("p", Float, nullable=False),
)
