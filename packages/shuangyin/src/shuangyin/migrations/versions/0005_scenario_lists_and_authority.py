"""Tables of scenario lists and authority."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scenario_list",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("version_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("regulation_text", sa.Text(), nullable=False),
        sa.Column("review_on", sa.String(length=10), nullable=True),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("approved_by", sa.String(length=32), nullable=True),
        sa.Column("valid_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("valid_until", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rules_digest", sa.String(length=64), nullable=True),
        sa.Column("in_force_slot", sa.String(length=32), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["person.id"], name=op.f("fk_scenario_list_approved_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["person.id"], name=op.f("fk_scenario_list_created_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_scenario_list_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario_list")),
        sa.UniqueConstraint("in_force_slot", name=op.f("uq_scenario_list_in_force_slot")),
        sa.UniqueConstraint(
            "organization_id", "version_number", name=op.f("uq_scenario_list_organization_id")
        ),
    )
    op.create_table(
        "authority_grant",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=True),
        sa.Column("holder_person_id", sa.String(length=32), nullable=True),
        sa.Column("holder_post_id", sa.String(length=32), nullable=True),
        sa.Column("amount_limit_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("count_limit", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("count_reserved", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("count_used", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_until", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("granted_by_person", sa.String(length=32), nullable=False),
        sa.Column("granted_by_post", sa.String(length=32), nullable=True),
        sa.Column("granted_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("ended_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["granted_by_person"], ["person.id"], name=op.f("fk_authority_grant_granted_by_person_person")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by_post"], ["post.id"], name=op.f("fk_authority_grant_granted_by_post_post")
        ),
        sa.ForeignKeyConstraint(
            ["holder_person_id"], ["person.id"], name=op.f("fk_authority_grant_holder_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["holder_post_id"], ["post.id"], name=op.f("fk_authority_grant_holder_post_id_post")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_authority_grant_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["authority_grant.id"], name=op.f("fk_authority_grant_parent_id_authority_grant")
        ),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_authority_grant_seal_id_seal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authority_grant")),
    )
    with op.batch_alter_table("authority_grant", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_authority_grant_organization_id"),
            ["organization_id", "act", "seal_id", "status"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_authority_grant_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "scenario_rule",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("list_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("strength", sa.String(length=16), nullable=False),
        sa.Column("basis", sa.String(length=32), nullable=False),
        sa.Column("citation", sa.String(length=64), nullable=True),
        sa.Column("reason_zh", sa.String(length=500), nullable=False),
        sa.Column("reason_en", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["scenario_list.id"], name=op.f("fk_scenario_rule_list_id_scenario_list")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_scenario_rule_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario_rule")),
        sa.UniqueConstraint("list_id", "position", name=op.f("uq_scenario_rule_list_id")),
    )
    op.create_table(
        "grant_reservation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("grant_id", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reserved_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slot", sa.String(length=65), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["authority_grant.id"], name=op.f("fk_grant_reservation_grant_id_authority_grant")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_grant_reservation_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_grant_reservation_seal_id_seal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_reservation")),
        sa.UniqueConstraint("slot", name=op.f("uq_grant_reservation_slot")),
    )
    with op.batch_alter_table("grant_reservation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grant_reservation_subject_id"), ["subject_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("grant_reservation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grant_reservation_subject_id"))

    op.drop_table("grant_reservation")
    op.drop_table("scenario_rule")
    with op.batch_alter_table("authority_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_authority_grant_parent_id"))
        batch_op.drop_index(batch_op.f("ix_authority_grant_organization_id"))

    op.drop_table("authority_grant")
    op.drop_table("scenario_list")
