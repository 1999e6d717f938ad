"""Photos of originals back in their slot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_KEY = op.f("fk_use_photo_original_loan_id_original_loan")
_INDEX = op.f("ix_use_photo_original_loan_id")


def upgrade() -> None:
    with op.batch_alter_table("use_photo") as table:
        table.add_column(sa.Column("original_loan_id", sa.String(32), nullable=True))
        table.create_foreign_key(_KEY, "original_loan", ["original_loan_id"], ["id"])
    op.create_index(_INDEX, "use_photo", ["original_loan_id"])


def downgrade() -> None:
    op.drop_index(_INDEX, table_name="use_photo")
    with op.batch_alter_table("use_photo") as table:
        table.drop_constraint(_KEY, type_="foreignkey")
        table.drop_column("original_loan_id")
