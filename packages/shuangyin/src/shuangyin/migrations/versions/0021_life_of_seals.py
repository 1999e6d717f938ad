"""The life of seals: how one began, its steps with their evidence, checks, reports to authorities, tasks, discrepancies."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TIME = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ID = sa.String(length=32)


def upgrade() -> None:
    with op.batch_alter_table("seal") as batch:
        batch.add_column(sa.Column("begun", sa.String(length=16), nullable=False, server_default="taken_in"))
        batch.add_column(sa.Column("replaces_id", ID, nullable=True))
        batch.add_column(sa.Column("hold", ID, nullable=True))
        batch.create_foreign_key(op.f("fk_seal_replaces_id_seal"), "seal", ["replaces_id"], ["id"])
    with op.batch_alter_table("seal") as batch:
        batch.alter_column("begun", existing_type=sa.String(length=16), server_default=None)
    with op.batch_alter_table("seal_event") as batch:
        batch.add_column(sa.Column("step_id", ID, nullable=True))
    _steps()
    _reports()
    _watching()


def downgrade() -> None:
    for table in ("seal_discrepancy", "seal_task", "seal_filing", "seal_check", "seal_evidence", "seal_step"):
        op.drop_table(table)
    with op.batch_alter_table("seal_event") as batch:
        batch.drop_column("step_id")
    with op.batch_alter_table("seal") as batch:
        batch.drop_constraint(op.f("fk_seal_replaces_id_seal"), type_="foreignkey")
        for column in ("hold", "replaces_id", "begun"):
            batch.drop_column(column)


def _table(name: str, *columns: sa.Column[Any], foreign: dict[str, str], unique: str | None = None) -> None:
    constraints: list[sa.Constraint] = [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{name}_{column}_{target}"))
        for column, target in foreign.items()
    ]
    if unique is not None:
        constraints.append(sa.UniqueConstraint(unique, name=op.f(f"uq_{name}_{unique}")))
    op.create_table(
        name,
        sa.Column("id", ID, nullable=False),
        sa.Column("organization_id", ID, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *constraints,
    )


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, TIME, nullable=nullable)


def _steps() -> None:
    _table(
        "seal_step",
        _text("seal_id", 32),
        _text("act", 24),
        _text("status", 16),
        _text("slot", 32, nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        _text("reason", 500, nullable=True),
        _text("binding", 64),
        _text("route_id", 32, nullable=True),
        _text("asked_by", 32),
        _time("asked_at"),
        _time("ended_at", nullable=True),
        _text("ended_because", 64, nullable=True),
        _time("version"),
        foreign={"organization_id": "organization", "seal_id": "seal"},
        unique="slot",
    )
    op.create_index(op.f("ix_seal_step_seal_id"), "seal_step", ["seal_id"])
    _table(
        "seal_evidence",
        _text("seal_id", 32),
        _text("step_id", 32, nullable=True),
        _text("kind", 32),
        _text("object_id", 32),
        _text("sm3", 64),
        _text("media_type", 40),
        _text("added_by", 32),
        _time("added_at"),
        foreign={
            "organization_id": "organization",
            "seal_id": "seal",
            "step_id": "seal_step",
            "object_id": "stored_object",
            "added_by": "person",
        },
    )
    op.create_index(op.f("ix_seal_evidence_seal_id"), "seal_evidence", ["seal_id"])
    op.create_index(op.f("ix_seal_evidence_step_id"), "seal_evidence", ["step_id"])
    _table(
        "seal_check",
        _text("seal_id", 32),
        _text("kind", 32),
        sa.Column("good", sa.Boolean(), nullable=False),
        _text("outcome", 32),
        _text("checked_by", 32),
        _time("checked_at"),
        foreign={"organization_id": "organization", "seal_id": "seal"},
    )
    op.create_index(op.f("ix_seal_check_seal_id"), "seal_check", ["seal_id"])


def _reports() -> None:
    _table(
        "seal_filing",
        _text("seal_id", 32),
        _text("step_id", 32, nullable=True),
        _text("authority", 24),
        _text("telling", 16),
        sa.Column("payload", sa.Text(), nullable=False),
        _text("status", 16),
        _time("attempts"),
        _time("next_try_at", nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        _time("due_at", nullable=True),
        _time("created_at"),
        _time("answered_at", nullable=True),
        _text("filing_no", 64, nullable=True),
        _time("version"),
        foreign={"organization_id": "organization", "seal_id": "seal"},
    )
    op.create_index(op.f("ix_seal_filing_seal_id"), "seal_filing", ["seal_id"])
    op.create_index(
        op.f("ix_seal_filing_organization_id"), "seal_filing", ["organization_id", "status", "id"]
    )


def _watching() -> None:
    _table(
        "seal_task",
        _text("seal_id", 32, nullable=True),
        _text("kind", 32),
        _text("cause_seal_id", 32, nullable=True),
        _text("detail", 200, nullable=True),
        _text("slot", 120, nullable=True),
        _time("raised_at"),
        _time("done_at", nullable=True),
        _text("done_by", 32, nullable=True),
        foreign={"organization_id": "organization", "seal_id": "seal", "cause_seal_id": "seal"},
        unique="slot",
    )
    op.create_index(op.f("ix_seal_task_seal_id"), "seal_task", ["seal_id"])
    op.create_index(op.f("ix_seal_task_organization_id"), "seal_task", ["organization_id", "done_at"])
    _table(
        "seal_discrepancy",
        _text("seal_id", 32, nullable=True),
        _text("register", 24),
        _text("what", 32),
        _text("ours", 200),
        _text("theirs", 200),
        _text("slot", 120, nullable=True),
        _time("found_at"),
        _time("seen_at"),
        _time("ended_at", nullable=True),
        foreign={"organization_id": "organization", "seal_id": "seal"},
        unique="slot",
    )
    op.create_index(op.f("ix_seal_discrepancy_seal_id"), "seal_discrepancy", ["seal_id"])
    op.create_index(
        op.f("ix_seal_discrepancy_organization_id"), "seal_discrepancy", ["organization_id", "ended_at"]
    )
