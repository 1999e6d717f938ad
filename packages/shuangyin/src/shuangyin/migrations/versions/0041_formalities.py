"""Requests that use an old seal for a formality of a rename."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("use_request", sa.Column("formality_id", sa.String(32), nullable=True))
    op.create_index(op.f("ix_use_request_formality_id"), "use_request", ["formality_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_use_request_formality_id"), "use_request")
    op.drop_column("use_request", "formality_id")
