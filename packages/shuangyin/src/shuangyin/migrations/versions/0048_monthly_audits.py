"""Monthly audits with their findings, and who reads, answers and conducts them."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ANSWERS = ("audit.answer", "audit.read")
GAINED = {
    "auditor": ("audit.conduct", "audit.read"),
    "administrator": _ANSWERS,
    "custodian": _ANSWERS,
    "legal_representative": _ANSWERS,
    "reviewer": _ANSWERS,
}
"""What posts of these kinds may do from now on; an organization may change its posts afterwards, as ever."""
_POST = sa.table("post", sa.column("id"), sa.column("kind"), sa.column("permissions"))
_OF_FINDING = {
    "seal_id": "seal",
    "device_id": "device",
    "request_id": "use_request",
    "permit_id": "device_permit",
    "paper_permit_id": "paper_permit",
    "stocktake_id": "stocktake",
    "alarm_id": "alarm",
    "responsible_id": "person",
    "answered_by": "person",
    "rectified_by": "person",
    "settled_by": "person",
}


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("open_slot", sa.String(32), nullable=True),
        sa.Column("opened_by", sa.String(32), nullable=False),
        sa.Column("opened_at", _WHEN, nullable=False),
        sa.Column("closed_by", sa.String(32), nullable=True),
        sa.Column("closed_at", _WHEN, nullable=True),
        sa.Column("version", _WHEN, nullable=False),
        _foreign("audit", "organization_id", "organization"),
        _foreign("audit", "opened_by", "person"),
        _foreign("audit", "closed_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("organization_id", "month", name=op.f("uq_audit_organization_id")),
        sa.UniqueConstraint("open_slot", name=op.f("uq_audit_open_slot")),
    )
    op.create_table(
        "audit_finding",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("audit_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("about", sa.String(100), nullable=False),
        sa.Column("slot", sa.String(160), nullable=True),
        *(sa.Column(name, sa.String(32), nullable=True) for name in _OF_FINDING),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("noticed_at", _WHEN, nullable=False),
        sa.Column("found_at", _WHEN, nullable=False),
        sa.Column("cause", sa.String(1000), nullable=True),
        sa.Column("rectification", sa.String(1000), nullable=True),
        sa.Column("due_on", sa.String(10), nullable=True),
        sa.Column("answered_at", _WHEN, nullable=True),
        sa.Column("rectified_at", _WHEN, nullable=True),
        sa.Column("rectified_note", sa.String(1000), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("reason", sa.String(1000), nullable=True),
        sa.Column("settled_at", _WHEN, nullable=True),
        sa.Column("settled_figures", sa.Text(), nullable=True),
        sa.Column("version", _WHEN, nullable=False),
        _foreign("audit_finding", "organization_id", "organization"),
        _foreign("audit_finding", "audit_id", "audit"),
        *(_foreign("audit_finding", name, target) for name, target in _OF_FINDING.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_finding")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_audit_finding_organization_id")),
        sa.UniqueConstraint("slot", name=op.f("uq_audit_finding_slot")),
    )
    op.create_index(op.f("ix_audit_finding_organization_id"), "audit_finding", ["organization_id", "id"])
    op.create_index(op.f("ix_audit_finding_audit_id"), "audit_finding", ["audit_id"])
    op.create_index(op.f("ix_audit_finding_alarm_id"), "audit_finding", ["alarm_id"])
    _change_posts(added=True)


def downgrade() -> None:
    _change_posts(added=False)
    op.drop_table("audit_finding")
    op.drop_table("audit")


def _change_posts(*, added: bool) -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(_POST).where(_POST.c.kind.in_(GAINED))).all()
    for row in rows:
        held, gained = set(json.loads(row.permissions)), set(GAINED[row.kind])
        wanted = json.dumps(sorted(held | gained if added else held - gained))
        connection.execute(sa.update(_POST).where(_POST.c.id == row.id).values(permissions=wanted))


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
