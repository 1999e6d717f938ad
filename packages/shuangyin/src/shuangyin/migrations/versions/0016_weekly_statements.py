"""What was sealed in a week, for who answers for the seals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    time = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "weekly_statement",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("week", sa.String(length=10), nullable=False),
        sa.Column("from_at", time, nullable=False),
        sa.Column("until_at", time, nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", time, nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("read_by", sa.String(length=32), nullable=True),
        sa.Column("read_at", time, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_weekly_statement_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(["read_by"], ["person.id"], name=op.f("fk_weekly_statement_read_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_statement")),
        sa.UniqueConstraint("organization_id", "week", name=op.f("uq_weekly_statement_organization_id")),
    )


def downgrade() -> None:
    op.drop_table("weekly_statement")
