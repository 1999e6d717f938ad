"""Columns of compared tables that no audit finds altered, each with the reason why nothing rests on it alone.

The tables whose every other column is altered in tests, one after the other, are those of seals, approvals, custody and smart
seals (`tests/support/column_tampering.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_COUNTER = "counts changes of the row, so that two people do not overwrite each other; proves nothing"
_NAMES = "what something is called; entries hold no names, since they may be personal"
_PARENT = "a line that is only read together with its parent, whose organization is compared"
_FILE = "the audit of stored files opens the object and compares it with the recorded digest"
_TOLD = "what a device told last; every event it signed is recorded and compared, and this is made from them"
_SETTLING = (
    "counted again from signed events and the register when a permit is settled, whose outcome is compared"
)
_WAITING = "until when or how often something is tried; ends in an entry that is compared"
_FOUND_BY = "found by a digest or an id that is compared"
_SHOWN = "shown beside the file and decides nothing; the file's digest is compared"

UNSEEN: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "audit.version", "audit_finding.version", "engraver.version", "loan.version", "opening.version", "person.version",
            "safe.version", "scenario_list.version", "seal.version", "stocktake.version", "use_request.version",
            "use_request.changes", "paper_permit.version",
        ),
        _COUNTER,
    ),
    **dict.fromkeys(
        ("person.account", "person.name", "safe.name", "safe.place", "use_request.title", "document_version.file_name"),
        _NAMES,
    ),
    **dict.fromkeys(
        (
            "device_photo.organization_id", "opening_request.organization_id", "seal_return.organization_id",
            "safe_slot.organization_id", "custody_confirmation.organization_id", "stocktake_line.organization_id", "e_seal_material.organization_id",
            "seal_event.organization_id", "device_event.organization_id", "request_document.organization_id",
            "request_seal.organization_id",
        ),
        _PARENT,
    ),
    **dict.fromkeys(("use_photo.object_id", "document_version.object_id", "seal_evidence.object_id"), _FILE),
    **dict.fromkeys(
        tuple(
            f"device.{name}"
            for name in (
                "accuracy_m", "battery", "boot", "chain_time", "firmware", "head", "latitude_e7", "located_at",
                "lock_told", "longitude_e7", "maker", "next_command", "presses", "resend_at", "resend_from", "seen_at",
                "seq", "silent_told_at", "suspect", "unpermitted",
            )
        ),
        _TOLD,
    ),
    **dict.fromkeys(
        (
            *(
                f"device_permit.{said}_{kind}"
                for said in ("pressed", "registered", "spoiled")
                for kind in ("ordinary", "seam", "cover")
            ),
            "device_permit.registered_spoiled", "device_permit.uncertain", "device_permit.check_at",
            "device_permit.finished_at", "device_permit.last_press_at", "device_permit.taken_at",
            "device_permit.failed_at", "device_photo.use_photo_id",
        ),
        _SETTLING,
    ),
    **dict.fromkeys(("opening.closes_by", "opening.confirm_by", "stocktake.ends_at"), _WAITING),
    **dict.fromkeys(
        (
            "device_event.id", "seal_event.id", "opening.number", "opening.safe_slot", "stocktake.safe_slot",
            "stocktake_line.slot", "stocktake_line.position", "physical_use.position",
            "use_photo.request_id", "safe_slot.seal_id", "device.certificate", "approval_decision.slot",
            "seal_event.note_digest", "seal_event.step_id", "press_check.opening_id", "press_check.loan_id",
            "post_holding.office_slot", "post_holding.open_slot", "seal_use.created_at", "e_seal_material.created_at",
        ),
        _FOUND_BY,
    ),
    **dict.fromkeys(("use_photo.media_type", "device_photo.media_type", "document_version.media_type"), _SHOWN),
    **dict.fromkeys(
        ("seal_return.taken_at", "seal_return.returned_at", "seal.whereabouts", "stocktake_line.whereabouts"),
        "where a seal lies follows from its openings, loans and hand-overs, which are compared",
    ),
    **dict.fromkeys(
        ("device.lock_wanted", "device.lock_reason", "device.locked_by", "device.unlock_person_id"),
        "what people or alarms want of the lock now; each locking and unlocking is an entry of its own",
    ),
    "device_permit.photo_moments": "stands in the signed permit, whose digest is compared",
    "paper_permit.code": "signed by the organization; whoever reads it verifies the signature, and its terms are compared",
    "seal.filing_authority": "recorded as of each use of the seal, never when it is entered",
    "seal.seal_code": "recorded as of each use of the seal, and the use compared with it",
    "seal.es_id": "of an electronic seal it is compared with the seal itself; a physical one has none",
    "seal.valid_from": "of an electronic seal it is compared with the seal itself; recorded as of each use",
    "seal.valid_until": "of an electronic seal it is compared with the seal itself; recorded as of each use",
    "e_seal_material.wrapped_key": "a secret; a key that is not that of the recorded certificate signs nothing that verifies",
    "person.department_id": "decides routes of new requests alone; who was asked is compared with the decision",
}  # fmt: skip
