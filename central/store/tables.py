"""Every table of central. A column's unit is in its name; bodies are kept as they came, columns are what is searched.

Three kinds of table: what gates sent (receipts, alerts, measurements …), what people did (decisions, sessions), and
the chained journals that nobody may change (alert_journal, audit). Timers and the outbox stand beside them so that
they live and die in the transaction that acts.
"""

from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
)

from central.store.columns import Utc
from contract.delivery.outbox import outbox_table

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# What gates sent

gates: Final = Table(
    "gates",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name_zh", String(80), nullable=False, default=""),
    Column("name_en", String(80), nullable=False, default=""),
    Column("township", String(80), nullable=False, default=""),
    Column("kind", String(20), nullable=False),
    Column("simulated", Boolean, nullable=False, default=False),
    Column("version", String(40), nullable=False, default=""),
    Column("standing", String(10), nullable=False, comment="accepted, waiting or refused"),
    Column("first_seen_at", Utc, nullable=False),
    Column("settled_by", String(80)),
    Column("settled_at", Utc),
    Column("boot", Uuid),
    Column("online", Boolean, nullable=False, default=False),
    Column("presence_at", Utc),
    Column("last_seen_at", Utc),
    Column("health_at", Utc),
    Column("health", JSON),
)

instruments: Final = Table(
    "instruments",
    metadata,
    Column("gate", String(40), ForeignKey("gates.id"), primary_key=True),
    Column("instrument", String(40), primary_key=True),
    Column("driver", String(40), nullable=False),
    Column("serial", String(80), nullable=False, default=""),
    Column("role", String(20), nullable=False, default=""),
    Column("state", String(20), nullable=False),
    Column("first_seen_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("health", JSON, nullable=False),
)

receipts: Final = Table(
    "receipts",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("gate", String(40), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("epoch", Uuid, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("sent_at", Utc, nullable=False),
    Column("received_at", Utc, nullable=False, index=True),
)

held: Final = Table(
    "held",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("gate", String(40), nullable=False, index=True),
    Column("topic", String(120), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("received_at", Utc, nullable=False),
)

refusals: Final = Table(
    "refusals",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Utc, nullable=False),
    Column("topic", String(200), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("reason", String(300), nullable=False),
    Column("payload", LargeBinary, comment="kept if the gate was told that it may forget the message"),
)

alerts: Final = Table(
    "alerts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("gate", String(40), nullable=False, index=True),
    Column("passage", Uuid, nullable=False),
    Column("raised_at", Utc, nullable=False, index=True),
    Column("received_at", Utc, nullable=False),
    Column("late", Boolean, nullable=False, comment="history told after an outage: it never sounds"),
    Column("from_future", Boolean, nullable=False, comment="the gate's clock was over 5 min ahead"),
    Column("simulated", Boolean, nullable=False),
    Column("adjusted_c", Float),
    Column("u_c", Float),
    Column("state", String(20), nullable=False, index=True),
    Column("state_since", Utc, nullable=False),
    Column("handler", Uuid, comment="account that acknowledged or decided last"),
    Column("decision", Uuid, comment="the decision in force"),
    Column("escalation", Integer, nullable=False, default=0, comment="how many steps of escalation have passed"),
    Column("body", JSON, nullable=False, comment="the alert as sent, without the picture"),
)

crops: Final = Table(
    "crops",
    metadata,
    Column("alert", Uuid, ForeignKey("alerts.id"), primary_key=True),
    Column("png", LargeBinary, nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
)

measurements: Final = Table(
    "measurements",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("gate", String(40), nullable=False),
    Column("instrument", String(40), nullable=False),
    Column("passage", Uuid, nullable=False, index=True),
    Column("at", Utc, nullable=False, index=True),
    Column("received_at", Utc, nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("adjusted_c", Float),
    Column("u_c", Float),
    Column("simulated", Boolean, nullable=False),
    Column("body", JSON, nullable=False),
)

second_measurements: Final = Table(
    "second_measurements",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("gate", String(40), nullable=False),
    Column("alert", Uuid, index=True),
    Column("passage", Uuid, nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("body", JSON, nullable=False),
)

confirmations: Final = Table(
    "confirmations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("gate", String(40), nullable=False),
    Column("alert", Uuid, nullable=False, index=True),
    Column("decision", Uuid, nullable=False),
    Column("at", Utc, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("body", JSON, nullable=False),
)

instrument_reports: Final = Table(
    "instrument_reports",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("gate", String(40), nullable=False),
    Column("instrument", String(40), nullable=False),
    Column("kind", String(30), nullable=False, comment="check or drift"),
    Column("at", Utc, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("body", JSON, nullable=False),
    Index(None, "gate", "instrument", "at"),
)

# What people did

accounts: Final = Table(
    "accounts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("full_name", String(80), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("must_change", Boolean, nullable=False, default=False),
    Column("demo", Boolean, nullable=False, default=False),
    Column("disabled_at", Utc),
    Column("created_at", Utc, nullable=False),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True, comment="SHA-256 of the cookie: the table opens no session"),
    Column("account", Uuid, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("created_at", Utc, nullable=False),
    Column("last_seen_at", Utc, nullable=False),
    Column("address", String(60), nullable=False),
)

keys: Final = Table(
    "keys",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

decisions: Final = Table(
    "decisions",
    metadata,
    Column("id", Uuid, primary_key=True, comment="the idempotency key of the request that made it"),
    Column("alert", Uuid, ForeignKey("alerts.id"), nullable=False, index=True),
    Column("decision", String(20), nullable=False),
    Column("reason_code", String(40), nullable=False),
    Column("remark", Text, nullable=False, default=""),
    Column("instruction", Text, nullable=False, default=""),
    Column("account", Uuid, ForeignKey("accounts.id"), nullable=False),
    Column("decided_by", String(80), nullable=False),
    Column("decided_at", Utc, nullable=False),
    Column("revises", Uuid, comment="the decision that this one replaces"),
    Column("message_id", Uuid, nullable=False, unique=True, comment="of the outbox row that carries it"),
    Column("gate_has_it_at", Utc, comment="when the gate acknowledged the message"),
)

picture_views: Final = Table(
    "picture_views",
    metadata,
    Column("alert", Uuid, ForeignKey("alerts.id"), primary_key=True),
    Column("session", String(64), primary_key=True),
    Column("account", Uuid, ForeignKey("accounts.id"), nullable=False),
    Column("at", Utc, nullable=False),
)

# What nobody may change

chains: Final = Table(
    "chains",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("length", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

alert_journal: Final = Table(
    "alert_journal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("alert", Uuid, nullable=False, index=True),
    Column("event", String(30), nullable=False),
    Column("from_state", String(20)),
    Column("to_state", String(20), nullable=False),
    Column("who", String(80), nullable=False),
    Column("reason", Text, nullable=False),
    Column("address", String(60), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

audit: Final = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False, index=True),
    Column("action", String(30), nullable=False),
    Column("who", String(80), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("detail", Text, nullable=False),
    Column("address", String(60), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "action", "at"),
)

# What must still happen

timers: Final = Table(
    "timers",
    metadata,
    Column("alert", Uuid, ForeignKey("alerts.id"), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("due_at", Utc, nullable=False, index=True),
)

outbox: Final = outbox_table(metadata)
