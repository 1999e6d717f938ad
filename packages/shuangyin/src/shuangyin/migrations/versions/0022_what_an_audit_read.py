"""An audit says how many stored files it looked at, and whether it read them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("checked_objects", "objects_read"):
        width = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
        op.add_column("log_audit", sa.Column(name, width, nullable=False, server_default="0"))


def downgrade() -> None:
    for name in ("checked_objects", "objects_read"):
        op.drop_column("log_audit", name)
