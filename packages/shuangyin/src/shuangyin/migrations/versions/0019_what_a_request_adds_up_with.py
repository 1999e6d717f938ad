"""Requests say where a paper is used, what they amend or repeat, what is attached, and what they are excepted from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = (
    ("platform", sa.String(length=64)),
    ("region", sa.String(length=8)),
    ("contract_number", sa.String(length=64)),
    ("amends_request_id", sa.String(length=32)),
    ("part_of_request_id", sa.String(length=32)),
    ("exception_rules", sa.Text()),
    ("exception_reason", sa.String(length=1000)),
    ("duplicate_reason", sa.String(length=500)),
    ("paper_description", sa.String(length=1000)),
    ("paper_place", sa.String(length=200)),
    ("stub_number", sa.String(length=32)),
    ("allowance_slot", sa.String(length=120)),
)


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("use_request", sa.Column(name, kind, nullable=True))
    op.create_index(op.f("ix_use_request_contract_number"), "use_request", ["contract_number"])
    op.create_index(op.f("ix_use_request_amends_request_id"), "use_request", ["amends_request_id"])
    op.create_index(op.f("ix_use_request_part_of_request_id"), "use_request", ["part_of_request_id"])
    op.create_index(op.f("ix_use_request_allowance_slot"), "use_request", ["allowance_slot"], unique=True)
    op.create_table(
        "request_attachment",
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("document_version_id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_version_id"],
            ["document_version.id"],
            name=op.f("fk_request_attachment_document_version_id_document_version"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_request_attachment_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["use_request.id"], name=op.f("fk_request_attachment_request_id_use_request")
        ),
        sa.PrimaryKeyConstraint("request_id", "document_version_id", name=op.f("pk_request_attachment")),
        sa.UniqueConstraint("request_id", "position", name=op.f("uq_request_attachment_request_id")),
    )
    op.create_index(
        op.f("ix_request_attachment_document_version_id"), "request_attachment", ["document_version_id"]
    )


def downgrade() -> None:
    op.drop_table("request_attachment")
    op.drop_index(op.f("ix_use_request_allowance_slot"), "use_request")
    op.drop_index(op.f("ix_use_request_part_of_request_id"), "use_request")
    op.drop_index(op.f("ix_use_request_amends_request_id"), "use_request")
    op.drop_index(op.f("ix_use_request_contract_number"), "use_request")
    for name, _ in reversed(COLUMNS):
        op.drop_column("use_request", name)
