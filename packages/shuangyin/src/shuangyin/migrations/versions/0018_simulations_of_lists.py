"""Simulations of a scenario list over past uses or a table; the history of a counterparty's capability."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "scenario_simulation",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("list_id", sa.String(32), nullable=False),
        sa.Column("before_list_id", sa.String(32), nullable=False),
        sa.Column("rules_digest", sa.String(64), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("since", _WHEN, nullable=True),
        sa.Column("object_id", sa.String(32), nullable=True),
        sa.Column("format", sa.String(8), nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("total", _WHEN, nullable=True),
        sa.Column("done", _WHEN, nullable=False),
        sa.Column("changed", _WHEN, nullable=False),
        sa.Column("refused", _WHEN, nullable=False),
        sa.Column("cursor", sa.String(32), nullable=True),
        sa.Column("asked_by", sa.String(32), nullable=False),
        sa.Column("asked_at", _WHEN, nullable=False),
        sa.Column("finished_at", _WHEN, nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["person.id"], name=op.f("fk_scenario_simulation_asked_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["before_list_id"],
            ["scenario_list.id"],
            name=op.f("fk_scenario_simulation_before_list_id_scenario_list"),
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["scenario_list.id"], name=op.f("fk_scenario_simulation_list_id_scenario_list")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_scenario_simulation_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario_simulation")),
    )
    op.create_index(op.f("ix_scenario_simulation_list_id"), "scenario_simulation", ["list_id", "id"])
    op.create_table(
        "scenario_simulation_line",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("simulation_id", sa.String(32), nullable=False),
        sa.Column("reference", sa.String(100), nullable=False),
        sa.Column("request_id", sa.String(32), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_scenario_simulation_line_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["simulation_id"],
            ["scenario_simulation.id"],
            name=op.f("fk_scenario_simulation_line_simulation_id_scenario_simulation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario_simulation_line")),
    )
    op.create_index(
        op.f("ix_scenario_simulation_line_simulation_id"), "scenario_simulation_line", ["simulation_id", "id"]
    )
    op.add_column("counterparty", sa.Column("recheck_on", sa.String(10), nullable=True))
    op.create_table(
        "counterparty_capability",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organization_id", sa.String(32), nullable=False),
        sa.Column("counterparty_id", sa.String(32), nullable=False),
        sa.Column("takes_electronic", sa.String(16), nullable=False),
        sa.Column("proof_note", sa.String(500), nullable=False),
        sa.Column("proof_document_id", sa.String(32), nullable=True),
        sa.Column("recheck_on", sa.String(10), nullable=True),
        sa.Column("checked_at", _WHEN, nullable=False),
        sa.Column("checked_by", sa.String(32), nullable=False),
        sa.Column("entry_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["counterparty_id"],
            ["counterparty.id"],
            name=op.f("fk_counterparty_capability_counterparty_id_counterparty"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_counterparty_capability_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counterparty_capability")),
    )
    op.create_index(
        op.f("ix_counterparty_capability_counterparty_id"),
        "counterparty_capability",
        ["counterparty_id", "id"],
    )


def downgrade() -> None:
    op.drop_table("counterparty_capability")
    op.drop_column("counterparty", "recheck_on")
    op.drop_table("scenario_simulation_line")
    op.drop_table("scenario_simulation")
