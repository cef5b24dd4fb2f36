"""The technician's bench: linearity sweeps point by point, and events after which a check is due."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "linearity_points",
        sa.Column("sweep", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("linearity_points_by_instrument", "linearity_points", ["instrument", "at"])
    op.create_table(
        "check_causes",
        sa.Column("instrument", sa.Text(), primary_key=True),
        sa.Column("cause", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
