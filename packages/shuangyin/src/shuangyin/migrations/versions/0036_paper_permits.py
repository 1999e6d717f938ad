"""Paper permits for emergencies, and the presses and photos under them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PRESSED = ("physical_use", "use_photo")


def upgrade() -> None:
    op.create_table(
        "paper_permit_key",
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("public_key", sa.String(130), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _WHEN, nullable=False),
        _foreign("paper_permit_key", "organization_id", "organization"),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_paper_permit_key")),
    )
    op.create_table(
        "paper_permit",
        sa.Column("version", _WHEN, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("safe_id", sa.String(32), nullable=False),
        sa.Column("seal_id", sa.String(32), nullable=False),
        sa.Column("presses", _WHEN, nullable=False),
        *(sa.Column(name, _WHEN, nullable=False) for name in ("valid_from", "valid_until", "settle_by")),
        sa.Column("code", sa.String(600), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("issued_by", sa.String(32), nullable=False),
        sa.Column("issued_at", _WHEN, nullable=False),
        *(
            sa.Column(name, sa.String(32), nullable=True)
            for name in ("presser_id", "reviewer_id", "ended_by")
        ),
        sa.Column("ended_at", _WHEN, nullable=True),
        sa.Column("overdue_at", _WHEN, nullable=True),
        _foreign("paper_permit", "organization_id", "organization"),
        _foreign("paper_permit", "safe_id", "safe"),
        _foreign("paper_permit", "seal_id", "seal"),
        *(
            _foreign("paper_permit", name, "person")
            for name in ("issued_by", "presser_id", "reviewer_id", "ended_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_permit")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_paper_permit_organization_id")),
    )
    op.create_index(
        op.f("ix_paper_permit_organization_id"), "paper_permit", ["organization_id", "status", "settle_by"]
    )
    for name in _PRESSED:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("paper_permit_id", sa.String(32), nullable=True))
            table.create_foreign_key(
                op.f(f"fk_{name}_paper_permit_id_paper_permit"), "paper_permit", ["paper_permit_id"], ["id"]
            )
        op.create_index(op.f(f"ix_{name}_paper_permit_id"), name, ["paper_permit_id"])


def downgrade() -> None:
    for name in _PRESSED:
        op.drop_index(op.f(f"ix_{name}_paper_permit_id"), table_name=name)
        with op.batch_alter_table(name) as table:
            table.drop_constraint(op.f(f"fk_{name}_paper_permit_id_paper_permit"), type_="foreignkey")
            table.drop_column("paper_permit_id")
    op.drop_table("paper_permit")
    op.drop_table("paper_permit_key")


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
