"""The register of engravers. It begins empty: who is in it was registered by somebody, with an entry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "engraver",
        sa.Column("version", _WHEN, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("filing_no", sa.String(64), nullable=False),
        sa.Column("valid_until", sa.String(10), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_engraver_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engraver")),
        sa.UniqueConstraint("organization_id", "filing_no", name=op.f("uq_engraver_organization_id")),
    )


def downgrade() -> None:
    op.drop_table("engraver")
