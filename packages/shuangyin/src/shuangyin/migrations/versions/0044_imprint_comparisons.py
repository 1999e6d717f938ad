"""Imprints that were compared with the specimen of their seal, and what the reviewer decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "imprint_comparison",
        sa.Column("version", _WHEN, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("seal_id", sa.String(32), nullable=False),
        sa.Column("use_id", sa.String(32), nullable=True),
        sa.Column("scan_object_id", sa.String(32), nullable=False),
        sa.Column("scan_sm3", sa.String(64), nullable=False),
        sa.Column("specimen_sm3", sa.String(64), nullable=False),
        sa.Column("overlay_object_id", sa.String(32), nullable=True),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("compared_by", sa.String(32), nullable=False),
        sa.Column("compared_at", _WHEN, nullable=False),
        sa.Column("decision", sa.String(16), nullable=True),
        sa.Column("decision_note", sa.String(500), nullable=True),
        sa.Column("decided_by", sa.String(32), nullable=True),
        sa.Column("decided_at", _WHEN, nullable=True),
        _foreign("organization_id", "organization"),
        _foreign("seal_id", "seal"),
        _foreign("use_id", "physical_use"),
        _foreign("scan_object_id", "stored_object"),
        _foreign("overlay_object_id", "stored_object"),
        _foreign("compared_by", "person"),
        _foreign("decided_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imprint_comparison")),
    )
    op.create_index(
        op.f("ix_imprint_comparison_organization_id"),
        "imprint_comparison",
        ["organization_id", "seal_id", "id"],
    )
    op.create_index(op.f("ix_imprint_comparison_use_id"), "imprint_comparison", ["use_id"])


def downgrade() -> None:
    op.drop_table("imprint_comparison")


def _foreign(column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_imprint_comparison_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name)
