"""What an approval engine needs: named routes, turns, consultations, copies, replacements, issue forms."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

GAINED = {"administrator": ("approvals.manage",), "reviewer": ("approvals.check_issue_forms",)}
_POST = sa.table("post", sa.column("id"), sa.column("kind"), sa.column("permissions"))
_FILLED = (
    ("approval_assignment", "source", sa.String(length=16)),
    ("approval_route", "high_risk", sa.Boolean()),
    ("approval_step", "turn", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
)


def upgrade() -> None:
    op.create_table(
        "route_definition",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("current_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_route_definition_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route_definition")),
        sa.UniqueConstraint("organization_id", "code", name=op.f("uq_route_definition_organization_id")),
    )
    op.create_table(
        "issue_form",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("document_version_id", sa.String(length=32), nullable=True),
        sa.Column("form_sm3", sa.String(length=64), nullable=True),
        sa.Column("covers", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.String(length=50), nullable=False),
        sa.Column("signed_post", sa.String(length=100), nullable=False),
        sa.Column("signed_on", sa.String(length=10), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.String(length=32), nullable=False),
        sa.Column("registered_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("checked_by", sa.String(length=32), nullable=True),
        sa.Column("checked_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["checked_by"], ["person.id"], name=op.f("fk_issue_form_checked_by_person")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_issue_form_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["registered_by"], ["person.id"], name=op.f("fk_issue_form_registered_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_form")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_issue_form_organization_id")),
    )
    with op.batch_alter_table("issue_form", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_issue_form_organization_id"),
            ["organization_id", "subject_type", "subject_id"],
            unique=False,
        )

    op.create_table(
        "route_version",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("definition_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["route_definition.id"],
            name=op.f("fk_route_version_definition_id_route_definition"),
        ),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_route_version_made_by_person")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_route_version_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route_version")),
        sa.UniqueConstraint("definition_id", "number", name=op.f("uq_route_version_definition_id")),
    )
    op.create_table(
        "approval_copy",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("route_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("copied_by", sa.String(length=32), nullable=False),
        sa.Column("copied_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("read_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["copied_by"], ["person.id"], name=op.f("fk_approval_copy_copied_by_person")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_approval_copy_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_approval_copy_person_id_person")),
        sa.ForeignKeyConstraint(
            ["route_id"], ["approval_route.id"], name=op.f("fk_approval_copy_route_id_approval_route")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_copy")),
        sa.UniqueConstraint("route_id", "person_id", name=op.f("uq_approval_copy_route_id")),
    )
    with op.batch_alter_table("approval_copy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approval_copy_person_id"), ["person_id", "id"], unique=False)

    op.create_table(
        "approval_revision",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("route_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_binding", sa.String(length=64), nullable=False),
        sa.Column("to_binding", sa.String(length=64), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.Column("asked_again", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_approval_revision_made_by_person")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_approval_revision_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["route_id"], ["approval_route.id"], name=op.f("fk_approval_revision_route_id_approval_route")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_revision")),
        sa.UniqueConstraint("route_id", "number", name=op.f("uq_approval_revision_route_id")),
    )
    op.create_table(
        "approval_consultation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("step_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answer_entry_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["person.id"], name=op.f("fk_approval_consultation_asked_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_approval_consultation_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_approval_consultation_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["step_id"], ["approval_step.id"], name=op.f("fk_approval_consultation_step_id_approval_step")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_consultation")),
    )
    with op.batch_alter_table("approval_consultation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_approval_consultation_person_id"), ["person_id", "answered_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_approval_consultation_step_id"), ["step_id"], unique=False)

    with op.batch_alter_table("approval_assignment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_approval_assignment_status"), ["status", "step_id"], unique=False
        )
        batch_op.add_column(sa.Column("source", sa.String(length=16), nullable=False, server_default="route"))

    with op.batch_alter_table("approval_decision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("on_behalf_of", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("seen", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("superseded_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("carried_from", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_approval_decision_on_behalf_of_person"), "person", ["on_behalf_of"], ["id"]
        )

    with op.batch_alter_table("approval_route", schema=None) as batch_op:
        batch_op.add_column(sa.Column("high_risk", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("parts", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("facts", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("definition_version_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("replaceable_by", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column("stuck_since", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("stuck_reason", sa.String(length=24), nullable=True))
        batch_op.create_index(batch_op.f("ix_approval_route_started_by"), ["started_by", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_approval_route_stuck_since"), ["stuck_since"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_approval_route_definition_version_id_route_version"),
            "route_version",
            ["definition_version_id"],
            ["id"],
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_approval_route_replaceable_by_person"), "person", ["replaceable_by"], ["id"]
        )

    with op.batch_alter_table("approval_step", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "turn",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=False,
                server_default="1",
            )
        )
        batch_op.add_column(sa.Column("definition", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("ended_as", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("added_by", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("note", sa.String(length=500), nullable=True))
        batch_op.add_column(sa.Column("returns_to", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column("acted_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_index(batch_op.f("ix_approval_step_status"), ["status", "due_at"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_approval_step_added_by_person"), "person", ["added_by"], ["id"]
        )

    # The defaults served the rows that were there; new rows say it themselves.
    for table, column, kind in _FILLED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(column, existing_type=kind, existing_nullable=False, server_default=None)
    with op.batch_alter_table("approval_decision", schema=None) as batch_op:
        batch_op.alter_column("slot", existing_type=sa.String(length=65), type_=sa.String(length=80))
    op.execute(
        "UPDATE approval_route SET high_risk = (SELECT use_request.high_risk FROM use_request WHERE use_request.id = approval_route.subject_id) WHERE EXISTS (SELECT 1 FROM use_request WHERE use_request.id = approval_route.subject_id)"
    )
    _change_posts(added=True)


def downgrade() -> None:
    _change_posts(added=False)
    # A slot of a later turn is longer than the column was; what had further turns cannot be told by the old schema.
    op.execute("DELETE FROM approval_decision WHERE length(slot) > 65")
    with op.batch_alter_table("approval_decision", schema=None) as batch_op:
        batch_op.alter_column("slot", existing_type=sa.String(length=80), type_=sa.String(length=65))
    with op.batch_alter_table("approval_step", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_approval_step_added_by_person"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_approval_step_status"))
        batch_op.drop_column("acted_at")
        batch_op.drop_column("returns_to")
        batch_op.drop_column("note")
        batch_op.drop_column("added_by")
        batch_op.drop_column("ended_as")
        batch_op.drop_column("definition")
        batch_op.drop_column("turn")

    with op.batch_alter_table("approval_route", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_approval_route_replaceable_by_person"), type_="foreignkey")
        batch_op.drop_constraint(
            batch_op.f("fk_approval_route_definition_version_id_route_version"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_approval_route_stuck_since"))
        batch_op.drop_index(batch_op.f("ix_approval_route_started_by"))
        batch_op.drop_column("stuck_reason")
        batch_op.drop_column("stuck_since")
        batch_op.drop_column("replaceable_by")
        batch_op.drop_column("definition_version_id")
        batch_op.drop_column("facts")
        batch_op.drop_column("parts")
        batch_op.drop_column("high_risk")

    with op.batch_alter_table("approval_decision", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_approval_decision_on_behalf_of_person"), type_="foreignkey")
        batch_op.drop_column("carried_from")
        batch_op.drop_column("superseded_at")
        batch_op.drop_column("seen")
        batch_op.drop_column("on_behalf_of")

    with op.batch_alter_table("approval_assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approval_assignment_status"))
        batch_op.drop_column("source")

    with op.batch_alter_table("approval_consultation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approval_consultation_step_id"))
        batch_op.drop_index(batch_op.f("ix_approval_consultation_person_id"))

    op.drop_table("approval_consultation")
    op.drop_table("approval_revision")
    with op.batch_alter_table("approval_copy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approval_copy_person_id"))

    op.drop_table("approval_copy")
    op.drop_table("route_version")
    with op.batch_alter_table("issue_form", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issue_form_organization_id"))

    op.drop_table("issue_form")
    op.drop_table("route_definition")


def _change_posts(*, added: bool) -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(_POST).where(_POST.c.kind.in_(GAINED))).all()
    for row in rows:
        held, gained = set(json.loads(row.permissions)), set(GAINED[row.kind])
        wanted = json.dumps(sorted(held | gained if added else held - gained))
        connection.execute(sa.update(_POST).where(_POST.c.id == row.id).values(permissions=wanted))
