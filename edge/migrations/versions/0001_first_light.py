"""The first tables: passages and attempts, alerts and what became of them, certificates, states, rules, outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _people()
    _orders()
    _outbox()


def _people() -> None:
    op.create_table(
        "passages",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
    )
    op.create_index("passages_by_time", "passages", ["last_at"])
    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("passage", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("site", sa.Text()),
        *(
            sa.Column(name, sa.Float())
            for name in (
                "t_app_c",
                "skin_c",
                "body_c",
                "adjusted_c",
                "baseline_c",
                "reference_offset_c",
                "k",
                "u_c",
                "p_fever",
                "air_c",
                "reflected_c",
            )
        ),
        sa.Column("threshold_c", sa.Float(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Uuid()),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("measurement", sa.Text(), nullable=False),
    )
    op.create_index("attempts_by_passage", "attempts", ["passage", "attempt"])
    op.create_index("attempts_by_instrument_and_time", "attempts", ["instrument", "at"])
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("passage", sa.Uuid(), nullable=False, unique=True),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger()),
        sa.Column("taken_by", sa.Text()),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("crop_png", sa.LargeBinary()),
        sa.Column("alert", sa.Text(), nullable=False),
    )
    op.create_index("alerts_open", "alerts", ["closed_at", "raised_at"])
    op.create_table(
        "second_measurements",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("passage", sa.Uuid(), nullable=False),
        sa.Column("alert", sa.Uuid()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("thermometer", sa.Text(), nullable=False),
        sa.Column("value_c", sa.Float(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("ix_second_measurements_passage", "second_measurements", ["passage"])


def _orders() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("alert", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("ix_decisions_alert", "decisions", ["alert"])
    op.create_table(
        "confirmations",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("decision", sa.Uuid(), nullable=False),
        sa.Column("alert", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("ix_confirmations_decision", "confirmations", ["decision"])
    op.create_table(
        "certificates",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("ix_certificates_instrument", "certificates", ["instrument"])
    op.create_table(
        "instrument_states",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("ix_instrument_states_instrument", "instrument_states", ["instrument"])
    op.create_table(
        "rules",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("row", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("message_id", sa.Uuid(), nullable=False, unique=True),
        sa.Column("topic", sa.String(200), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("perishable", sa.Boolean(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_by_age", "outbox", ["priority", "created_us", "row"])
    op.create_table("outbox_tally", sa.Column("thinned", sa.BigInteger(), nullable=False))
