"""What the tables of the areas say now about facts that entries recorded: joins the audit's port to the areas.

What differs was changed past the commands, and the log's audit names the entry. The other way round, `rows` names all
that there is only because an entry records it. Every table is compared, or stands in `NOT_COMPARED` with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

from shuangyin.core.database import Base
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.auditing import RecordedRow, RowKey
from shuangyin.evidence.kept_objects import KeptObject
from shuangyin.recorded_approvals import APPROVALS
from shuangyin.recorded_audits import AUDITS
from shuangyin.recorded_authority import AUTHORITY
from shuangyin.recorded_comparing import Bringing, Comparison, Content
from shuangyin.recorded_custody import CUSTODY
from shuangyin.recorded_devices import DEVICES
from shuangyin.recorded_duties import DUTIES
from shuangyin.recorded_engravers import ENGRAVERS
from shuangyin.recorded_imprints import IMPRINTS
from shuangyin.recorded_keeping import KEEPING
from shuangyin.recorded_objects import KINDS_WITH_OBJECTS, object_of
from shuangyin.recorded_originals import ORIGINALS
from shuangyin.recorded_people import PEOPLE
from shuangyin.recorded_privacy import PRIVACY
from shuangyin.recorded_seals import SEALS
from shuangyin.recorded_sent_copies import SENT_COPIES
from shuangyin.recorded_uses import USES

AREAS = (
    USES, APPROVALS, AUTHORITY, DUTIES, ENGRAVERS, SEALS, CUSTODY, KEEPING, ORIGINALS, SENT_COPIES, IMPRINTS, DEVICES,
    PEOPLE, PRIVACY, AUDITS,
)  # fmt: skip
COMPARED = frozenset[str]().union(*(area.tables for area in AREAS))
"""The tables whose rows are compared with entries."""
_BOUND = (
    "entries about it hold digests of texts or counts alone; what rests on it is compared where it is used"
)
_PASSING = "work that waits or limits that count; nothing is proven by it, and it is emptied again"
_SIGN_IN = "secrets and sessions; entries say that they were made or ended, never what they are"
_OF_LOG = "the log itself: the audit recomputes it from the entries"
_TRIAL = "a trial run of a list; nothing rests on it, and the next one takes its place"
NOT_COMPARED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "counter",
            "idempotency_record",
            "job",
            "live_event",
            "grant_reminder",
            "grant_reservation",
            "device_enrolment",
            "device_message",
            "device_photo_part",
            "device_aside",
            "alarm_message",
            "alarm_recipient",
        ),
        _PASSING,
    ),
    **dict.fromkeys(
        (
            "api_token",
            "external_identity",
            "credential",
            "passkey",
            "passkey_challenge",
            "recovery_code",
            "session",
            "sign_in_challenge",
            "sign_in_throttle",
            "sms_code",
            "sms_phone",
            "face_template",
            "face_check",
            "sms_send",
            "step_up_proof",
            "device_signing_key",
            "paper_permit_key",
            "device_authority",
            "trial_authority",
        ),
        _SIGN_IN,
    ),
    **dict.fromkeys(
        (
            "evidence_entry",
            "evidence_pending",
            "log_anchor",
            "log_anchor_receipt",
            "log_anchor_transaction",
            "log_anchoring",
            "log_audit",
            "log_checkpoint",
            "log_cosignature",
            "log_head",
            "log_key",
            "log_leaf",
            "log_problem",
            "log_tile",
            "log_twin_checkpoint",
            "log_twin_tile",
        ),
        _OF_LOG,
    ),
    **dict.fromkeys(
        (
            "approval_route",
            "approval_step",
            "approval_assignment",
            "organization",
            "department",
            "counterparty",
            "counterparty_capability",
            "document",
        ),
        _BOUND,
    ),
    **dict.fromkeys(("scenario_simulation", "scenario_simulation_line"), _TRIAL),
    "post": "migrations give posts new permissions without an entry; who holds which post since when is compared",
    "stored_object": "compared by what names it: the audit of stored files opens each with the recorded digest",
    "device_permit_use": "a link without facts; counts of device and register are compared when a permit is settled",
}
"""The tables that are not compared, each with the reason."""
_COMPARISONS: Mapping[str, Comparison] = {
    kind: comparison for area in AREAS for kind, comparison in area.comparisons.items()
}
_BRINGS: Mapping[str, Bringing] = {kind: bringing for area in AREAS for kind, bringing in area.brings.items()}


def _elsewhere(work: UnitOfWork, content: Content, brought: Collection[RowKey]) -> str | None:
    """Whether a row that an entry brought stands under another organization, where those it is about would not see it."""
    for name, row_id in brought:
        mapped = _owned().get(name)
        row = work.session.get(mapped, row_id) if mapped is not None else None
        if row is not None and row.organization_id != content.get("organization"):
            return f"{type(row).__name__}.organization_id is not what was recorded"
    return None


@cache
def _owned() -> Mapping[str, Any]:
    """The tables whose rows have an id of their own and belong to one organization."""
    return {
        table.name: mapper.class_
        for mapper in Base.registry.mappers
        for table in mapper.tables
        if "organization_id" in mapper.columns and [one.key for one in mapper.primary_key] == ["id"]
    }


class AreaFacts:
    """Answers the audit for the kinds of entries that the areas compare."""

    def kinds(self) -> frozenset[str]:
        return KINDS_WITH_OBJECTS

    def object_of(self, work: UnitOfWork, kind: str, content: Mapping[str, Any]) -> KeptObject | None:
        return object_of(work, kind, content)

    def covers(self, kind: str) -> bool:
        return kind in _COMPARISONS

    def compare(self, work: UnitOfWork, kind: str, content: Mapping[str, Any]) -> str | None:
        facts = content.get("facts")
        if not isinstance(facts, dict):
            return "the entry holds no facts"
        said = _COMPARISONS[kind](work, content, facts)
        return said or _elsewhere(work, content, self.recorded_by(kind, content))

    def recorded_by(self, kind: str, content: Mapping[str, Any]) -> Collection[RowKey]:
        facts = content.get("facts")
        bringing = _BRINGS.get(kind)
        return [] if bringing is None or not isinstance(facts, dict) else [*bringing(content, facts)]

    def rows(self, work: UnitOfWork) -> Iterator[RecordedRow]:
        for area in AREAS:
            for table, query in area.rows:
                for row_id, entry_id in work.session.execute(query.execution_options(yield_per=2000)):
                    yield RecordedRow((table, row_id), entry_id)
