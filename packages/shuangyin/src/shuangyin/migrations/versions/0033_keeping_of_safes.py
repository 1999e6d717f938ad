"""Deputies of custodians, changes of lock codes, checks before a press, and openings whose seals are not back in time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_POINTS = ("text_matches", "date_filled", "no_blank", "signature_line")
_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "safe_deputy",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("safe_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("from_at", _WHEN, nullable=False),
        sa.Column("until_at", _WHEN, nullable=True),
        sa.Column("named_by", sa.String(32), nullable=False),
        sa.Column("named_at", _WHEN, nullable=False),
        sa.Column("ended_at", _WHEN, nullable=True),
        _foreign("safe_deputy", "organization_id", "organization"),
        _foreign("safe_deputy", "safe_id", "safe"),
        _foreign("safe_deputy", "person_id", "person"),
        _foreign("safe_deputy", "named_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safe_deputy")),
    )
    op.create_index(op.f("ix_safe_deputy_safe_id"), "safe_deputy", ["safe_id", "person_id"])
    op.create_table(
        "lock_code_change",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("safe_id", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("changed_by", sa.String(32), nullable=False),
        sa.Column("witness_id", sa.String(32), nullable=False),
        sa.Column("changed_at", _WHEN, nullable=False),
        _foreign("lock_code_change", "organization_id", "organization"),
        _foreign("lock_code_change", "safe_id", "safe"),
        _foreign("lock_code_change", "changed_by", "person"),
        _foreign("lock_code_change", "witness_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lock_code_change")),
    )
    op.create_index(op.f("ix_lock_code_change_safe_id"), "lock_code_change", ["safe_id", "changed_at"])
    op.create_table(
        "press_check",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("opening_id", sa.String(32), nullable=True),
        sa.Column("loan_id", sa.String(32), nullable=True),
        sa.Column("request_id", sa.String(32), nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in _POINTS),
        sa.Column("checked_by", sa.String(32), nullable=False),
        sa.Column("checked_at", _WHEN, nullable=False),
        sa.Column("supervisor_id", sa.String(32), nullable=True),
        sa.Column("supervised_at", _WHEN, nullable=True),
        _foreign("press_check", "organization_id", "organization"),
        _foreign("press_check", "opening_id", "opening"),
        _foreign("press_check", "loan_id", "loan"),
        _foreign("press_check", "request_id", "use_request"),
        _foreign("press_check", "checked_by", "person"),
        _foreign("press_check", "supervisor_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_press_check")),
    )
    for column in ("opening_id", "loan_id"):
        op.create_index(op.f(f"ix_press_check_{column}"), "press_check", [column])
    with op.batch_alter_table("safe") as batch:
        batch.add_column(sa.Column("lock_changed_at", _WHEN, nullable=True))
        batch.add_column(sa.Column("keeper_changed_at", _WHEN, nullable=True))
    # Nothing is known of earlier changes: the interval runs from when the safe was registered.
    op.execute(sa.text("UPDATE safe SET lock_changed_at = created_at"))
    with op.batch_alter_table("safe") as batch:
        batch.alter_column("lock_changed_at", existing_type=_WHEN, nullable=False)
    with op.batch_alter_table("opening") as batch:
        batch.add_column(sa.Column("late_at", _WHEN, nullable=True))
        batch.add_column(sa.Column("escalated_at", _WHEN, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("opening") as batch:
        batch.drop_column("escalated_at")
        batch.drop_column("late_at")
    with op.batch_alter_table("safe") as batch:
        batch.drop_column("keeper_changed_at")
        batch.drop_column("lock_changed_at")
    op.drop_table("press_check")
    op.drop_table("lock_code_change")
    op.drop_table("safe_deputy")


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
