"""Hand-overs of what a person keeps, on one sheet confirmed by three."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "handover",
        sa.Column("version", _WHEN, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("giver_slot", sa.String(32), nullable=True),
        sa.Column("giver_id", sa.String(32), nullable=False),
        sa.Column("receiver_id", sa.String(32), nullable=False),
        sa.Column("witness_id", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("drafted_by", sa.String(32), nullable=False),
        sa.Column("drafted_at", _WHEN, nullable=False),
        sa.Column("done_at", _WHEN, nullable=True),
        _foreign("handover", "organization_id", "organization"),
        *(
            _foreign("handover", one, "person")
            for one in ("giver_id", "receiver_id", "witness_id", "drafted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_handover_organization_id")),
        sa.UniqueConstraint("giver_slot", name=op.f("uq_handover_giver_slot")),
    )
    op.create_index(op.f("ix_handover_organization_id"), "handover", ["organization_id", "id"])
    op.create_table(
        "handover_item",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("handover_id", sa.String(32), nullable=False),
        sa.Column("position", _WHEN, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("thing_id", sa.String(32), nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=True),
        sa.Column("discrepancy", sa.String(500), nullable=True),
        _foreign("handover_item", "handover_id", "handover"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_item")),
        sa.UniqueConstraint("handover_id", "position", name=op.f("uq_handover_item_handover_id")),
    )


def downgrade() -> None:
    op.drop_table("handover_item")
    op.drop_table("handover")


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
