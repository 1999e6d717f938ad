"""Copies that went out to counterparties and came back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sent_copies",
        sa.Column("version", _WHEN, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("copies", _WHEN, nullable=False),
        sa.Column("recipient", sa.String(200), nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("courier", sa.String(60), nullable=True),
        sa.Column("tracking", sa.String(60), nullable=True),
        sa.Column("sent_at", _WHEN, nullable=False),
        sa.Column("due_at", _WHEN, nullable=True),
        sa.Column("registered_by", sa.String(32), nullable=False),
        sa.Column("registered_at", _WHEN, nullable=False),
        sa.Column("void_at", _WHEN, nullable=True),
        _foreign("sent_copies", "organization_id", "organization"),
        _foreign("sent_copies", "request_id", "use_request"),
        _foreign("sent_copies", "registered_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_copies")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_sent_copies_organization_id")),
    )
    op.create_index(op.f("ix_sent_copies_request_id"), "sent_copies", ["request_id"])
    op.create_table(
        "returned_copies",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("sent_id", sa.String(32), nullable=False),
        sa.Column("copies", _WHEN, nullable=False),
        sa.Column("document_version_id", sa.String(32), nullable=False),
        sa.Column("sm3", sa.String(64), nullable=False),
        sa.Column("registered_by", sa.String(32), nullable=False),
        sa.Column("registered_at", _WHEN, nullable=False),
        _foreign("returned_copies", "sent_id", "sent_copies"),
        _foreign("returned_copies", "document_version_id", "document_version"),
        _foreign("returned_copies", "registered_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_copies")),
    )
    op.create_index(op.f("ix_returned_copies_sent_id"), "returned_copies", ["sent_id"])


def downgrade() -> None:
    op.drop_table("returned_copies")
    op.drop_table("sent_copies")


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
