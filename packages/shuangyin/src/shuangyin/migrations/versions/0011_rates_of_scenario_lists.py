"""A scenario list says in its header what other currencies are worth."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scenario_list", sa.Column("rates", sa.Text(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("scenario_list", "rates")
