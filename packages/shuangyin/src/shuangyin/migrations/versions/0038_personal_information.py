"""Consents, proofs of deletion, impact assessments, face templates and face checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = ("consent", "data_deletion", "impact_assessment", "face_template", "face_check")


def upgrade() -> None:
    _consents()
    _deletions()
    _faces()


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


def _consents() -> None:
    op.create_table(
        "consent",
        _id(),
        _text("organization_id", 32),
        _text("person_id", 32),
        _text("purpose", 16),
        _text("notice_version", 16),
        sa.Column("given_at", _WHEN, nullable=False),
        sa.Column("ended_at", _WHEN, nullable=True),
        sa.Column("open_slot", sa.String(49), nullable=True),
        *_keys("consent", "id", ("organization", "organization_id"), ("person", "person_id")),
        sa.UniqueConstraint("open_slot", name=op.f("uq_consent_open_slot")),
    )
    op.create_index(op.f("ix_consent_person_id"), "consent", ["person_id"])
    op.create_table(
        "impact_assessment",
        _id(),
        _text("organization_id", 32),
        _text("purpose", 16),
        sa.Column("necessity", sa.Text, nullable=False),
        sa.Column("risks", sa.Text, nullable=False),
        sa.Column("measures", sa.Text, nullable=False),
        _text("assessed_by", 32),
        sa.Column("assessed_at", _WHEN, nullable=False),
        sa.Column("keep_until", _WHEN, nullable=False),
        *_keys("impact_assessment", "id", ("organization", "organization_id"), ("person", "assessed_by")),
    )
    op.create_index(op.f("ix_impact_assessment_organization_id"), "impact_assessment", ["organization_id"])


def _deletions() -> None:
    op.create_table(
        "data_deletion",
        _id(),
        _text("organization_id", 32),
        _text("person_id", 32),
        _text("purpose", 16),
        _text("reason", 16),
        sa.Column("rows", _WHEN, nullable=False),
        sa.Column("deleted_at", _WHEN, nullable=False),
        _text("entry_id", 32),
        *_keys("data_deletion", "id", ("organization", "organization_id"), ("person", "person_id")),
    )
    op.create_index(op.f("ix_data_deletion_person_id"), "data_deletion", ["person_id"])


def _faces() -> None:
    op.create_table(
        "face_template",
        _text("person_id", 32),
        _text("organization_id", 32),
        sa.Column("template", sa.LargeBinary, nullable=False),
        _text("model", 64),
        sa.Column("enrolled_at", _WHEN, nullable=False),
        sa.Column("delete_at", _WHEN, nullable=False),
        *_keys("face_template", "person_id", ("organization", "organization_id"), ("person", "person_id")),
    )
    op.create_index(op.f("ix_face_template_delete_at"), "face_template", ["delete_at"])
    op.create_table(
        "face_check",
        _id(),
        _text("organization_id", 32),
        _text("person_id", 32),
        _text("act", 64),
        _text("subject", 200),
        _text("turn", 8),
        sa.Column("tries", _WHEN, nullable=False),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.Column("expires_at", _WHEN, nullable=False),
        sa.Column("answer_hash", sa.String(64), nullable=True),
        sa.Column("used_at", _WHEN, nullable=True),
        *_keys("face_check", "id", ("organization", "organization_id"), ("person", "person_id")),
        sa.UniqueConstraint("answer_hash", name=op.f("uq_face_check_answer_hash")),
    )
    op.create_index(op.f("ix_face_check_person_id"), "face_check", ["person_id"])
    op.create_index(op.f("ix_face_check_expires_at"), "face_check", ["expires_at"])


def _id() -> sa.Column[str]:
    return _text("id", 32)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _keys(table: str, own: str, *foreign: tuple[str, str]) -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint(own, name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
            for other, column in foreign
        ),
    ]
