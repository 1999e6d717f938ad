"""Tables of sealing and custody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "safe",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("custodian_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["custodian_id"], ["person.id"], name=op.f("fk_safe_custodian_id_person")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_safe_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safe")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_safe_organization_id")),
    )
    op.create_table(
        "opening",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("safe_id", sa.String(length=32), nullable=False),
        sa.Column("safe_slot", sa.String(length=32), nullable=True),
        sa.Column("custodian_id", sa.String(length=32), nullable=False),
        sa.Column("reviewer_id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("requested_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("confirm_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "custodian_confirmed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "reviewer_confirmed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("opened_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("closes_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("closed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["custodian_id"], ["person.id"], name=op.f("fk_opening_custodian_id_person")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_opening_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["person.id"], name=op.f("fk_opening_reviewer_id_person")),
        sa.ForeignKeyConstraint(["safe_id"], ["safe.id"], name=op.f("fk_opening_safe_id_safe")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening")),
        sa.UniqueConstraint("safe_slot", name=op.f("uq_opening_safe_slot")),
    )
    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opening_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "safe_slot",
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("safe_id", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["safe_id"], ["safe.id"], name=op.f("fk_safe_slot_safe_id_safe")),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_safe_slot_seal_id_seal")),
        sa.PrimaryKeyConstraint("seal_id", name=op.f("pk_safe_slot")),
    )
    with op.batch_alter_table("safe_slot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_safe_slot_safe_id"), ["safe_id"], unique=False)

    op.create_table(
        "opening_request",
        sa.Column("opening_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["opening_id"], ["opening.id"], name=op.f("fk_opening_request_opening_id_opening")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["use_request.id"], name=op.f("fk_opening_request_request_id_use_request")
        ),
        sa.PrimaryKeyConstraint("opening_id", "request_id", name=op.f("pk_opening_request")),
    )
    with op.batch_alter_table("opening_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opening_request_request_id"), ["request_id"], unique=False)

    op.create_table(
        "seal_return",
        sa.Column("opening_id", sa.String(length=32), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("taken_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("returned_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["opening_id"], ["opening.id"], name=op.f("fk_seal_return_opening_id_opening")
        ),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_seal_return_seal_id_seal")),
        sa.PrimaryKeyConstraint("opening_id", "seal_id", name=op.f("pk_seal_return")),
    )
    op.create_table(
        "seal_use",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=22), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("executed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("executed_by", sa.String(length=32), nullable=False),
        sa.Column("presser_id", sa.String(length=32), nullable=True),
        sa.Column("grant_id", sa.String(length=32), nullable=True),
        sa.Column("source_version_id", sa.String(length=32), nullable=False),
        sa.Column("sealed_version_id", sa.String(length=32), nullable=True),
        sa.Column("source_sm3", sa.String(length=64), nullable=False),
        sa.Column("document_sm3", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("authority_valid", sa.Boolean(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("seal_status", sa.String(length=16), nullable=False),
        sa.Column("seal_facts", sa.Text(), nullable=False),
        sa.Column("presses", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["authority_grant.id"], name=op.f("fk_seal_use_grant_id_authority_grant")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_seal_use_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["presser_id"], ["person.id"], name=op.f("fk_seal_use_presser_id_person")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["use_request.id"], name=op.f("fk_seal_use_request_id_use_request")
        ),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_seal_use_seal_id_seal")),
        sa.ForeignKeyConstraint(
            ["sealed_version_id"],
            ["document_version.id"],
            name=op.f("fk_seal_use_sealed_version_id_document_version"),
        ),
        sa.ForeignKeyConstraint(
            ["source_version_id"],
            ["document_version.id"],
            name=op.f("fk_seal_use_source_version_id_document_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_use")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_seal_use_organization_id")),
        sa.UniqueConstraint("request_id", "seal_id", "position", name=op.f("uq_seal_use_request_id")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_seal_use_token_digest")),
    )
    with op.batch_alter_table("seal_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seal_use_document_sm3"), ["document_sm3"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_seal_use_organization_id"), ["organization_id", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_seal_use_seal_id"), ["seal_id"], unique=False)

    op.create_table(
        "physical_use",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("opening_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("seal_use_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("copies", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("applied", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("normal", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seam", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cover", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("spoiled", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("presser_id", sa.String(length=32), nullable=False),
        sa.Column("reviewer_id", sa.String(length=32), nullable=False),
        sa.Column("pressed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recorded_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["opening_id"], ["opening.id"], name=op.f("fk_physical_use_opening_id_opening")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_physical_use_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["presser_id"], ["person.id"], name=op.f("fk_physical_use_presser_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["use_request.id"], name=op.f("fk_physical_use_request_id_use_request")
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["person.id"], name=op.f("fk_physical_use_reviewer_id_person")
        ),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_physical_use_seal_id_seal")),
        sa.ForeignKeyConstraint(
            ["seal_use_id"], ["seal_use.id"], name=op.f("fk_physical_use_seal_use_id_seal_use")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_physical_use")),
        sa.UniqueConstraint("request_id", "seal_id", "position", name=op.f("uq_physical_use_request_id")),
    )
    with op.batch_alter_table("physical_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_physical_use_opening_id"), ["opening_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_physical_use_organization_id"), ["organization_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_physical_use_recorded_at"), ["recorded_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_physical_use_request_id"), ["request_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_physical_use_seal_id"), ["seal_id"], unique=False)

    op.create_table(
        "use_photo",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("opening_id", sa.String(length=32), nullable=False),
        sa.Column("use_id", sa.String(length=32), nullable=True),
        sa.Column("object_id", sa.String(length=32), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("moment", sa.String(length=16), nullable=False),
        sa.Column("taken_by", sa.String(length=32), nullable=False),
        sa.Column("taken_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["object_id"], ["stored_object.id"], name=op.f("fk_use_photo_object_id_stored_object")
        ),
        sa.ForeignKeyConstraint(["opening_id"], ["opening.id"], name=op.f("fk_use_photo_opening_id_opening")),
        sa.ForeignKeyConstraint(["taken_by"], ["person.id"], name=op.f("fk_use_photo_taken_by_person")),
        sa.ForeignKeyConstraint(
            ["use_id"], ["physical_use.id"], name=op.f("fk_use_photo_use_id_physical_use")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_photo")),
    )
    with op.batch_alter_table("use_photo", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_use_photo_opening_id"), ["opening_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_use_photo_use_id"), ["use_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("use_photo", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_use_photo_use_id"))
        batch_op.drop_index(batch_op.f("ix_use_photo_opening_id"))

    op.drop_table("use_photo")
    with op.batch_alter_table("physical_use", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_physical_use_seal_id"))
        batch_op.drop_index(batch_op.f("ix_physical_use_request_id"))
        batch_op.drop_index(batch_op.f("ix_physical_use_recorded_at"))
        batch_op.drop_index(batch_op.f("ix_physical_use_organization_id"))
        batch_op.drop_index(batch_op.f("ix_physical_use_opening_id"))

    op.drop_table("physical_use")
    with op.batch_alter_table("seal_use", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seal_use_seal_id"))
        batch_op.drop_index(batch_op.f("ix_seal_use_organization_id"))
        batch_op.drop_index(batch_op.f("ix_seal_use_document_sm3"))

    op.drop_table("seal_use")
    op.drop_table("seal_return")
    with op.batch_alter_table("opening_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opening_request_request_id"))

    op.drop_table("opening_request")
    with op.batch_alter_table("safe_slot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_safe_slot_safe_id"))

    op.drop_table("safe_slot")
    with op.batch_alter_table("opening", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opening_organization_id"))

    op.drop_table("opening")
    op.drop_table("safe")
