"""Grants in full, delegations, overrides of the separation of duties and their later reviews; root offices."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

GAINED = {
    "auditor": ("authority.review",),
    "legal_representative": ("authority.override", "authority.review"),
}
"""What posts of these kinds may do from now on; an organization may change its posts afterwards, as ever."""
_POST = sa.table("post", sa.column("id"), sa.column("kind"), sa.column("permissions"))
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ID = sa.String(length=32)
_GRANT = sa.table(
    "authority_grant",
    *(sa.column(name) for name in ("id", "parent_id", "path", "depth", "organization_id", "act", "seal_id")),
    sa.column("granted_at"),
    sa.column("confirmed_at"),
)
_TARGET = sa.table(
    "grant_target", *(sa.column(name) for name in ("grant_id", "target", "organization_id", "act"))
)


def upgrade() -> None:
    with op.batch_alter_table("post") as batch:
        batch.add_column(sa.Column("office", sa.String(length=32), nullable=True))
        batch.alter_column(
            "office_slot", existing_type=_ID, type_=sa.String(length=48), existing_nullable=True
        )
    op.execute("UPDATE post SET office = 'legal_representative' WHERE office_slot IS NOT NULL")
    with op.batch_alter_table("seal") as batch:
        batch.add_column(sa.Column("root", sa.String(length=16), nullable=False, server_default="unit"))
    with op.batch_alter_table("seal") as batch:
        batch.alter_column("root", existing_type=sa.String(length=16), server_default=None)
    _grants_in_full()
    _new_tables()
    _fill_grants()
    _change_posts(added=True)


def _grants_in_full() -> None:
    with op.batch_alter_table("authority_grant") as batch:
        for column in (
            sa.Column("path", sa.String(length=512), nullable=False, server_default=""),
            sa.Column("depth", _BIG, nullable=False, server_default="0"),
            sa.Column("root", sa.String(length=16), nullable=False, server_default="unit"),
            sa.Column("seal_category", sa.String(length=24), nullable=True),
            sa.Column("document_kinds", sa.Text(), nullable=True),
            sa.Column("matters", sa.Text(), nullable=True),
            sa.Column("forms", sa.Text(), nullable=True),
            sa.Column("department_id", _ID, nullable=True),
            sa.Column("count_of", sa.String(length=16), nullable=False, server_default="uses"),
            sa.Column("may_pass_on", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("confirmed_at", _BIG, nullable=False, server_default="0"),
            sa.Column("answered_by", _ID, nullable=True),
            sa.Column("answered_at", _BIG, nullable=True),
            sa.Column("end_cause", sa.String(length=24), nullable=True),
        ):
            batch.add_column(column)
    with op.batch_alter_table("authority_grant") as batch:
        for name in ("path", "depth", "root", "count_of", "may_pass_on", "confirmed_at"):
            batch.alter_column(name, server_default=None)
        batch.create_foreign_key(
            op.f("fk_authority_grant_department_id_department"), "department", ["department_id"], ["id"]
        )
        batch.create_foreign_key(
            op.f("fk_authority_grant_answered_by_person"), "person", ["answered_by"], ["id"]
        )
    for name, columns in _GRANT_INDEXES:
        op.create_index(name, "authority_grant", columns)
    with op.batch_alter_table("grant_reservation") as batch:
        batch.add_column(sa.Column("documents", _BIG, nullable=False, server_default="1"))
        batch.add_column(sa.Column("presses", _BIG, nullable=False, server_default="1"))
    with op.batch_alter_table("grant_reservation") as batch:
        batch.alter_column("documents", server_default=None)
        batch.alter_column("presses", server_default=None)


_GRANT_INDEXES = (
    ("ix_authority_grant_holder_person_id", ["holder_person_id", "act", "status"]),
    ("ix_authority_grant_holder_post_id", ["holder_post_id", "act", "status"]),
    ("ix_authority_grant_path", ["path"]),
    ("ix_authority_grant_expiry", ["organization_id", "status", "valid_until"]),
    ("ix_authority_grant_root", ["organization_id", "depth", "id"]),
)


def _new_tables() -> None:
    op.create_table(
        "grant_target",
        sa.Column("grant_id", _ID, nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("organization_id", _ID, nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        _references("grant_target", "grant_id", "authority_grant"),
        _references("grant_target", "organization_id", "organization"),
        sa.PrimaryKeyConstraint("grant_id", "target", name=op.f("pk_grant_target")),
    )
    op.create_index(
        op.f("ix_grant_target_organization_id"), "grant_target", ["organization_id", "target", "act"]
    )
    op.create_table(
        "grant_reminder",
        sa.Column("grant_id", _ID, nullable=False),
        sa.Column("round_days", _BIG, nullable=False),
        sa.Column("organization_id", _ID, nullable=False),
        sa.Column("reminded_at", _BIG, nullable=False),
        _references("grant_reminder", "grant_id", "authority_grant"),
        _references("grant_reminder", "organization_id", "organization"),
        sa.PrimaryKeyConstraint("grant_id", "round_days", name=op.f("pk_grant_reminder")),
    )
    _delegations()
    _duties()


def _delegations() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", _ID, nullable=False),
        sa.Column("organization_id", _ID, nullable=False),
        sa.Column("parent_id", _ID, nullable=True),
        sa.Column("delegator_id", _ID, nullable=False),
        sa.Column("delegate_id", _ID, nullable=False),
        sa.Column("given_by", _ID, nullable=False),
        sa.Column("acts", sa.Text(), nullable=False),
        sa.Column("seal_ids", sa.Text(), nullable=True),
        sa.Column("document_kinds", sa.Text(), nullable=True),
        sa.Column("amount_limit_minor", _BIG, nullable=True),
        sa.Column("may_pass_on", sa.Boolean(), nullable=False),
        sa.Column("emergency", sa.Boolean(), nullable=False),
        sa.Column("from_at", _BIG, nullable=False),
        sa.Column("until_at", _BIG, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("given_at", _BIG, nullable=False),
        sa.Column("ended_at", _BIG, nullable=True),
        sa.Column("ended_by", _ID, nullable=True),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        sa.Column("version", _BIG, nullable=False),
        _references("delegation", "organization_id", "organization"),
        _references("delegation", "parent_id", "delegation"),
        *(_references("delegation", name, "person") for name in ("delegator_id", "delegate_id", "given_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    for name, columns in (
        (op.f("ix_delegation_delegate_id"), ["delegate_id", "ended_at", "until_at"]),
        (op.f("ix_delegation_delegator_id"), ["delegator_id", "ended_at", "until_at"]),
        (op.f("ix_delegation_organization_id"), ["organization_id", "id"]),
    ):
        op.create_index(name, "delegation", columns)


def _duties() -> None:
    op.create_table(
        "duty_override",
        sa.Column("id", _ID, nullable=False),
        sa.Column("organization_id", _ID, nullable=False),
        sa.Column("subject_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("basis", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("given_by", _ID, nullable=False),
        sa.Column("given_at", _BIG, nullable=False),
        _references("duty_override", "organization_id", "organization"),
        *(_references("duty_override", name, "person") for name in ("person_id", "given_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_override")),
        sa.UniqueConstraint("subject_id", "person_id", name=op.f("uq_duty_override_subject_id")),
    )
    op.create_table(
        "small_unit",
        sa.Column("id", _ID, nullable=False),
        sa.Column("organization_id", _ID, nullable=False),
        sa.Column("reviewer_id", _ID, nullable=False),
        sa.Column("reviewer_kind", sa.String(length=24), nullable=False),
        sa.Column("headcount", _BIG, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("registered_by", _ID, nullable=False),
        sa.Column("registered_at", _BIG, nullable=False),
        sa.Column("ended_at", _BIG, nullable=True),
        sa.Column("open_slot", _ID, nullable=True),
        sa.Column("version", _BIG, nullable=False),
        _references("small_unit", "organization_id", "organization"),
        *(_references("small_unit", name, "person") for name in ("reviewer_id", "registered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_small_unit")),
        sa.UniqueConstraint("open_slot", name=op.f("uq_small_unit_open_slot")),
    )
    op.create_table(
        "after_review",
        sa.Column("id", _ID, nullable=False),
        sa.Column("organization_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("cause_id", _ID, nullable=False),
        sa.Column("subject_id", _ID, nullable=True),
        sa.Column("reviewer_id", _ID, nullable=True),
        sa.Column("barred_ids", sa.Text(), nullable=False),
        sa.Column("opened_at", _BIG, nullable=False),
        sa.Column("due_at", _BIG, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reviewed_by", _ID, nullable=True),
        sa.Column("reviewed_at", _BIG, nullable=True),
        sa.Column("comment", sa.String(length=500), nullable=True),
        sa.Column("version", _BIG, nullable=False),
        _references("after_review", "organization_id", "organization"),
        *(_references("after_review", name, "person") for name in ("reviewer_id", "reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_after_review")),
        sa.UniqueConstraint("cause_id", name=op.f("uq_after_review_cause_id")),
    )
    op.create_index(
        op.f("ix_after_review_organization_id"), "after_review", ["organization_id", "status", "due_at"]
    )


def _references(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _fill_grants() -> None:
    """Paths, targets and the time of confirmation of the grants that are there already, parents before children."""
    connection = op.get_bind()
    rows = connection.execute(sa.select(_GRANT).order_by(_GRANT.c.id)).all()
    paths: dict[str, str] = {}
    reached: dict[str, str] = {}
    for row in rows:
        # A child's id is younger than its parent's, so the parent's path is known.
        paths[row.id] = paths.get(row.parent_id or "", "") + row.id
        reached[row.id] = row.seal_id or reached.get(row.parent_id or "", "*")
        connection.execute(
            sa.update(_GRANT)
            .where(_GRANT.c.id == row.id)
            .values(path=paths[row.id], depth=len(paths[row.id]) // 32 - 1, confirmed_at=row.granted_at)
        )
        connection.execute(
            sa.insert(_TARGET).values(
                grant_id=row.id,
                target=reached[row.id],
                organization_id=row.organization_id,
                act=row.act,
            )
        )


def downgrade() -> None:
    _change_posts(added=False)
    op.drop_index(op.f("ix_after_review_organization_id"), "after_review")
    for table in ("after_review", "small_unit", "duty_override"):
        op.drop_table(table)
    for name in ("organization_id", "delegator_id", "delegate_id"):
        op.drop_index(op.f(f"ix_delegation_{name}"), "delegation")
    op.drop_table("delegation")
    op.drop_table("grant_reminder")
    op.drop_index(op.f("ix_grant_target_organization_id"), "grant_target")
    op.drop_table("grant_target")
    with op.batch_alter_table("grant_reservation") as batch:
        batch.drop_column("presses")
        batch.drop_column("documents")
    for name, _ in reversed(_GRANT_INDEXES):
        op.drop_index(name, "authority_grant")
    with op.batch_alter_table("authority_grant") as batch:
        batch.drop_constraint(op.f("fk_authority_grant_answered_by_person"), type_="foreignkey")
        batch.drop_constraint(op.f("fk_authority_grant_department_id_department"), type_="foreignkey")
        for column in (
            "end_cause", "answered_at", "answered_by", "confirmed_at", "may_pass_on", "count_of", "department_id",
            "forms", "matters", "document_kinds", "seal_category", "root", "depth", "path",
        ):  # fmt: skip
            batch.drop_column(column)
    with op.batch_alter_table("seal") as batch:
        batch.drop_column("root")
    with op.batch_alter_table("post") as batch:
        batch.alter_column(
            "office_slot", existing_type=sa.String(length=48), type_=_ID, existing_nullable=True
        )
        batch.drop_column("office")


def _change_posts(*, added: bool) -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(_POST).where(_POST.c.kind.in_(GAINED))).all()
    for row in rows:
        held, gained = set(json.loads(row.permissions)), set(GAINED[row.kind])
        wanted = json.dumps(sorted(held | gained if added else held - gained))
        connection.execute(sa.update(_POST).where(_POST.c.id == row.id).values(permissions=wanted))
