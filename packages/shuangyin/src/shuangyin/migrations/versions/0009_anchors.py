"""Anchors of the log: their state, transactions and receipts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

IMMUTABLE = ("log_anchor_transaction", "log_anchor_receipt")
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


def upgrade() -> None:
    op.create_table(
        "log_anchor",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.Text(), nullable=True),
        sa.Column("next_nonce", NUMBER, nullable=False),
        sa.Column("failures", NUMBER, nullable=False),
        sa.Column("retry_at", NUMBER, nullable=False),
        sa.Column("lease_owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_log_anchor")),
    )
    op.create_table(
        "log_anchoring",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("anchor", sa.String(length=64), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("nonce", NUMBER, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("started_at", NUMBER, nullable=False),
        sa.Column("changed_at", NUMBER, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("receipt_id", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_anchoring")),
    )
    op.create_index("ix_log_anchoring_anchor_state_size", "log_anchoring", ["anchor", "state", "size"])
    op.create_table(
        "log_anchor_transaction",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("anchoring_id", sa.String(length=32), nullable=False),
        sa.Column("transaction_id", sa.String(length=80), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("signed_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_anchor_transaction")),
    )
    op.create_index(
        op.f("ix_log_anchor_transaction_anchoring_id"), "log_anchor_transaction", ["anchoring_id"]
    )
    op.create_table(
        "log_anchor_receipt",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("anchor", sa.String(length=64), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("transaction_id", sa.String(length=80), nullable=False),
        sa.Column("block_time", NUMBER, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("confirmed_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_anchor_receipt")),
    )
    op.create_index(op.f("ix_log_anchor_receipt_anchor"), "log_anchor_receipt", ["anchor"])
    for table in IMMUTABLE:
        _refuse_changes(table)


def downgrade() -> None:
    for table in ("log_anchor_receipt", "log_anchor_transaction", "log_anchoring", "log_anchor"):
        # Dropping a table takes its triggers along.
        op.drop_table(table)
