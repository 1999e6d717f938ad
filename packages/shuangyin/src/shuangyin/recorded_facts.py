"""What the tables of the areas say now about facts that entries recorded: joins the audit's port to the areas.

What never changes after it was recorded is compared (a grant's limits, not its counts), and of a seal what the latest
entry about it left. What differs was changed past the commands, and the log's audit names the entry. The other way
round, `rows` names all that there is only because an entry records it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Select, exists, null, select

from gmseal.ses.seal import read_seal
from shuangyin import recorded_custody
from shuangyin.approvals.models import ApprovalDecision
from shuangyin.authority.models import Delegation, Grant, GrantTarget
from shuangyin.core.clock import to_milliseconds
from shuangyin.core.objects import StoredObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.models import DocumentVersion, VersionOrigin
from shuangyin.evidence.auditing import RecordedRow, RowKey
from shuangyin.evidence.kept_objects import KeptObject
from shuangyin.evidence.models import EvidenceEntry, LogLeaf
from shuangyin.recorded_comparing import Comparison, Facts, differs, json_of, row_of, text_differs
from shuangyin.recorded_objects import KINDS_WITH_OBJECTS, object_of
from shuangyin.requests.models import UseRequest
from shuangyin.requests.queries import current_binding
from shuangyin.sealing.models import SealUse, UseStatus
from shuangyin.seals.models import ESealMaterial, Seal


class AreaFacts:
    """Answers the audit for the kinds of entries below."""

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
        return _COMPARISONS[kind](work, content, facts)

    def recorded_by(self, kind: str, content: Mapping[str, Any]) -> RowKey | None:
        if kind not in _BROUGHT:
            return None
        table, path = _BROUGHT[kind]
        found: Any = content
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        return (table, found) if isinstance(found, str) else None

    def rows(self, work: UnitOfWork) -> Iterator[RecordedRow]:
        for table, query in _ROWS:
            for row_id, entry_id in work.session.execute(query.execution_options(yield_per=2000)):
                yield RecordedRow((table, row_id), entry_id)


def _uploaded(work: UnitOfWork, _content: Mapping[str, Any], facts: Facts) -> str | None:
    same = ("sm3", "sha256", "size", "pages", "signed_by_others", "repaired_from_sm3")
    row = row_of(work, DocumentVersion, facts.get("version"))
    # Entries of earlier versions say nothing of the origin.
    later = ("origin",) if "origin" in facts else ()
    return differs(row, facts, {name: name for name in (*same, *later)})


def _decided(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = row_of(work, ApprovalDecision, facts.get("decision_id"))
    columns = {
        "step": "step_id",
        "decision": "decision",
        "binding": "binding",
        "second_factor": "second_factor",
    }
    said = differs(row, facts, columns)
    if said is not None:
        return said
    stated: tuple[tuple[str, object, object], ...] = (
        ("person_id", row.person_id, content.get("actor")),
        ("decided_at", row.decided_at, content.get("at")),
        ("entry_id", row.entry_id, content.get("id")),
        ("organization_id", row.organization_id, content.get("organization")),
        # Entries of earlier versions say nothing of these two.
        ("on_behalf_of", row.on_behalf_of, facts.get("on_behalf_of", row.on_behalf_of)),
        ("seen", row.seen and json_of(row.seen), facts.get("documents", row.seen and json_of(row.seen))),
    )
    for column, kept, recorded in stated:
        if kept != recorded:
            return f"ApprovalDecision.{column} is not what was recorded"
    return text_differs(row.comment, facts.get("comment"), "ApprovalDecision.comment")


def _granted(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    subject = content.get("subject")
    row = row_of(work, Grant, subject.get("id") if isinstance(subject, dict) else None)
    columns = {
        "parent": "parent_id",
        "act": "act",
        "seal": "seal_id",
        "holder_person": "holder_person_id",
        "holder_post": "holder_post_id",
        "amount_limit_minor": "amount_limit_minor",
        "count_limit": "count_limit",
        "valid_from": "valid_from",
        "valid_until": "valid_until",
        "granted_by_post": "granted_by_post",
    }
    # Entries of earlier versions say nothing of what grants could not limit then.
    later = ("root", "department", "count_of", "may_pass_on")
    columns |= {name: {"department": "department_id"}.get(name, name) for name in later if name in facts}
    return (
        differs(row, facts, columns)
        or _lists_differ(work, row, facts)
        or text_differs(row.reason, facts.get("reason"), "Grant.reason")
    )


def _lists_differ(work: UnitOfWork, row: Grant, facts: Facts) -> str | None:
    """Whether the seals, kinds of documents, matters or forms of a grant are not what was recorded."""
    for name in ("document_kinds", "matters", "forms"):
        stored = getattr(row, name)
        if name in facts and facts[name] != (None if stored is None else json.loads(stored)):
            return f"Grant.{name} is not what was recorded"
    targets = select(GrantTarget.target).where(GrantTarget.grant_id == row.id)
    if "targets" in facts and facts["targets"] != sorted(work.session.scalars(targets)):
        return "GrantTarget.target is not what was recorded"
    return None


def _delegated(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    subject = content.get("subject")
    row = row_of(work, Delegation, subject.get("id") if isinstance(subject, dict) else None)
    columns = {
        "parent": "parent_id",
        "delegator": "delegator_id",
        "delegate": "delegate_id",
        "given_by": "given_by",
        "amount_limit_minor": "amount_limit_minor",
        "may_pass_on": "may_pass_on",
        "emergency": "emergency",
        "from_at": "from_at",
        "until_at": "until_at",
    }
    said = differs(row, facts, columns)
    if said is not None:
        return said
    for name, stored in (("acts", row.acts), ("seals", row.seal_ids), ("document_kinds", row.document_kinds)):
        if facts.get(name) != (None if stored is None else json.loads(stored)):
            return f"Delegation.{name} is not what was recorded"
    return text_differs(row.reason, facts.get("reason"), "Delegation.reason")


def _used(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    columns = {
        "number": "number",
        "seal": "seal_id",
        "medium": "medium",
        "position": "position",
        "executed_at": "executed_at",
        "presser": "presser_id",
        "grant": "grant_id",
        "authority_valid": "authority_valid",
        "seal_status": "seal_status",
        "source_sm3": "source_sm3",
        "document_sm3": "document_sm3",
        "sealed_version": "sealed_version_id",
        "token_sm3": "token_digest",
    }
    row = row_of(work, SealUse, facts.get("use"))
    said = differs(row, facts, columns)
    if said is not None:
        return said
    subject = content.get("subject")
    stated: tuple[tuple[str, object, object], ...] = (
        ("entry_id", row.entry_id, content.get("id")),
        ("organization_id", row.organization_id, content.get("organization")),
        ("request_id", row.request_id, subject.get("id") if isinstance(subject, dict) else None),
        ("executed_by", row.executed_by, content.get("actor")),
        # No act voids a use so far, so that no entry could say so.
        ("status", row.status, UseStatus.IN_FORCE.value),
        ("presses", json_of(row.presses), facts.get("presses")),
    )
    for column, kept, recorded in stated:
        if kept != recorded:
            return f"SealUse.{column} is not what was recorded"
    return _authority_differs(row.authority, facts) or _seal_facts_differ(work, row, facts)


def _seal_facts_differ(work: UnitOfWork, use: SealUse, facts: Facts) -> str | None:
    """The copy that a use keeps of its seal is what the entry says, and what never changes of a seal is as the seal's.

    Entries of earlier versions say nothing of the seal; of a personal name seal no entry says the name.
    """
    kept = json_of(use.seal_facts)
    recorded = facts.get("seal_facts")
    for name, value in recorded.items() if isinstance(recorded, dict) else ():
        if not isinstance(kept, dict) or kept.get(name) != value:
            return f"SealUse.seal_facts ({name}) is not what was recorded"
    seal = work.session.get(Seal, use.seal_id)
    for name in ("name", "category", "ga_type", "origin", "seal_code", "es_id", "valid_from", "valid_until"):
        if seal is None or not isinstance(kept, dict) or kept.get(name) != getattr(seal, name):
            return f"SealUse.seal_facts ({name}) is not what the seal says"
    return None


def _authority_differs(authority: str, facts: Facts) -> str | None:
    kept = json_of(authority)
    names = {"grant": "grant_id", "delegation": "delegation_id", "on_behalf_of": "on_behalf_of"}
    for name, key in names.items():
        # Entries of earlier versions say nothing of delegations.
        if name in facts and (not isinstance(kept, dict) or kept.get(key) != facts[name]):
            return f"SealUse.authority ({key}) is not what was recorded"
    return None


def _carried(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    """A decision that counts at another step as well says what the first one says."""
    row = work.session.scalar(select(ApprovalDecision).where(ApprovalDecision.entry_id == content.get("id")))
    columns = {"step": "step_id", "decision": "carried_from", "person": "person_id"}
    said = differs(row, facts, columns)
    if said is not None or row is None:
        return said
    first = work.session.get(ApprovalDecision, row.carried_from)
    if first is None:
        return "the decision it carries is gone"
    for column in ("decision", "comment", "decided_at", "binding", "second_factor", "on_behalf_of", "seen"):
        if getattr(row, column) != getattr(first, column):
            return f"ApprovalDecision.{column} is not that of the decision it carries"
    return None


def _approved(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    """What was approved is never changed: kind, matter, amount, counterparty, copies, files and places of the seals."""
    subject = content.get("subject")
    row = row_of(work, UseRequest, subject.get("id") if isinstance(subject, dict) else None)
    said = differs(row, facts, {"binding": "binding"})
    if said is None and current_binding(work, row) != facts.get("binding"):
        return "UseRequest is not what was approved: its binding is another one"
    return said


def _entered(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    """A seal as it was entered, and as the latest entries about it left it."""
    subject = content.get("subject")
    row = row_of(work, Seal, subject.get("id") if isinstance(subject, dict) else None)
    lasting = {name: name for name in ("medium", "ga_type", "origin") if name in facts}
    return differs(row, facts, lasting) or _material_differs(work, row, facts) or _life_differs(work, row)


def _material_differs(work: UnitOfWork, seal: Seal, facts: Facts) -> str | None:
    """An electronic seal is the recorded file, and its name, number and time are those in that file."""
    if "seal_sm3" not in facts:
        return None
    material = work.session.get(ESealMaterial, seal.id)
    if material is None or _sm3(material.seal_der) != facts["seal_sm3"]:
        return "ESealMaterial.seal_der is not what was recorded"
    if _sm3(material.certificate_der) != facts.get("certificate_sm3"):
        return "ESealMaterial.certificate_der is not what was recorded"
    structure = read_seal(material.seal_der)
    stated: tuple[tuple[str, object, object], ...] = (
        ("name", seal.name, structure.name),
        ("es_id", seal.es_id, structure.es_id),
        ("valid_from", seal.valid_from, to_milliseconds(structure.valid_from)),
        ("valid_until", seal.valid_until, to_milliseconds(structure.valid_to)),
    )
    for column, kept, recorded in stated:
        if kept != recorded:
            return f"Seal.{column} is not what the recorded seal says"
    return None


def _life_differs(work: UnitOfWork, seal: Seal) -> str | None:
    """Status, filing, keeper and imprint as the latest entry says that speaks of them."""
    last: dict[str, tuple[int, list[object]]] = {}
    query = (
        select(EvidenceEntry.kind, EvidenceEntry.recorded_at, EvidenceEntry.body)
        .outerjoin(LogLeaf, LogLeaf.entry_id == EvidenceEntry.id)
        .where(EvidenceEntry.subject_id == seal.id, EvidenceEntry.subject_type == "seal")
        .order_by(LogLeaf.log_index.is_(None), LogLeaf.log_index, EvidenceEntry.id)
    )
    for kind, at, body in work.session.execute(query):
        content = json_of(body)
        facts = content.get("facts") if isinstance(content, dict) else None
        for name, column in _LIFE.get(kind, {}).items():
            if isinstance(facts, dict) and name in facts:
                # Entries of one millisecond stand in the log in no order: each of them may be the latest.
                before = last.get(column)
                together = before[1] if before is not None and before[0] == at else []
                last[column] = (at, [*together, facts[name]])
    imprint = work.session.get(StoredObject, seal.specimen_object_id) if seal.specimen_object_id else None
    for column, (_at, recorded) in last.items():
        kept = (imprint.sm3 if imprint else None) if column == _IMPRINT else getattr(seal, column)
        if kept not in recorded:
            return f"Seal.{column} is not what was recorded"
    return None


def _sm3(data: bytes) -> str:
    return hashlib.new("sm3", data).hexdigest()


_IMPRINT = "specimen_object_id"
_LIFE: Mapping[str, Mapping[str, str]] = {
    "seals.registered": {"status": "status"},
    "seals.made": {"status": "status"},
    "seals.imported": {"status": "status", "specimen_sm3": _IMPRINT},
    "seals.activated": {"status": "status"},
    "seals.suspended": {"status": "status"},
    "seals.resumed": {"status": "status"},
    "seals.applied": {"status": "status"},
    "seals.accepted": {"status": "status"},
    "seals.manufactured": {"status": "status", "specimen_sm3": _IMPRINT},
    "seals.filed": {"status": "status", "filing_no": "filing_no", "filed_at": "filed_at"},
    "seals.delivered": {"status": "status"},
    "seals.reported_lost": {"status": "status"},
    "seals.scrapped": {"status": "status"},
    "seals.surrendered": {"status": "status"},
    "seals.destroyed": {"status": "status"},
    "seals.revoked": {"status": "status"},
    "seals.uncollected": {"status": "status"},
    "seals.keeper_set": {"to": "keeper_person_id"},
    "seals.filing_set": {"filing_no": "filing_no", "filed_at": "filed_at"},
    "seals.specimen_filed": {"sm3": _IMPRINT},
}
"""What entries about a seal say of it after they were written: name in the entry → column."""
_COMPARISONS: Mapping[str, Comparison] = {
    **recorded_custody.COMPARISONS,
    "documents.uploaded": _uploaded,
    "approvals.decided": _decided,
    "approvals.carried": _carried,
    "authority.granted": _granted,
    "authority.delegated": _delegated,
    "sealing.sealed": _used,
    "sealing.pressed": _used,
    "requests.approved": _approved,
    "seals.registered": _entered,
    "seals.made": _entered,
    "seals.imported": _entered,
    "seals.applied": _entered,
    "seals.manufactured": _entered,
}
_BROUGHT: Mapping[str, tuple[str, tuple[str, ...]]] = {
    **recorded_custody.BROUGHT,
    "documents.uploaded": ("document_version", ("facts", "version")),
    "approvals.decided": ("approval_decision", ("facts", "decision_id")),
    "approvals.carried": ("carried approval_decision of entry", ("id",)),
    "authority.granted": ("authority_grant", ("subject", "id")),
    "authority.delegated": ("delegation", ("subject", "id")),
    "sealing.sealed": ("seal_use", ("facts", "use")),
    "sealing.pressed": ("seal_use", ("facts", "use")),
    "seals.registered": ("seal", ("subject", "id")),
    "seals.made": ("seal", ("subject", "id")),
    "seals.imported": ("seal", ("subject", "id")),
    "seals.applied": ("seal", ("subject", "id")),
}
"""The table of the row that an entry of each kind brings into being, and where the entry says which."""
_UNUSED_SEALED = ~exists().where(
    SealUse.sealed_version_id == DocumentVersion.id, SealUse.document_sm3 == DocumentVersion.sm3
)
_ROWS: tuple[tuple[str, Select[Any]], ...] = (
    *recorded_custody.ROWS,
    ("seal_use", select(SealUse.id, SealUse.entry_id).order_by(SealUse.id)),
    (
        "approval_decision",
        select(ApprovalDecision.id, ApprovalDecision.entry_id)
        .where(ApprovalDecision.carried_from.is_(None))
        .order_by(ApprovalDecision.id),
    ),
    (
        "carried approval_decision of entry",
        select(ApprovalDecision.entry_id, ApprovalDecision.entry_id)
        .where(ApprovalDecision.carried_from.is_not(None))
        .order_by(ApprovalDecision.id),
    ),
    ("authority_grant", select(Grant.id, null()).order_by(Grant.id)),
    ("delegation", select(Delegation.id, null()).order_by(Delegation.id)),
    (
        "document_version",
        select(DocumentVersion.id, null())
        .where(DocumentVersion.origin != VersionOrigin.SEALED.value)
        .order_by(DocumentVersion.id),
    ),
    # A sealed file is recorded with the uses whose seals are on it, which are compared themselves.
    (
        "sealed document_version",
        select(DocumentVersion.id, null())
        .where(DocumentVersion.origin == VersionOrigin.SEALED.value, _UNUSED_SEALED)
        .order_by(DocumentVersion.id),
    ),
    ("seal", select(Seal.id, null()).order_by(Seal.id)),
)
"""The rows that entries record, each with the entry it names; of the sealed files only those no use speaks of."""
