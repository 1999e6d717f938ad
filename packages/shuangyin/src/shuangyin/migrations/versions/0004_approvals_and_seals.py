"""Tables of approvals and seals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trial_authority",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("root_certificate", sa.LargeBinary(), nullable=False),
        sa.Column("root_wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("maker_certificate", sa.LargeBinary(), nullable=False),
        sa.Column("maker_wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_authority")),
    )
    op.create_table(
        "approval_route",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("binding", sa.String(length=64), nullable=False),
        sa.Column("started_by", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ended_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("urged_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("running_slot", sa.String(length=65), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_approval_route_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["started_by"], ["person.id"], name=op.f("fk_approval_route_started_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_route")),
        sa.UniqueConstraint("running_slot", name=op.f("uq_approval_route_running_slot")),
    )
    with op.batch_alter_table("approval_route", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_approval_route_organization_id"),
            ["organization_id", "subject_type", "subject_id"],
            unique=False,
        )

    op.create_table(
        "seal",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("face_text", sa.String(length=100), nullable=False),
        sa.Column("face_words", sa.String(length=40), nullable=True),
        sa.Column("ga_type", sa.String(length=2), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("sequence_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("shape", sa.String(length=16), nullable=False),
        sa.Column("width_um", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("height_um", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seal_code", sa.String(length=14), nullable=True),
        sa.Column("es_id", sa.String(length=64), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("whereabouts", sa.String(length=16), nullable=True),
        sa.Column("counterpart_id", sa.String(length=32), nullable=True),
        sa.Column("keeper_person_id", sa.String(length=32), nullable=True),
        sa.Column("filing_no", sa.String(length=64), nullable=True),
        sa.Column("filing_authority", sa.String(length=200), nullable=True),
        sa.Column("filed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("valid_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("valid_until", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("specimen_object_id", sa.String(length=32), nullable=True),
        sa.Column("in_force_slot", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["counterpart_id"], ["seal.id"], name=op.f("fk_seal_counterpart_id_seal")),
        sa.ForeignKeyConstraint(
            ["keeper_person_id"], ["person.id"], name=op.f("fk_seal_keeper_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_seal_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["specimen_object_id"],
            ["stored_object.id"],
            name=op.f("fk_seal_specimen_object_id_stored_object"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal")),
        sa.UniqueConstraint("es_id", name=op.f("uq_seal_es_id")),
        sa.UniqueConstraint("in_force_slot", name=op.f("uq_seal_in_force_slot")),
    )
    with op.batch_alter_table("seal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seal_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "approval_step",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("route_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name_zh", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("second_factor", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("due_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("barred_person_id", sa.String(length=32), nullable=True),
        sa.Column("changes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["barred_person_id"], ["person.id"], name=op.f("fk_approval_step_barred_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_approval_step_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["route_id"], ["approval_route.id"], name=op.f("fk_approval_step_route_id_approval_route")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_step")),
        sa.UniqueConstraint("route_id", "position", name=op.f("uq_approval_step_route_id")),
    )
    op.create_table(
        "e_seal_material",
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("seal_der", sa.LargeBinary(), nullable=False),
        sa.Column("certificate_der", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_e_seal_material_seal_id_seal")),
        sa.PrimaryKeyConstraint("seal_id", name=op.f("pk_e_seal_material")),
    )
    op.create_table(
        "seal_event",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("status_after", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("note_digest", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_seal_event_seal_id_seal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_event")),
    )
    with op.batch_alter_table("seal_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seal_event_seal_id"), ["seal_id"], unique=False)

    op.create_table(
        "approval_assignment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("step_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=32), nullable=True),
        sa.Column("transferred_from", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("entry_id", sa.String(length=32), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["on_behalf_of"], ["person.id"], name=op.f("fk_approval_assignment_on_behalf_of_person")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_approval_assignment_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_approval_assignment_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["step_id"], ["approval_step.id"], name=op.f("fk_approval_assignment_step_id_approval_step")
        ),
        sa.ForeignKeyConstraint(
            ["transferred_from"], ["person.id"], name=op.f("fk_approval_assignment_transferred_from_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_assignment")),
        sa.UniqueConstraint("step_id", "person_id", name=op.f("uq_approval_assignment_step_id")),
    )
    with op.batch_alter_table("approval_assignment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_approval_assignment_person_id"), ["person_id", "status", "id"], unique=False
        )

    op.create_table(
        "approval_decision",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("step_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("binding", sa.String(length=64), nullable=False),
        sa.Column("second_factor", sa.String(length=16), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.String(length=65), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_approval_decision_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_approval_decision_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["step_id"], ["approval_step.id"], name=op.f("fk_approval_decision_step_id_approval_step")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_decision")),
        sa.UniqueConstraint("slot", name=op.f("uq_approval_decision_slot")),
    )
    with op.batch_alter_table("approval_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approval_decision_person_id"), ["person_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_approval_decision_step_id"), ["step_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("approval_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approval_decision_step_id"))
        batch_op.drop_index(batch_op.f("ix_approval_decision_person_id"))

    op.drop_table("approval_decision")
    with op.batch_alter_table("approval_assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approval_assignment_person_id"))

    op.drop_table("approval_assignment")
    with op.batch_alter_table("seal_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seal_event_seal_id"))

    op.drop_table("seal_event")
    op.drop_table("e_seal_material")
    op.drop_table("approval_step")
    with op.batch_alter_table("seal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seal_organization_id"))

    op.drop_table("seal")
    with op.batch_alter_table("approval_route", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approval_route_organization_id"))

    op.drop_table("approval_route")
    op.drop_table("trial_authority")
