"""The log's twin, its fence, witnesses, problems and audits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

IMMUTABLE = ("log_twin_checkpoint", "log_cosignature", "log_audit")
REASON = "evidence is never changed or removed"
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _refuse_changes(table: str) -> None:
    """Make the database itself refuse UPDATE, DELETE and TRUNCATE, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REASON}'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _allow_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_no_{act}")
        return
    op.execute(f"DROP TRIGGER {table}_immutable ON {table}")


def upgrade() -> None:
    with op.batch_alter_table("log_head", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fenced_at", NUMBER, nullable=True))
    op.create_table(
        "log_twin_tile",
        sa.Column("level", NUMBER, autoincrement=False, nullable=False),
        sa.Column("tile_index", NUMBER, autoincrement=False, nullable=False),
        sa.Column("width", NUMBER, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "tile_index", name=op.f("pk_log_twin_tile")),
    )
    op.create_table(
        "log_twin_checkpoint",
        sa.Column("size", NUMBER, autoincrement=False, nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_twin_checkpoint")),
    )
    op.create_table(
        "log_cosignature",
        sa.Column("size", NUMBER, autoincrement=False, nullable=False),
        sa.Column("key_name", sa.String(length=255), nullable=False),
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("stated_at", NUMBER, nullable=False),
        sa.Column("received_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("size", "key_name", "key_id", name=op.f("pk_log_cosignature")),
    )
    op.create_table(
        "log_problem",
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("blocking", sa.SmallInteger(), nullable=False),
        sa.Column("since", NUMBER, nullable=False),
        sa.Column("seen_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_log_problem")),
    )
    op.create_table(
        "log_audit",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("started_at", NUMBER, nullable=False),
        sa.Column("finished_at", NUMBER, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("checked_facts", NUMBER, nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_audit")),
    )
    for table in IMMUTABLE:
        _refuse_changes(table)


def downgrade() -> None:
    for table in IMMUTABLE:
        _allow_changes(table)
    for table in ("log_audit", "log_problem", "log_cosignature", "log_twin_checkpoint", "log_twin_tile"):
        op.drop_table(table)
    with op.batch_alter_table("log_head", schema=None) as batch_op:
        batch_op.drop_column("fenced_at")
