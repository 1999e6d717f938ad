"""Codes by short message: numbers, codes, and what counts against the limits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sms_phone",
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("phone", sa.LargeBinary, nullable=False),
        sa.Column("confirmed_at", _WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_sms_phone_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sms_phone_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_sms_phone")),
    )
    op.create_table(
        "sms_code",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("code_digest", sa.String(64), nullable=False),
        sa.Column("tries", _WHEN, nullable=False),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.Column("expires_at", _WHEN, nullable=False),
        sa.Column("used_at", _WHEN, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_sms_code_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sms_code_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_code")),
    )
    op.create_index(op.f("ix_sms_code_person_id"), "sms_code", ["person_id"])
    op.create_index(op.f("ix_sms_code_expires_at"), "sms_code", ["expires_at"])
    op.create_table(
        "sms_send",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at", _WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_send")),
    )
    op.create_index(op.f("ix_sms_send_key"), "sms_send", ["key", "at"])
    op.create_index(op.f("ix_sms_send_at"), "sms_send", ["at"])


def downgrade() -> None:
    op.drop_table("sms_send")
    op.drop_table("sms_code")
    op.drop_table("sms_phone")
