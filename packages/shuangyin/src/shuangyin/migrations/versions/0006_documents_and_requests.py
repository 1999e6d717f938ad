"""Tables of documents and requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_document_created_by_person")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_document_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "document_version",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("object_id", sa.String(length=32), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pages", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("page_sizes", sa.Text(), nullable=False),
        sa.Column("signed_by_others", sa.Boolean(), nullable=False),
        sa.Column("repaired_from_sm3", sa.String(length=64), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_version_document_id_document")
        ),
        sa.ForeignKeyConstraint(
            ["object_id"], ["stored_object.id"], name=op.f("fk_document_version_object_id_stored_object")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["document_version.id"],
            name=op.f("fk_document_version_parent_id_document_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_version")),
        sa.UniqueConstraint("document_id", "number", name=op.f("uq_document_version_document_id")),
    )
    with op.batch_alter_table("document_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_version_sm3"), ["sm3"], unique=False)

    op.create_table(
        "use_request",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("applicant_id", sa.String(length=32), nullable=False),
        sa.Column("department_id", sa.String(length=32), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("document_kind", sa.String(length=64), nullable=False),
        sa.Column("matter", sa.String(length=64), nullable=True),
        sa.Column("channel", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("counterparty_id", sa.String(length=32), nullable=True),
        sa.Column("counterparty_name", sa.String(length=100), nullable=False),
        sa.Column("copies", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("list_version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("high_risk", sa.Boolean(), nullable=False),
        sa.Column("route_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("submitted_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("approved_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sealed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("binding", sa.String(length=64), nullable=True),
        sa.Column("changes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["applicant_id"], ["person.id"], name=op.f("fk_use_request_applicant_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["counterparty_id"], ["counterparty.id"], name=op.f("fk_use_request_counterparty_id_counterparty")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_use_request_department_id_department")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_use_request_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["route_id"], ["approval_route.id"], name=op.f("fk_use_request_route_id_approval_route")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_request")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_use_request_organization_id")),
    )
    with op.batch_alter_table("use_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_use_request_applicant_id"), ["applicant_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_use_request_organization_id"), ["organization_id", "status", "id"], unique=False
        )

    op.create_table(
        "request_document",
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("document_version_id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_version_id"],
            ["document_version.id"],
            name=op.f("fk_request_document_document_version_id_document_version"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_request_document_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["use_request.id"], name=op.f("fk_request_document_request_id_use_request")
        ),
        sa.PrimaryKeyConstraint("request_id", "document_version_id", name=op.f("pk_request_document")),
        sa.UniqueConstraint("request_id", "position", name=op.f("uq_request_document_request_id")),
    )
    with op.batch_alter_table("request_document", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_request_document_document_version_id"), ["document_version_id"], unique=False
        )

    op.create_table(
        "request_seal",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("presses_applied", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seam_presses", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("placements", sa.Text(), nullable=False),
        sa.Column("seam", sa.Text(), nullable=True),
        sa.Column("qr", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_request_seal_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["use_request.id"], name=op.f("fk_request_seal_request_id_use_request")
        ),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_request_seal_seal_id_seal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_seal")),
        sa.UniqueConstraint("request_id", "seal_id", name=op.f("uq_request_seal_request_id")),
    )


def downgrade() -> None:
    op.drop_table("request_seal")
    with op.batch_alter_table("request_document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_document_document_version_id"))

    op.drop_table("request_document")
    with op.batch_alter_table("use_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_use_request_organization_id"))
        batch_op.drop_index(batch_op.f("ix_use_request_applicant_id"))

    op.drop_table("use_request")
    with op.batch_alter_table("document_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_version_sm3"))

    op.drop_table("document_version")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_organization_id"))

    op.drop_table("document")
