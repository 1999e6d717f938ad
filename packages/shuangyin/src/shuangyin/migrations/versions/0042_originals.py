"""Originals that lie in safes, their loans, and their lines in stocktakes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = ("stocktake_original", "original_loan_item", "original_loan", "original")


def upgrade() -> None:
    _original()
    _loan()
    _line()


def downgrade() -> None:
    for name in _TABLES:
        op.drop_table(name)


def _original() -> None:
    op.create_table(
        "original",
        sa.Column("version", _WHEN, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("reference", sa.String(100), nullable=True),
        sa.Column("condition", sa.String(500), nullable=False),
        sa.Column("safe_id", sa.String(32), nullable=False),
        sa.Column("slot", sa.String(32), nullable=False),
        sa.Column("route_code", sa.String(64), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("registered_by", sa.String(32), nullable=False),
        sa.Column("registered_at", _WHEN, nullable=False),
        _foreign("original", "organization_id", "organization"),
        _foreign("original", "safe_id", "safe"),
        _foreign("original", "registered_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_original")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_original_organization_id")),
    )
    op.create_index(op.f("ix_original_safe_id"), "original", ["safe_id"])
    op.create_index(op.f("ix_original_organization_id"), "original", ["organization_id", "state"])


def _loan() -> None:
    op.create_table(
        "original_loan",
        sa.Column("version", _WHEN, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("safe_id", sa.String(32), nullable=False),
        sa.Column("borrower_id", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(500), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("from_at", _WHEN, nullable=False),
        sa.Column("due_at", _WHEN, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("route_id", sa.String(32), nullable=True),
        sa.Column("binding", sa.String(64), nullable=False),
        sa.Column("requested_at", _WHEN, nullable=False),
        *(
            sa.Column(name, _WHEN, nullable=True)
            for name in ("decided_at", "out_at", "back_at", "overdue_at", "escalated_at")
        ),
        _foreign("original_loan", "organization_id", "organization"),
        _foreign("original_loan", "safe_id", "safe"),
        _foreign("original_loan", "borrower_id", "person"),
        _foreign("original_loan", "route_id", "approval_route"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_original_loan")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_original_loan_organization_id")),
    )
    op.create_index(op.f("ix_original_loan_borrower_id"), "original_loan", ["borrower_id"])
    op.create_index(
        op.f("ix_original_loan_organization_id"), "original_loan", ["organization_id", "status", "due_at"]
    )
    op.create_table(
        "original_loan_item",
        sa.Column("loan_id", sa.String(32), nullable=False),
        sa.Column("original_id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("intact", sa.Boolean(), nullable=True),
        sa.Column("note", sa.String(500), nullable=True),
        sa.Column("checked_by", sa.String(32), nullable=True),
        sa.Column("checked_at", _WHEN, nullable=True),
        _foreign("original_loan_item", "loan_id", "original_loan"),
        _foreign("original_loan_item", "original_id", "original"),
        _foreign("original_loan_item", "checked_by", "person"),
        sa.PrimaryKeyConstraint("loan_id", "original_id", name=op.f("pk_original_loan_item")),
    )
    op.create_index(op.f("ix_original_loan_item_original_id"), "original_loan_item", ["original_id"])


def _line() -> None:
    op.create_table(
        "stocktake_original",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("stocktake_id", sa.String(32), nullable=False),
        sa.Column("original_id", sa.String(32), nullable=False),
        sa.Column("slot", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("expected", sa.Boolean(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=True),
        sa.Column("discrepancy", sa.String(500), nullable=True),
        _foreign("stocktake_original", "stocktake_id", "stocktake"),
        _foreign("stocktake_original", "original_id", "original"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocktake_original")),
        sa.UniqueConstraint("stocktake_id", "original_id", name=op.f("uq_stocktake_original_stocktake_id")),
    )


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
