"""Links with those who vouch for persons from outside, and who vouched for a session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "external_identity",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("subject_digest", sa.String(64), nullable=False),
        sa.Column("account_slot", sa.String(65), nullable=False),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.Column("used_at", _WHEN, nullable=True),
        sa.Column("used_for", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_external_identity_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_external_identity_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identity")),
        sa.UniqueConstraint("subject_digest", name=op.f("uq_external_identity_subject_digest")),
        sa.UniqueConstraint("account_slot", name=op.f("uq_external_identity_account_slot")),
    )
    op.create_index(op.f("ix_external_identity_person_id"), "external_identity", ["person_id"])
    for table in ("session", "sign_in_challenge"):
        op.add_column(table, sa.Column("provider", sa.String(32), nullable=True))


def downgrade() -> None:
    for table in ("session", "sign_in_challenge"):
        op.drop_column(table, "provider")
    op.drop_table("external_identity")
