"""The freeze of all seals at once, and who may do it."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

GAINED = {"legal_representative": ("seals.freeze",)}
_POST = sa.table("post", sa.column("id"), sa.column("kind"), sa.column("permissions"))


def upgrade() -> None:
    time = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "seal_freeze",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.String(length=32), nullable=True),
        sa.Column("frozen_by", sa.String(length=32), nullable=False),
        sa.Column("frozen_at", time, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("lifted_by", sa.String(length=32), nullable=True),
        sa.Column("lifted_at", time, nullable=True),
        sa.Column("lift_reason", sa.String(length=500), nullable=True),
        sa.Column("lift_entry_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_seal_freeze_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["frozen_by"], ["person.id"], name=op.f("fk_seal_freeze_frozen_by_person")),
        sa.ForeignKeyConstraint(["lifted_by"], ["person.id"], name=op.f("fk_seal_freeze_lifted_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_freeze")),
        sa.UniqueConstraint("slot", name=op.f("uq_seal_freeze_slot")),
    )
    op.create_index(op.f("ix_seal_freeze_organization_id"), "seal_freeze", ["organization_id", "frozen_at"])
    _change_posts(added=True)


def downgrade() -> None:
    _change_posts(added=False)
    op.drop_index(op.f("ix_seal_freeze_organization_id"), "seal_freeze")
    op.drop_table("seal_freeze")


def _change_posts(*, added: bool) -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(_POST).where(_POST.c.kind.in_(GAINED))).all()
    for row in rows:
        held, gained = set(json.loads(row.permissions)), set(GAINED[row.kind])
        wanted = json.dumps(sorted(held | gained if added else held - gained))
        connection.execute(sa.update(_POST).where(_POST.c.id == row.id).values(permissions=wanted))
