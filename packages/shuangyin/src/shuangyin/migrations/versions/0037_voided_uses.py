"""Uses that were voided, and who may void them."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PERMISSION = "sealing.void"
_KINDS = ("auditor", "administrator")
"""Posts of these kinds may void from now on; an organization may change its posts afterwards, as ever."""
_POST = sa.table("post", sa.column("id"), sa.column("kind"), sa.column("permissions"))


def upgrade() -> None:
    op.create_table(
        "voided_use",
        sa.Column("use_id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("reason_code", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("second_factor", sa.String(16), nullable=False),
        sa.Column("voided_by", sa.String(32), nullable=False),
        sa.Column("voided_at", _WHEN, nullable=False),
        sa.Column("entry_id", sa.String(32), nullable=False),
        sa.Column("explained_entry_id", sa.String(32), nullable=False),
        _foreign("use_id", "seal_use"),
        _foreign("organization_id", "organization"),
        _foreign("voided_by", "person"),
        sa.PrimaryKeyConstraint("use_id", name=op.f("pk_voided_use")),
    )
    _change_posts(added=True)


def downgrade() -> None:
    _change_posts(added=False)
    op.drop_table("voided_use")


def _change_posts(*, added: bool) -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(_POST).where(_POST.c.kind.in_(_KINDS))).all()
    for row in rows:
        held = set(json.loads(row.permissions))
        wanted = json.dumps(sorted(held | {_PERMISSION} if added else held - {_PERMISSION}))
        connection.execute(sa.update(_POST).where(_POST.c.id == row.id).values(permissions=wanted))


def _foreign(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_voided_use_{column}_{target}"))
