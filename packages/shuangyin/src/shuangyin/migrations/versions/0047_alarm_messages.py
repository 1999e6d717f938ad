"""Alarms as short messages: whom each is to tell, and what became of it. It begins empty: earlier alarms send nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alarm_message",
        sa.Column("alarm_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", _WHEN, nullable=False),
        sa.Column("unsure", _WHEN, nullable=False),
        sa.Column("next_at", _WHEN, nullable=True),
        sa.Column("message_id", sa.String(32), nullable=True),
        sa.Column("sent_at", _WHEN, nullable=True),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name=op.f("fk_alarm_message_alarm_id_alarm")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_alarm_message_person_id_person")),
        sa.PrimaryKeyConstraint("alarm_id", "person_id", name=op.f("pk_alarm_message")),
    )
    op.create_index(op.f("ix_alarm_message_person_id"), "alarm_message", ["person_id", "state"])
    op.create_index(op.f("ix_alarm_message_message_id"), "alarm_message", ["message_id"])


def downgrade() -> None:
    op.drop_table("alarm_message")
