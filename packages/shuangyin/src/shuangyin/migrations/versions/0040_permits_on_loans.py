"""Permits on loans, devices that failed, and residents' opinions given on the spot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_WHEN = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("device_permit") as table:
        table.alter_column("opening_id", existing_type=sa.String(32), nullable=True)
        table.add_column(sa.Column("loan_id", sa.String(32), nullable=True))
        table.add_column(sa.Column("failed_at", _WHEN, nullable=True))
        table.create_foreign_key(op.f("fk_device_permit_loan_id_loan"), "loan", ["loan_id"], ["id"])
    op.create_index(op.f("ix_device_permit_loan_id"), "device_permit", ["loan_id"])
    op.add_column("device", sa.Column("failed_at", _WHEN, nullable=True))
    _surveys()
    _households()


def downgrade() -> None:
    op.drop_table("survey_household")
    op.drop_table("opinion_survey")
    with op.batch_alter_table("device") as table:
        table.drop_column("failed_at")
    # Permits on loans have no opening; the older tables cannot hold them.
    op.execute("DELETE FROM device_permit WHERE opening_id IS NULL")
    op.drop_index(op.f("ix_device_permit_loan_id"), table_name="device_permit")
    with op.batch_alter_table("device_permit") as table:
        table.drop_constraint(op.f("fk_device_permit_loan_id_loan"), type_="foreignkey")
        table.drop_column("failed_at")
        table.drop_column("loan_id")
        table.alter_column("opening_id", existing_type=sa.String(32), nullable=False)


def _surveys() -> None:
    op.create_table(
        "opinion_survey",
        sa.Column("version", _WHEN, nullable=False),
        *(sa.Column(name, sa.String(32), nullable=False) for name in ("id", "organization_id")),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("question", sa.String(500), nullable=False),
        *(sa.Column(name, _WHEN, nullable=False) for name in ("opens_at", "closes_at")),
        sa.Column("begun_by", sa.String(32), nullable=False),
        sa.Column("begun_at", _WHEN, nullable=False),
        sa.Column("closed_at", _WHEN, nullable=True),
        sa.Column("closed_by", sa.String(32), nullable=True),
        _foreign("opinion_survey", "organization_id", "organization"),
        _foreign("opinion_survey", "request_id", "use_request"),
        _foreign("opinion_survey", "begun_by", "person"),
        _foreign("opinion_survey", "closed_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion_survey")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_opinion_survey_organization_id")),
        sa.UniqueConstraint("request_id", name=op.f("uq_opinion_survey_request_id")),
    )


def _households() -> None:
    name = "survey_household"
    op.create_table(
        name,
        *(sa.Column(one, sa.String(32), nullable=False) for one in ("id", "organization_id", "survey_id")),
        sa.Column("position", _WHEN, nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("area_cm2", _WHEN, nullable=True),
        sa.Column("opinion", sa.String(16), nullable=True),
        sa.Column("signer", sa.LargeBinary(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        *(sa.Column(one, sa.String(32), nullable=True) for one in ("loan_id", "event_id", "recorded_by")),
        sa.Column("recorded_at", _WHEN, nullable=True),
        _foreign(name, "survey_id", "opinion_survey"),
        _foreign(name, "loan_id", "loan"),
        _foreign(name, "event_id", "device_event"),
        _foreign(name, "recorded_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("survey_id", "label", name=op.f(f"uq_{name}_survey_id")),
        sa.UniqueConstraint("position", "survey_id", name=op.f(f"uq_{name}_position")),
        sa.UniqueConstraint("event_id", name=op.f(f"uq_{name}_event_id")),
    )
    op.create_index(op.f(f"ix_{name}_survey_id"), name, ["survey_id", "opinion"])


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))
