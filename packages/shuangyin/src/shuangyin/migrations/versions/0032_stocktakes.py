"""Stocktakes of safes, with the account of each seal's presses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTS = ("permitted", "spare", "pressed", "good", "spoiled")


def upgrade() -> None:
    op.create_table(
        "stocktake",
        sa.Column("version", _WHEN, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("safe_id", sa.String(32), nullable=False),
        sa.Column("safe_slot", sa.String(32), nullable=True),
        sa.Column("counter_id", sa.String(32), nullable=False),
        sa.Column("witness_id", sa.String(32), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("begun_at", _WHEN, nullable=False),
        sa.Column("ends_at", _WHEN, nullable=False),
        sa.Column("done_at", _WHEN, nullable=True),
        _foreign("stocktake", "organization_id", "organization"),
        _foreign("stocktake", "safe_id", "safe"),
        _foreign("stocktake", "counter_id", "person"),
        _foreign("stocktake", "witness_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_stocktake_organization_id")),
        sa.UniqueConstraint("safe_slot", name=op.f("uq_stocktake_safe_slot")),
    )
    op.create_index(op.f("ix_stocktake_organization_id"), "stocktake", ["organization_id", "id"])
    op.create_table(
        "stocktake_line",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("stocktake_id", sa.String(32), nullable=False),
        sa.Column("position", _WHEN, nullable=False),
        sa.Column("seal_id", sa.String(32), nullable=False),
        sa.Column("slot", sa.String(32), nullable=False),
        sa.Column("whereabouts", sa.String(16), nullable=True),
        sa.Column("expected", sa.Boolean(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=True),
        sa.Column("discrepancy", sa.String(500), nullable=True),
        *(sa.Column(name, _WHEN, nullable=True) for name in _COUNTS),
        sa.Column("balanced", sa.Boolean(), nullable=True),
        _foreign("stocktake_line", "stocktake_id", "stocktake"),
        _foreign("stocktake_line", "seal_id", "seal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_line")),
        sa.UniqueConstraint("stocktake_id", "position", name=op.f("uq_stocktake_line_stocktake_id")),
    )
    op.create_index(op.f("ix_stocktake_line_seal_id"), "stocktake_line", ["seal_id", "id"])


def downgrade() -> None:
    op.drop_table("stocktake_line")
    op.drop_table("stocktake")


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
