"""What the list decided is part of what approvals are bound to; requests of before keep their bindings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_WIDTH = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("use_request") as table:
        table.add_column(sa.Column("binding_covers", _WIDTH, nullable=False, server_default="1"))
    with op.batch_alter_table("use_request") as table:
        table.alter_column("binding_covers", existing_type=_WIDTH, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("use_request") as table:
        table.drop_column("binding_covers")
