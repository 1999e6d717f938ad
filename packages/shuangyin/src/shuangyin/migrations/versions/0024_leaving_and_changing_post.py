"""What became of the things of a person who left or changed post."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "person_transition",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("successor_id", sa.String(32), nullable=True),
        sa.Column("done_by", sa.String(32), nullable=False),
        sa.Column("done_at", _WHEN, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("entry_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_person_transition_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_transition_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["person.id"], name=op.f("fk_person_transition_successor_id_person")
        ),
        sa.ForeignKeyConstraint(["done_by"], ["person.id"], name=op.f("fk_person_transition_done_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_transition")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_person_transition_organization_id")),
    )
    op.create_index(
        op.f("ix_person_transition_organization_id"), "person_transition", ["organization_id", "id"]
    )
    op.create_index(op.f("ix_person_transition_person_id"), "person_transition", ["person_id", "id"])
    op.create_table(
        "person_transition_item",
        sa.Column("transition_id", sa.String(32), nullable=False),
        sa.Column("position", _WHEN, nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("part", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("subject_id", sa.String(64), nullable=False),
        sa.Column("label", sa.String(300), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("to_person_id", sa.String(32), nullable=True),
        sa.Column("why", sa.String(24), nullable=True),
        sa.ForeignKeyConstraint(
            ["to_person_id"], ["person.id"], name=op.f("fk_person_transition_item_to_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["transition_id"],
            ["person_transition.id"],
            name=op.f("fk_person_transition_item_transition_id_person_transition"),
        ),
        sa.PrimaryKeyConstraint("transition_id", "position", name=op.f("pk_person_transition_item")),
    )


def downgrade() -> None:
    op.drop_table("person_transition_item")
    op.drop_table("person_transition")
