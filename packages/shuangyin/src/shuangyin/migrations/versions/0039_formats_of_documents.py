"""Versions of documents say their format, and what a drawing of them does not show."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Every version so far is a PDF.
    media_type = sa.Column("media_type", sa.String(40), nullable=False, server_default="application/pdf")
    op.add_column("document_version", media_type)
    op.add_column("document_version", sa.Column("drawing_notes", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("document_version", "drawing_notes")
    op.drop_column("document_version", "media_type")
