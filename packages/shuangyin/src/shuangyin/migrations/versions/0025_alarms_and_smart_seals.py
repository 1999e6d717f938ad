"""Alarms; smart seals with their permits, events, messages and photos."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

REASON = "an event of a device is never changed or removed"
GAINED = {
    "legal_representative": ("alarms.read", "devices.read"),
    "custodian": ("devices.read",),
    "reviewer": ("devices.read",),
    "auditor": ("alarms.read", "devices.read"),
    "administrator": ("alarms.handle", "alarms.read", "devices.manage", "devices.read"),
}
_POST = sa.table("post", sa.column("id"), sa.column("kind"), sa.column("permissions"))


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "device_authority",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", number, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_authority")),
    )
    op.create_table(
        "device_signing_key",
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("public_key", sa.String(length=130), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", number, nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_device_signing_key_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_device_signing_key")),
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.String(length=200), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("occurrences", number, nullable=False),
        sa.Column("occurred_at", number, nullable=False),
        sa.Column("raised_at", number, nullable=False),
        sa.Column("last_at", number, nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("remark", sa.String(length=1000), nullable=True),
        sa.Column("handled_by", sa.String(length=32), nullable=True),
        sa.Column("handled_at", number, nullable=True),
        sa.Column("verdict_entry_id", sa.String(length=32), nullable=True),
        sa.Column("version", number, nullable=False),
        sa.ForeignKeyConstraint(["handled_by"], ["person.id"], name=op.f("fk_alarm_handled_by_person")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_alarm_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("organization_id", "number", name=op.f("uq_alarm_organization_id")),
        sa.UniqueConstraint("slot", name=op.f("uq_alarm_slot")),
    )
    op.create_index(op.f("ix_alarm_organization_id"), "alarm", ["organization_id", "id"], unique=False)
    op.create_index(
        op.f("ix_alarm_subject_type"), "alarm", ["subject_type", "subject_id", "id"], unique=False
    )
    op.create_table(
        "alarm_recipient",
        sa.Column("alarm_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name=op.f("fk_alarm_recipient_alarm_id_alarm")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_alarm_recipient_person_id_person")
        ),
        sa.PrimaryKeyConstraint("alarm_id", "person_id", name=op.f("pk_alarm_recipient")),
    )
    op.create_index(
        op.f("ix_alarm_recipient_person_id"), "alarm_recipient", ["person_id", "alarm_id"], unique=False
    )
    op.create_table(
        "device",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("maker", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", number, nullable=False),
        sa.Column("enrolled_at", number, nullable=True),
        sa.Column("bound_at", number, nullable=True),
        sa.Column("revoked_at", number, nullable=True),
        sa.Column("record_key", sa.String(length=130), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("certificate_serial", sa.String(length=40), nullable=True),
        sa.Column("firmware", sa.String(length=64), nullable=True),
        sa.Column("battery", number, nullable=True),
        sa.Column("seen_at", number, nullable=True),
        sa.Column("seq", number, nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("boot", number, nullable=False),
        sa.Column("presses", number, nullable=False),
        sa.Column("unpermitted", number, nullable=False),
        sa.Column("chain_time", number, nullable=False),
        sa.Column("suspect", sa.Boolean(), nullable=False),
        sa.Column("locked_by", sa.String(length=64), nullable=True),
        sa.Column("lock_wanted", sa.Boolean(), nullable=False),
        sa.Column("lock_reason", sa.String(length=500), nullable=True),
        sa.Column("lock_told", sa.String(length=8), nullable=True),
        sa.Column("unlock_person_id", sa.String(length=32), nullable=True),
        sa.Column("next_command", number, nullable=False),
        sa.Column("latitude_e7", number, nullable=True),
        sa.Column("longitude_e7", number, nullable=True),
        sa.Column("accuracy_m", number, nullable=True),
        sa.Column("located_at", number, nullable=True),
        sa.Column("fence_latitude_e7", number, nullable=True),
        sa.Column("fence_longitude_e7", number, nullable=True),
        sa.Column("fence_radius_m", number, nullable=True),
        sa.Column("resend_from", number, nullable=True),
        sa.Column("resend_at", number, nullable=True),
        sa.Column("silent_told_at", number, nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_device_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_device_seal_id_seal")),
        sa.ForeignKeyConstraint(
            ["unlock_person_id"], ["person.id"], name=op.f("fk_device_unlock_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("organization_id", "name", name=op.f("uq_device_organization_id")),
        sa.UniqueConstraint("seal_id", name=op.f("uq_device_seal_id")),
    )
    op.create_index(op.f("ix_device_status"), "device", ["status", "seen_at"], unique=False)
    op.create_table(
        "device_aside",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("seq", number, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("received_at", number, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_aside_device_id_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_aside")),
        sa.UniqueConstraint("device_id", "digest", name=op.f("uq_device_aside_device_id")),
    )
    op.create_index(
        op.f("ix_device_aside_device_id"), "device_aside", ["device_id", "verdict", "seq"], unique=False
    )
    op.create_table(
        "device_enrolment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", number, nullable=False),
        sa.Column("expires_at", number, nullable=False),
        sa.Column("used_at", number, nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_device_enrolment_device_id_device")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_device_enrolment_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_enrolment")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_device_enrolment_code_digest")),
    )
    op.create_index(op.f("ix_device_enrolment_device_id"), "device_enrolment", ["device_id"], unique=False)
    op.create_table(
        "device_event",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("seq", number, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("occurred_at", number, nullable=False),
        sa.Column("received_at", number, nullable=False),
        sa.Column("permit_id", sa.String(length=64), nullable=True),
        sa.Column("latitude_e7", number, nullable=True),
        sa.Column("longitude_e7", number, nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_event_device_id_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_event")),
        sa.UniqueConstraint("device_id", "seq", name=op.f("uq_device_event_device_id")),
    )
    op.create_index(op.f("ix_device_event_permit_id"), "device_event", ["permit_id", "seq"], unique=False)
    op.create_table(
        "device_message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", number, nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", number, nullable=False),
        sa.Column("not_after", number, nullable=True),
        sa.Column("closed_at", number, nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_device_message_device_id_device")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_message")),
    )
    op.create_index(op.f("ix_device_message_closed_at"), "device_message", ["closed_at", "id"], unique=False)
    op.create_index(
        op.f("ix_device_message_device_id"), "device_message", ["device_id", "closed_at"], unique=False
    )
    op.create_table(
        "device_photo_part",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("first_byte", number, nullable=False),
        sa.Column("size", number, nullable=False),
        sa.Column("object_id", sa.String(length=32), nullable=False),
        sa.Column("received_at", number, nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_device_photo_part_device_id_device")
        ),
        sa.ForeignKeyConstraint(
            ["object_id"], ["stored_object.id"], name=op.f("fk_device_photo_part_object_id_stored_object")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_photo_part")),
        sa.UniqueConstraint("device_id", "sm3", "first_byte", name=op.f("uq_device_photo_part_device_id")),
    )
    op.create_table(
        "device_permit",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("seal_id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("opening_id", sa.String(length=32), nullable=False),
        sa.Column("presser_id", sa.String(length=32), nullable=False),
        sa.Column("reviewer_id", sa.String(length=32), nullable=False),
        sa.Column("confirmer_id", sa.String(length=32), nullable=True),
        sa.Column("slot", sa.String(length=70), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("ordinary", number, nullable=False),
        sa.Column("seam", number, nullable=False),
        sa.Column("cover", number, nullable=False),
        sa.Column("spare", number, nullable=False),
        sa.Column("photo_moments", number, nullable=False),
        sa.Column("not_before", number, nullable=False),
        sa.Column("not_after", number, nullable=False),
        sa.Column("issued_at", number, nullable=False),
        sa.Column("issued_by", sa.String(length=32), nullable=False),
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("taken_at", number, nullable=True),
        sa.Column("finished_at", number, nullable=True),
        sa.Column("pressed_ordinary", number, nullable=False),
        sa.Column("pressed_seam", number, nullable=False),
        sa.Column("pressed_cover", number, nullable=False),
        sa.Column("spoiled_ordinary", number, nullable=False),
        sa.Column("spoiled_seam", number, nullable=False),
        sa.Column("spoiled_cover", number, nullable=False),
        sa.Column("uncertain", number, nullable=False),
        sa.Column("last_press_at", number, nullable=True),
        sa.Column("registered_ordinary", number, nullable=False),
        sa.Column("registered_seam", number, nullable=False),
        sa.Column("registered_cover", number, nullable=False),
        sa.Column("registered_spoiled", number, nullable=False),
        sa.Column("check_at", number, nullable=True),
        sa.Column("balanced", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["confirmer_id"], ["person.id"], name=op.f("fk_device_permit_confirmer_id_person")
        ),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_permit_device_id_device")),
        sa.ForeignKeyConstraint(["issued_by"], ["person.id"], name=op.f("fk_device_permit_issued_by_person")),
        sa.ForeignKeyConstraint(
            ["opening_id"], ["opening.id"], name=op.f("fk_device_permit_opening_id_opening")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_device_permit_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["presser_id"], ["person.id"], name=op.f("fk_device_permit_presser_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["use_request.id"], name=op.f("fk_device_permit_request_id_use_request")
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["person.id"], name=op.f("fk_device_permit_reviewer_id_person")
        ),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_device_permit_seal_id_seal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_permit")),
        sa.UniqueConstraint("slot", name=op.f("uq_device_permit_slot")),
    )
    op.create_index(op.f("ix_device_permit_check_at"), "device_permit", ["check_at"], unique=False)
    op.create_index(op.f("ix_device_permit_device_id"), "device_permit", ["device_id", "id"], unique=False)
    op.create_index(
        op.f("ix_device_permit_request_id"), "device_permit", ["request_id", "seal_id"], unique=False
    )
    op.create_table(
        "device_permit_use",
        sa.Column("use_id", sa.String(length=32), nullable=False),
        sa.Column("permit_id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["permit_id"], ["device_permit.id"], name=op.f("fk_device_permit_use_permit_id_device_permit")
        ),
        sa.ForeignKeyConstraint(
            ["use_id"], ["physical_use.id"], name=op.f("fk_device_permit_use_use_id_physical_use")
        ),
        sa.PrimaryKeyConstraint("use_id", name=op.f("pk_device_permit_use")),
    )
    op.create_index(op.f("ix_device_permit_use_permit_id"), "device_permit_use", ["permit_id"], unique=False)
    op.create_table(
        "device_photo",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organization_id", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=32), nullable=False),
        sa.Column("permit_id", sa.String(length=64), nullable=True),
        sa.Column("moment", sa.String(length=16), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("size", number, nullable=False),
        sa.Column("taken_at", number, nullable=False),
        sa.Column("object_id", sa.String(length=32), nullable=True),
        sa.Column("media_type", sa.String(length=40), nullable=True),
        sa.Column("uploaded_at", number, nullable=True),
        sa.Column("use_photo_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_photo_device_id_device")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["device_event.id"], name=op.f("fk_device_photo_event_id_device_event")
        ),
        sa.ForeignKeyConstraint(
            ["object_id"], ["stored_object.id"], name=op.f("fk_device_photo_object_id_stored_object")
        ),
        sa.ForeignKeyConstraint(
            ["use_photo_id"], ["use_photo.id"], name=op.f("fk_device_photo_use_photo_id_use_photo")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_photo")),
        sa.UniqueConstraint("event_id", "moment", "sm3", name=op.f("uq_device_photo_event_id")),
    )
    op.create_index(op.f("ix_device_photo_device_id"), "device_photo", ["device_id", "sm3"], unique=False)
    op.create_index(op.f("ix_device_photo_permit_id"), "device_photo", ["permit_id"], unique=False)
    _refuse_changes()
    _change_posts(added=True)


def downgrade() -> None:
    _change_posts(added=False)
    _allow_changes()
    op.drop_index(op.f("ix_device_photo_permit_id"), table_name="device_photo")
    op.drop_index(op.f("ix_device_photo_device_id"), table_name="device_photo")
    op.drop_table("device_photo")
    op.drop_index(op.f("ix_device_permit_use_permit_id"), table_name="device_permit_use")
    op.drop_table("device_permit_use")
    op.drop_index(op.f("ix_device_permit_request_id"), table_name="device_permit")
    op.drop_index(op.f("ix_device_permit_device_id"), table_name="device_permit")
    op.drop_index(op.f("ix_device_permit_check_at"), table_name="device_permit")
    op.drop_table("device_permit")
    op.drop_table("device_photo_part")
    op.drop_index(op.f("ix_device_message_device_id"), table_name="device_message")
    op.drop_index(op.f("ix_device_message_closed_at"), table_name="device_message")
    op.drop_table("device_message")
    op.drop_index(op.f("ix_device_event_permit_id"), table_name="device_event")
    op.drop_table("device_event")
    op.drop_index(op.f("ix_device_enrolment_device_id"), table_name="device_enrolment")
    op.drop_table("device_enrolment")
    op.drop_index(op.f("ix_device_aside_device_id"), table_name="device_aside")
    op.drop_table("device_aside")
    op.drop_index(op.f("ix_device_status"), table_name="device")
    op.drop_table("device")
    op.drop_index(op.f("ix_alarm_recipient_person_id"), table_name="alarm_recipient")
    op.drop_table("alarm_recipient")
    op.drop_index(op.f("ix_alarm_subject_type"), table_name="alarm")
    op.drop_index(op.f("ix_alarm_organization_id"), table_name="alarm")
    op.drop_table("alarm")
    op.drop_table("device_signing_key")
    op.drop_table("device_authority")


def _refuse_changes() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "CREATE TRIGGER device_event_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON device_event "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for act in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER device_event_no_{act} BEFORE {act.upper()} ON device_event "
            f"BEGIN SELECT RAISE(ABORT, '{REASON}'); END"
        )


def _allow_changes() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP TRIGGER device_event_immutable ON device_event")
        return
    for act in ("update", "delete"):
        op.execute(f"DROP TRIGGER device_event_no_{act}")


def _change_posts(*, added: bool) -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(_POST).where(_POST.c.kind.in_(GAINED))).all()
    for row in rows:
        held, gained = set(json.loads(row.permissions)), set(GAINED[row.kind])
        wanted = json.dumps(sorted(held | gained if added else held - gained))
        connection.execute(sa.update(_POST).where(_POST.c.id == row.id).values(permissions=wanted))
