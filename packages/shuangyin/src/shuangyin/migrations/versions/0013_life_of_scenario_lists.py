"""The life of a scenario list: approval, dates, rates, and who has read it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LIST = sa.table("scenario_list", sa.column("approved_at"), sa.column("approved_by"), sa.column("valid_from"))


def upgrade() -> None:
    with op.batch_alter_table("scenario_list") as table:
        table.add_column(
            sa.Column("origin", sa.String(64), nullable=False, server_default="starter:enterprise")
        )
        table.add_column(sa.Column("effective_from", _WHEN, nullable=True))
        table.add_column(sa.Column("submitted_by", sa.String(32), nullable=True))
        table.add_column(sa.Column("submitted_at", _WHEN, nullable=True))
        table.add_column(sa.Column("route_id", sa.String(32), nullable=True))
        table.add_column(sa.Column("approved_at", _WHEN, nullable=True))
        table.add_column(sa.Column("reminded_at", _WHEN, nullable=True))
        table.create_foreign_key(
            op.f("fk_scenario_list_submitted_by_person"), "person", ["submitted_by"], ["id"]
        )
        table.create_foreign_key(
            op.f("fk_scenario_list_route_id_approval_route"), "approval_route", ["route_id"], ["id"]
        )
    with op.batch_alter_table("scenario_list") as table:
        # The defaults only served the rows that were there.
        table.alter_column("origin", server_default=None)
    op.execute(
        sa.update(_LIST).where(_LIST.c.approved_by.is_not(None)).values(approved_at=_LIST.c.valid_from)
    )
    op.create_table(
        "scenario_acknowledgement",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("list_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("acknowledged_at", _WHEN, nullable=False),
        sa.Column("binding", sa.String(64), nullable=False),
        sa.Column("entry_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["scenario_list.id"], name=op.f("fk_scenario_acknowledgement_list_id_scenario_list")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_scenario_acknowledgement_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_scenario_acknowledgement_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario_acknowledgement")),
        sa.UniqueConstraint("list_id", "person_id", name=op.f("uq_scenario_acknowledgement_list_id")),
    )


def downgrade() -> None:
    op.drop_table("scenario_acknowledgement")
    with op.batch_alter_table("scenario_list") as table:
        table.drop_constraint(op.f("fk_scenario_list_route_id_approval_route"), type_="foreignkey")
        table.drop_constraint(op.f("fk_scenario_list_submitted_by_person"), type_="foreignkey")
        for column in (
            "reminded_at",
            "approved_at",
            "route_id",
            "submitted_at",
            "submitted_by",
            "effective_from",
            "origin",
        ):
            table.drop_column(column)
