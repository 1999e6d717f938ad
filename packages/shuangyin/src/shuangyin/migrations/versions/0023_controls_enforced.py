"""Controls that are enforced: factors of a proof, photos of a request, controlled prints, duties after a use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "step_up_proof", sa.Column("factors", sa.String(100), nullable=False, server_default="totp")
    )
    with op.batch_alter_table("step_up_proof") as table:
        table.alter_column("factors", server_default=None)
    with op.batch_alter_table("use_photo") as table:
        table.add_column(sa.Column("request_id", sa.String(32), nullable=True))
        table.create_foreign_key(
            op.f("fk_use_photo_request_id_use_request"), "use_request", ["request_id"], ["id"]
        )
    op.create_table(
        "print_copy",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("document_version_id", sa.String(32), nullable=False),
        sa.Column("source_sm3", sa.String(64), nullable=False),
        sa.Column("object_id", sa.String(32), nullable=False),
        sa.Column("sm3", sa.String(64), nullable=False),
        sa.Column("copies", _WHEN, nullable=False),
        sa.Column("made_by", sa.String(32), nullable=False),
        sa.Column("made_at", _WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_version_id"],
            ["document_version.id"],
            name=op.f("fk_print_copy_document_version_id_document_version"),
        ),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_print_copy_made_by_person")),
        sa.ForeignKeyConstraint(
            ["object_id"], ["stored_object.id"], name=op.f("fk_print_copy_object_id_stored_object")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_print_copy_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["use_request.id"], name=op.f("fk_print_copy_request_id_use_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_copy")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_print_copy_organization_id")),
    )
    op.create_index(op.f("ix_print_copy_request_id"), "print_copy", ["request_id"])
    op.create_table(
        "request_duty",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("compulsory", sa.Boolean(), nullable=False),
        sa.Column("opened_at", _WHEN, nullable=False),
        sa.Column("due_at", _WHEN, nullable=True),
        sa.Column("overdue_at", _WHEN, nullable=True),
        sa.Column("fulfilled_at", _WHEN, nullable=True),
        sa.Column("fulfilled_by", sa.String(32), nullable=True),
        sa.Column("note", sa.String(500), nullable=True),
        sa.ForeignKeyConstraint(
            ["fulfilled_by"], ["person.id"], name=op.f("fk_request_duty_fulfilled_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_request_duty_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["use_request.id"], name=op.f("fk_request_duty_request_id_use_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_duty")),
        sa.UniqueConstraint("request_id", "kind", name=op.f("uq_request_duty_request_id")),
    )
    op.create_index(
        op.f("ix_request_duty_organization_id"), "request_duty", ["organization_id", "fulfilled_at", "due_at"]
    )
    op.create_table(
        "archive_copy",
        sa.Column("duty_id", sa.String(32), nullable=False),
        sa.Column("document_version_id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("sm3", sa.String(64), nullable=False),
        sa.Column("added_at", _WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_version_id"],
            ["document_version.id"],
            name=op.f("fk_archive_copy_document_version_id_document_version"),
        ),
        sa.ForeignKeyConstraint(
            ["duty_id"], ["request_duty.id"], name=op.f("fk_archive_copy_duty_id_request_duty")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_archive_copy_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["use_request.id"], name=op.f("fk_archive_copy_request_id_use_request")
        ),
        sa.PrimaryKeyConstraint("duty_id", "document_version_id", name=op.f("pk_archive_copy")),
    )
    op.create_index(op.f("ix_archive_copy_document_version_id"), "archive_copy", ["document_version_id"])
    op.create_index(op.f("ix_archive_copy_request_id"), "archive_copy", ["request_id"])


def downgrade() -> None:
    op.drop_table("archive_copy")
    op.drop_table("request_duty")
    op.drop_table("print_copy")
    with op.batch_alter_table("use_photo") as table:
        table.drop_constraint(op.f("fk_use_photo_request_id_use_request"), type_="foreignkey")
        table.drop_column("request_id")
    with op.batch_alter_table("step_up_proof") as table:
        table.drop_column("factors")
