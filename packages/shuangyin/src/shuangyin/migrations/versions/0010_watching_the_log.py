"""Who watches the log and audits it; files are found by their SHA-256, too."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

GAINED = {
    "auditor": ("evidence.audit", "evidence.watch"),
    "administrator": ("evidence.audit", "evidence.watch"),
    "legal_representative": ("evidence.watch",),
}
"""What posts of these kinds may do from now on; an organization may change its posts afterwards, as ever."""
_POST = sa.table("post", sa.column("id"), sa.column("kind"), sa.column("permissions"))


def upgrade() -> None:
    op.create_index(op.f("ix_document_version_sha256"), "document_version", ["sha256"])
    _change_posts(added=True)


def downgrade() -> None:
    _change_posts(added=False)
    op.drop_index(op.f("ix_document_version_sha256"), "document_version")


def _change_posts(*, added: bool) -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(_POST).where(_POST.c.kind.in_(GAINED))).all()
    for row in rows:
        held, gained = set(json.loads(row.permissions)), set(GAINED[row.kind])
        wanted = json.dumps(sorted(held | gained if added else held - gained))
        connection.execute(sa.update(_POST).where(_POST.c.id == row.id).values(permissions=wanted))
