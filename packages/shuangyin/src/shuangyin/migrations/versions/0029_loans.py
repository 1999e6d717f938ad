"""Loans of physical seals: agreed, confirmed by two, with presses and photos of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PRESSED = ("physical_use", "use_photo")


def upgrade() -> None:
    _loans()
    for name in _PRESSED:
        with op.batch_alter_table(name) as table:
            table.alter_column("opening_id", existing_type=sa.String(32), nullable=True)
            table.add_column(sa.Column("loan_id", sa.String(32), nullable=True))
            table.create_foreign_key(op.f(f"fk_{name}_loan_id_loan"), "loan", ["loan_id"], ["id"])
        op.create_index(op.f(f"ix_{name}_loan_id"), name, ["loan_id"])


def downgrade() -> None:
    for name in _PRESSED:
        op.drop_index(op.f(f"ix_{name}_loan_id"), table_name=name)
        with op.batch_alter_table(name) as table:
            table.drop_constraint(op.f(f"fk_{name}_loan_id_loan"), type_="foreignkey")
            table.drop_column("loan_id")
            table.alter_column("opening_id", existing_type=sa.String(32), nullable=False)
    op.drop_table("custody_confirmation")
    op.drop_table("loan_seal")
    op.drop_table("loan")


def _loans() -> None:
    op.create_table(
        "loan",
        sa.Column("version", _WHEN, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("custodian_id", sa.String(32), nullable=False),
        sa.Column("escort_id", sa.String(32), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("purpose", sa.String(500), nullable=False),
        sa.Column("from_at", _WHEN, nullable=False),
        sa.Column("due_at", _WHEN, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("requested_at", _WHEN, nullable=False),
        sa.Column("out_at", _WHEN, nullable=True),
        sa.Column("back_at", _WHEN, nullable=True),
        sa.Column("overdue_at", _WHEN, nullable=True),
        sa.Column("escalated_at", _WHEN, nullable=True),
        _foreign("loan", "organization_id", "organization"),
        _foreign("loan", "request_id", "use_request"),
        _foreign("loan", "custodian_id", "person"),
        _foreign("loan", "escort_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_loan_organization_id")),
    )
    op.create_index(op.f("ix_loan_request_id"), "loan", ["request_id"])
    op.create_index(op.f("ix_loan_organization_id"), "loan", ["organization_id", "status", "due_at"])
    op.create_table(
        "loan_seal",
        sa.Column("loan_id", sa.String(32), nullable=False),
        sa.Column("seal_id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("safe_id", sa.String(32), nullable=False),
        sa.Column("slot", sa.String(32), nullable=False),
        _foreign("loan_seal", "loan_id", "loan"),
        _foreign("loan_seal", "seal_id", "seal"),
        _foreign("loan_seal", "safe_id", "safe"),
        sa.PrimaryKeyConstraint("loan_id", "seal_id", name=op.f("pk_loan_seal")),
    )
    op.create_index(op.f("ix_loan_seal_seal_id"), "loan_seal", ["seal_id"])
    op.create_table(
        "custody_confirmation",
        sa.Column("subject_id", sa.String(32), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("two_factors", sa.Boolean(), nullable=False),
        sa.Column("confirmed_at", _WHEN, nullable=False),
        _foreign("custody_confirmation", "organization_id", "organization"),
        _foreign("custody_confirmation", "person_id", "person"),
        sa.PrimaryKeyConstraint("subject_id", "phase", "role", name=op.f("pk_custody_confirmation")),
    )


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
