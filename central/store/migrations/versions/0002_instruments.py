"""Instruments: state and journal, certificates, daily values, cases, reviews."""

import sqlalchemy as sa
from alembic import op

from central.store.chain import START
from central.store.columns import Utc
from central.store.dialect import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificates",
        sa.Column(
            "id", sa.Uuid(), nullable=False, comment="of the arrival: a certificate that was altered may come twice"
        ),
        sa.Column("certificate", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("valid_from", Utc(), nullable=False),
        sa.Column("valid_until", Utc(), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("brought_by", sa.String(length=80), nullable=False),
        sa.Column("refused", sa.String(length=40), nullable=False, comment="why it may not be used; empty: it may"),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
    )
    op.create_index(op.f("ix_certificates_certificate"), "certificates", ["certificate"], unique=False)
    op.create_index(op.f("ix_certificates_gate_instrument"), "certificates", ["gate", "instrument"], unique=False)
    op.create_table(
        "daily_values",
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("series", sa.String(length=20), nullable=False, comment="passers, twin or second_measurement"),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("median_c", sa.Float(), nullable=False),
        sa.Column("spread_c", sa.Float(), nullable=False),
        sa.Column("upper_c", sa.Float(), nullable=False),
        sa.Column("low_share", sa.Float(), nullable=False),
        sa.Column("ambient_c", sa.Float(), nullable=True),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("gate", "instrument", "series", "day", name=op.f("pk_daily_values")),
    )
    op.create_index(op.f("ix_daily_values_day"), "daily_values", ["day"], unique=False)
    op.create_table(
        "instrument_journal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=False),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False, comment="the role in which it was done, or system"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False, comment="what it rests on: kind:id, parted by blanks"),
        sa.Column(
            "certificate",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the certificate, if one is the ground",
        ),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_instrument_journal")),
    )
    op.create_index(
        op.f("ix_instrument_journal_gate_instrument"), "instrument_journal", ["gate", "instrument"], unique=False
    )
    op.create_table(
        "instrument_lives",
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "verified_at",
            Utc(),
            nullable=True,
            comment="last release after a recalibration: frozen intercepts start here",
        ),
        sa.Column("reset_at", Utc(), nullable=True, comment="last return to service: charts start here"),
        sa.Column("order_id", sa.Uuid(), nullable=True, comment="of the outbox row that carries the newest order"),
        sa.PrimaryKeyConstraint("gate", "instrument", name=op.f("pk_instrument_lives")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.String(length=80), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("expert", sa.Uuid(), nullable=True),
        sa.Column("expert_name", sa.String(length=80), nullable=False),
        sa.Column("assigned_at", Utc(), nullable=True),
        sa.Column("taken_at", Utc(), nullable=True),
        sa.Column("as_found_at", Utc(), nullable=True),
        sa.Column("as_found", sa.JSON(), nullable=True, comment="points, U, MPE, worst error and its zone"),
        sa.Column("adjusted_at", Utc(), nullable=True),
        sa.Column("adjusted_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", Utc(), nullable=True),
        sa.Column("verified_by", sa.String(length=80), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False, comment="nobody else could verify"),
        sa.Column("certificate", sa.Uuid(), nullable=True),
        sa.Column("closed_at", Utc(), nullable=True),
        sa.Column("closed_by", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["adjusted_by"], ["accounts.id"], name=op.f("fk_cases_adjusted_by")),
        sa.ForeignKeyConstraint(["expert"], ["accounts.id"], name=op.f("fk_cases_expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_gate_instrument"), "cases", ["gate", "instrument"], unique=False)
    op.create_index(op.f("ix_cases_opened_at"), "cases", ["opened_at"], unique=False)
    op.create_index(op.f("ix_cases_stage"), "cases", ["stage"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case", sa.Uuid(), nullable=True),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("since", Utc(), nullable=False, comment="the last good check"),
        sa.Column("until", Utc(), nullable=False, comment="when it left service"),
        sa.Column("error_c", sa.Float(), nullable=False),
        sa.Column("u_c", sa.Float(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False, comment="how many were looked at again"),
        sa.ForeignKeyConstraint(["case"], ["cases.id"], name=op.f("fk_reviews_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_case"), "reviews", ["case"], unique=False)
    op.create_table(
        "review_entries",
        sa.Column("review", sa.Uuid(), nullable=False),
        sa.Column("passage", sa.Uuid(), nullable=False),
        sa.Column("list", sa.String(length=30), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("alert", sa.Uuid(), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("adjusted_c", sa.Float(), nullable=False),
        sa.Column("corrected_c", sa.Float(), nullable=False),
        sa.Column("p", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"], name=op.f("fk_review_entries_review")),
        sa.PrimaryKeyConstraint("review", "passage", name=op.f("pk_review_entries")),
    )
    chains = sa.table(
        "chains", sa.column("name", sa.String), sa.column("length", sa.Integer), sa.column("hash", sa.String)
    )
    op.bulk_insert(chains, [{"name": "instrument_journal", "length": 0, "hash": START}])
    for statement in append_only(op.get_context().dialect.name, "instrument_journal"):
        op.execute(statement)
