"""The first tables: gates, alerts, people, chained journals, timers, outbox."""

import sqlalchemy as sa
from alembic import op

from central.store.chain import START
from central.store.columns import Utc
from central.store.dialect import append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CHAINED = ("alert_journal", "audit")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("full_name", sa.String(length=80), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", Utc(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
    )
    op.create_table(
        "alert_journal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("alert", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_alert_journal")),
    )
    op.create_index(op.f("ix_alert_journal_alert"), "alert_journal", ["alert"], unique=False)
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("passage", sa.Uuid(), nullable=False),
        sa.Column("raised_at", Utc(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False, comment="history told after an outage: it never sounds"),
        sa.Column("from_future", sa.Boolean(), nullable=False, comment="the gate's clock was over 5 min ahead"),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("adjusted_c", sa.Float(), nullable=True),
        sa.Column("u_c", sa.Float(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_since", Utc(), nullable=False),
        sa.Column("handler", sa.Uuid(), nullable=True, comment="account that acknowledged or decided last"),
        sa.Column("decision", sa.Uuid(), nullable=True, comment="the decision in force"),
        sa.Column("escalation", sa.Integer(), nullable=False, comment="how many steps of escalation have passed"),
        sa.Column("body", sa.JSON(), nullable=False, comment="the alert as sent, without the picture"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_gate"), "alerts", ["gate"], unique=False)
    op.create_index(op.f("ix_alerts_raised_at"), "alerts", ["raised_at"], unique=False)
    op.create_index(op.f("ix_alerts_state"), "alerts", ["state"], unique=False)
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_action_at"), "audit", ["action", "at"], unique=False)
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "chains",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chains")),
    )
    op.create_table(
        "confirmations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("alert", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Uuid(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
    )
    op.create_index(op.f("ix_confirmations_alert"), "confirmations", ["alert"], unique=False)
    op.create_table(
        "gates",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("township", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("standing", sa.String(length=10), nullable=False, comment="accepted, waiting or refused"),
        sa.Column("first_seen_at", Utc(), nullable=False),
        sa.Column("settled_by", sa.String(length=80), nullable=True),
        sa.Column("settled_at", Utc(), nullable=True),
        sa.Column("boot", sa.Uuid(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("presence_at", Utc(), nullable=True),
        sa.Column("last_seen_at", Utc(), nullable=True),
        sa.Column("health_at", Utc(), nullable=True),
        sa.Column("health", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gates")),
    )
    op.create_table(
        "held",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("topic", sa.String(length=120), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_held")),
    )
    op.create_index(op.f("ix_held_gate"), "held", ["gate"], unique=False)
    op.create_table(
        "instrument_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False, comment="check or drift"),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument_reports")),
    )
    op.create_index(
        op.f("ix_instrument_reports_gate_instrument_at"),
        "instrument_reports",
        ["gate", "instrument", "at"],
        unique=False,
    )
    op.create_table(
        "keys",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_keys")),
    )
    op.create_table(
        "measurements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("passage", sa.Uuid(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("adjusted_c", sa.Float(), nullable=True),
        sa.Column("u_c", sa.Float(), nullable=True),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurements")),
    )
    op.create_index(op.f("ix_measurements_at"), "measurements", ["at"], unique=False)
    op.create_index(op.f("ix_measurements_passage"), "measurements", ["passage"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("perishable", sa.Boolean(name="outbox_perishable"), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_by_age", "outbox", ["priority", "created_us", "row"], unique=False)
    op.create_table("outbox_tally", sa.Column("thinned", sa.BigInteger(), nullable=False))
    op.create_table(
        "receipts",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sent_at", Utc(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_receipts")),
    )
    op.create_index(op.f("ix_receipts_received_at"), "receipts", ["received_at"], unique=False)
    op.create_table(
        "refusals",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("topic", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column(
            "payload",
            sa.LargeBinary(),
            nullable=True,
            comment="kept if the gate was told that it may forget the message",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusals")),
    )
    op.create_table(
        "second_measurements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("alert", sa.Uuid(), nullable=True),
        sa.Column("passage", sa.Uuid(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_measurements")),
    )
    op.create_index(op.f("ix_second_measurements_alert"), "second_measurements", ["alert"], unique=False)
    op.create_index(op.f("ix_second_measurements_passage"), "second_measurements", ["passage"], unique=False)
    op.create_table(
        "crops",
        sa.Column("alert", sa.Uuid(), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_crops_alert")),
        sa.PrimaryKeyConstraint("alert", name=op.f("pk_crops")),
    )
    op.create_index(op.f("ix_crops_expires_at"), "crops", ["expires_at"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.Uuid(), nullable=False, comment="the idempotency key of the request that made it"),
        sa.Column("alert", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("instruction", sa.Text(), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", Utc(), nullable=False),
        sa.Column("revises", sa.Uuid(), nullable=True, comment="the decision that this one replaces"),
        sa.Column("message_id", sa.Uuid(), nullable=False, comment="of the outbox row that carries it"),
        sa.Column("gate_has_it_at", Utc(), nullable=True, comment="when the gate acknowledged the message"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_decisions_account")),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_decisions_alert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("message_id", name=op.f("uq_decisions_message_id")),
    )
    op.create_index(op.f("ix_decisions_alert"), "decisions", ["alert"], unique=False)
    op.create_table(
        "instruments",
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("driver", sa.String(length=40), nullable=False),
        sa.Column("serial", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("first_seen_at", Utc(), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.Column("health", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["gate"], ["gates.id"], name=op.f("fk_instruments_gate")),
        sa.PrimaryKeyConstraint("gate", "instrument", name=op.f("pk_instruments")),
    )
    op.create_table(
        "picture_views",
        sa.Column("alert", sa.Uuid(), nullable=False),
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_picture_views_account")),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_picture_views_alert")),
        sa.PrimaryKeyConstraint("alert", "session", name=op.f("pk_picture_views")),
    )
    op.create_table(
        "sessions",
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of the cookie: the table opens no session"
        ),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("last_seen_at", Utc(), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_sessions_account")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_account"), "sessions", ["account"], unique=False)
    op.create_table(
        "timers",
        sa.Column("alert", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name=op.f("fk_timers_alert")),
        sa.PrimaryKeyConstraint("alert", "kind", name=op.f("pk_timers")),
    )
    op.create_index(op.f("ix_timers_due_at"), "timers", ["due_at"], unique=False)
    chains = sa.table(
        "chains", sa.column("name", sa.String), sa.column("length", sa.Integer), sa.column("hash", sa.String)
    )
    op.bulk_insert(chains, [{"name": name, "length": 0, "hash": START} for name in CHAINED])
    for name in CHAINED:
        for statement in append_only(op.get_context().dialect.name, name):
            op.execute(statement)
