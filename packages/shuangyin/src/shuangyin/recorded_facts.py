"""What the tables of the areas say now about facts that entries recorded: joins the audit's port to the areas.

Only what never changes after it was recorded is compared: a grant's limits, not its counts; a use's digests, not
its status. What differs was changed past the commands, and the log's audit names the entry.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from shuangyin.approvals.models import ApprovalDecision
from shuangyin.authority.models import Delegation, Grant, GrantTarget
from shuangyin.core.database import Base
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import PhysicalUse
from shuangyin.documents.models import DocumentVersion
from shuangyin.sealing.models import SealUse

Facts = Mapping[str, Any]
Comparison = Callable[[UnitOfWork, Mapping[str, Any], Facts], str | None]


class AreaFacts:
    """Answers the audit for the kinds of entries below."""

    def covers(self, kind: str) -> bool:
        return kind in _COMPARISONS

    def compare(self, work: UnitOfWork, kind: str, content: Mapping[str, Any]) -> str | None:
        facts = content.get("facts")
        if not isinstance(facts, dict):
            return "the entry holds no facts"
        return _COMPARISONS[kind](work, content, facts)


def _row(work: UnitOfWork, table: type[Base], row_id: object) -> Any:
    return work.session.get(table, row_id) if isinstance(row_id, str) else None


def _differs(row: object, facts: Facts, columns: Mapping[str, str]) -> str | None:
    """The first column that does not say what the entry says. `columns`: name in the entry → column."""
    if row is None:
        return "the row it speaks of is gone"
    for name, column in columns.items():
        kept = getattr(row, column)
        if facts.get(name) != (str(kept) if isinstance(kept, str) else kept):
            return f"{type(row).__name__}.{column} is not what was recorded"
    return None


def _text_differs(text: str | None, recorded: object, column: str) -> str | None:
    """Whether a free text is the one whose salted digest was recorded."""
    if not isinstance(recorded, dict):
        return None if not text else f"{column} was empty when it was recorded"
    try:
        salt = bytes.fromhex(str(recorded.get("salt")))
    except ValueError:
        return f"the digest of {column} cannot be read"
    digest = hashlib.new("sm3", salt + (text or "").encode()).hexdigest()
    return None if digest == recorded.get("sm3") else f"{column} is not the text that was recorded"


def _uploaded(work: UnitOfWork, _content: Mapping[str, Any], facts: Facts) -> str | None:
    same = ("sm3", "sha256", "size", "pages", "signed_by_others", "repaired_from_sm3")
    row = _row(work, DocumentVersion, facts.get("version"))
    return _differs(row, facts, {name: name for name in same})


def _decided(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    row = _row(work, ApprovalDecision, facts.get("decision_id"))
    columns = {
        "step": "step_id",
        "decision": "decision",
        "binding": "binding",
        "second_factor": "second_factor",
    }
    said = _differs(row, facts, columns)
    if said is None and row.person_id != content.get("actor"):
        return "ApprovalDecision.person_id is not who decided"
    return said or _text_differs(row.comment, facts.get("comment"), "ApprovalDecision.comment")


def _granted(work: UnitOfWork, content: Mapping[str, Any], facts: Facts) -> str | None:
    subject = content.get("subject")
    row = _row(work, Grant, subject.get("id") if isinstance(subject, dict) else None)
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
        _differs(row, facts, columns)
        or _lists_differ(work, row, facts)
        or _text_differs(row.reason, facts.get("reason"), "Grant.reason")
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
    row = _row(work, Delegation, subject.get("id") if isinstance(subject, dict) else None)
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
    said = _differs(row, facts, columns)
    if said is not None:
        return said
    for name, stored in (("acts", row.acts), ("seals", row.seal_ids), ("document_kinds", row.document_kinds)):
        if facts.get(name) != (None if stored is None else json.loads(stored)):
            return f"Delegation.{name} is not what was recorded"
    return _text_differs(row.reason, facts.get("reason"), "Delegation.reason")


def _used(work: UnitOfWork, _content: Mapping[str, Any], facts: Facts) -> str | None:
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
    return _differs(_row(work, SealUse, facts.get("use")), facts, columns)


def _pressed(work: UnitOfWork, _content: Mapping[str, Any], facts: Facts) -> str | None:
    columns = {
        "number": "number",
        "request": "request_id",
        "seal": "seal_id",
        "seal_use": "seal_use_id",
        "copies": "copies",
        "applied": "applied",
        "normal": "normal",
        "seam": "seam",
        "cover": "cover",
        "spoiled": "spoiled",
        "presser": "presser_id",
        "reviewer": "reviewer_id",
        "pressed_at": "pressed_at",
    }
    row = _row(work, PhysicalUse, facts.get("use"))
    return _differs(row, facts, columns) or _text_differs(
        row.remark, facts.get("remark"), "PhysicalUse.remark"
    )


_COMPARISONS: Mapping[str, Comparison] = {
    "documents.uploaded": _uploaded,
    "approvals.decided": _decided,
    "authority.granted": _granted,
    "authority.delegated": _delegated,
    "sealing.sealed": _used,
    "custody.pressed": _pressed,
}
