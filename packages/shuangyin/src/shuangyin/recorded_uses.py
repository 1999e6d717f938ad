"""What documents, decisions, requests, uses of seals and scenario lists say now about facts that entries recorded; of a use
everything, with whether it still stands."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import exists, null, select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.models import DocumentVersion, VersionOrigin
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.recorded_comparing import (
    Content,
    Facts,
    RecordedArea,
    brings,
    differs,
    past_of,
    plain,
    row_of,
    states,
    subject_of,
    text_differs,
    type_of_subject,
)
from shuangyin.requests.models import RequestStatus, UseRequest
from shuangyin.requests.queries import current_binding
from shuangyin.scenarios.models import ListStatus, ScenarioAcknowledgement, ScenarioList
from shuangyin.scenarios.queries import binding as list_binding
from shuangyin.sealing.models import SealUse, UseStatus, VoidedUse
from shuangyin.sealing.rules import token_digest
from shuangyin.seals.models import Seal


def _uploaded(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    same = ("sm3", "sha256", "size", "pages", "signed_by_others", "repaired_from_sm3")
    row = row_of(work, DocumentVersion, facts.get("version"))
    # Entries of earlier versions say nothing of the origin.
    later = ("origin",) if "origin" in facts else ()
    stated = {
        "document_id": subject_of(content),
        "created_by": content.get("actor"),
        "created_at": content.get("at"),
        "organization_id": content.get("organization"),
    }
    return differs(row, facts, {name: name for name in (*same, *later)}) or states(row, stated)


_OUTCOMES: Mapping[str, RequestStatus] = {
    "requests.submitted": RequestStatus.IN_APPROVAL,
    "requests.approved": RequestStatus.APPROVED,
    "requests.rejected": RequestStatus.REJECTED,
    "requests.sent_back": RequestStatus.SENT_BACK,
    "approvals.withdrawn": RequestStatus.WITHDRAWN,
    "requests.given_up": RequestStatus.WITHDRAWN,
    "requests.applicant_left": RequestStatus.WITHDRAWN,
    "requests.discarded": RequestStatus.DISCARDED,
    "requests.sealed": RequestStatus.SEALED,
    "requests.voided": RequestStatus.VOIDED,
}
"""Where a request stands after an entry of each kind."""


def _created(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A request stands where its latest entry left it: what no entry approved is not approved."""
    row = row_of(work, UseRequest, subject_of(content))
    stated = {"applicant_id": content.get("actor"), "created_at": content.get("at")}
    said = differs(row, facts, {"number": "number"}) or states(row, stated)
    if said is not None:
        return said
    past = past_of(work, "request", row.id, *_OUTCOMES)
    # Entries of one millisecond stand in the log in no order: each of them may be the latest.
    latest = max((one.at for one in past), default=0)
    last = {_OUTCOMES[one.kind] for one in past if one.at == latest} or {RequestStatus.DRAFT}
    if row.status not in last:
        return "UseRequest.status is not what was recorded"
    times = {column: [one.at for one in past if one.kind == kind] for kind, column in _TIMES.items()}
    return states(row, {column: max(found, default=None) for column, found in times.items()})


_TIMES = {
    "requests.submitted": "submitted_at",
    "requests.approved": "approved_at",
    "requests.sealed": "sealed_at",
}


def _submitted(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """The reason of what is under way or decided; what came back may say another one until it is submitted again."""
    row = row_of(work, UseRequest, subject_of(content))
    later = past_of(work, "request", subject_of(content), *_OUTCOMES)
    back = (RequestStatus.SENT_BACK, RequestStatus.WITHDRAWN, RequestStatus.DISCARDED)
    if (
        row is None
        or row.status in back
        or any(one.kind == "requests.submitted" and one.at > content["at"] for one in later)
    ):
        return states(row, {})
    return text_differs(row.reason, facts.get("reason"), "UseRequest.reason")


def _used(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
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
    stated: tuple[tuple[str, object, object], ...] = (
        ("entry_id", row.entry_id, content.get("id")),
        ("organization_id", row.organization_id, content.get("organization")),
        ("request_id", row.request_id, subject_of(content)),
        ("executed_by", row.executed_by, content.get("actor")),
        ("presses", plain(row.presses), facts.get("presses")),
        ("token", token_digest(row.token), facts.get("token_sm3")),
        ("source_version_id", _sm3_of(work, row.source_version_id), facts.get("source_sm3")),
    )
    for column, kept, recorded in stated:
        if kept != recorded:
            return f"SealUse.{column} is not what was recorded"
    return (
        _authority_differs(row.authority, facts)
        or _seal_facts_differ(work, row, facts)
        or _void_differs(work, row)
    )


def _sm3_of(work: UnitOfWork, version_id: str) -> str | None:
    version = work.session.get(DocumentVersion, version_id)
    return version.sm3 if version is not None else None


def _void_differs(work: UnitOfWork, use: SealUse) -> str | None:
    """A use is voided exactly when an entry in the log says so, and its row of voiding is that entry's."""
    said = [
        one
        for one in past_of(work, "request", use.request_id, "sealing.voided")
        if one.facts.get("use") == use.id
    ]
    row = work.session.get(VoidedUse, use.id)
    if not said:
        if use.status != UseStatus.IN_FORCE or row is not None:
            return "SealUse.status is not what was recorded"
        return None
    if use.status != UseStatus.VOIDED:
        return "SealUse.status is not what was recorded"
    return states(
        row,
        {"entry_id": said[0].id, "reason_code": said[0].facts.get("reason_code"), "voided_at": said[0].at},
    )


def _voided(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, VoidedUse, facts.get("use"))
    stated = {
        "reason_code": facts.get("reason_code"),
        "second_factor": facts.get("second_factor"),
        "voided_by": content.get("actor"),
        "voided_at": content.get("at"),
        "entry_id": content.get("id"),
        "organization_id": content.get("organization"),
    }
    return states(row, stated) or states(
        work.session.get(SealUse, row.use_id), {"status": UseStatus.VOIDED.value}
    )


def _void_explained(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    row = row_of(work, VoidedUse, facts.get("use"))
    said = states(row, {"explained_entry_id": content.get("id")})
    return said or text_differs(row.reason, facts.get("reason"), "VoidedUse.reason")


def _all_voided(work: UnitOfWork, content: Content, _facts: Facts) -> str | None:
    return states(row_of(work, UseRequest, subject_of(content)), {"status": RequestStatus.VOIDED.value})


def _seal_facts_differ(work: UnitOfWork, use: SealUse, facts: Facts) -> str | None:
    """The copy that a use keeps of its seal is what the entry says, and what never changes of a seal is as the seal's.

    Entries of earlier versions say nothing of the seal; of a personal name seal no entry says the name.
    """
    kept = plain(use.seal_facts)
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
    kept = plain(authority)
    names = {"grant": "grant_id", "delegation": "delegation_id", "on_behalf_of": "on_behalf_of"}
    for name, key in names.items():
        # Entries of earlier versions say nothing of delegations.
        if name in facts and (not isinstance(kept, dict) or kept.get(key) != facts[name]):
            return f"SealUse.authority ({key}) is not what was recorded"
    return None


def _approved(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """What was approved is never changed: kind, matter, amount, counterparty, copies, files and places of the seals.
    What its applicant gave up binds no more, and may be changed and submitted again."""
    row = row_of(work, UseRequest, subject_of(content))
    given_up = past_of(work, "request", subject_of(content), "requests.given_up")
    if any(one.at >= content["at"] for one in given_up):
        return states(row, {})
    said = differs(row, facts, {"binding": "binding"})
    if said is None and current_binding(work, row) != facts.get("binding"):
        return "UseRequest is not what was approved: its binding is another one"
    return said


_UNUSED_SEALED = ~exists().where(
    SealUse.sealed_version_id == DocumentVersion.id, SealUse.document_sm3 == DocumentVersion.sm3
)


_LIST_AFTER: Mapping[str, ListStatus] = {
    "scenarios.drafted": ListStatus.DRAFT,
    "scenarios.submitted": ListStatus.IN_APPROVAL,
    "scenarios.withdrawn": ListStatus.DRAFT,
    "scenarios.rejected": ListStatus.DRAFT,
    "scenarios.sent_back": ListStatus.DRAFT,
    "scenarios.approved": ListStatus.APPROVED,
    "scenarios.enforced": ListStatus.IN_FORCE,
    "scenarios.superseded": ListStatus.SUPERSEDED,
    "scenarios.recalled": ListStatus.DRAFT,
}
"""Where a list stands after an entry of each kind, in the order in which they come within one act."""
_LIST_ORDER = {kind: place for place, kind in enumerate(_LIST_AFTER)}


def _list_drafted(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """A list governs from and until when its entries say: which one is in force decides what is permitted."""
    row = row_of(work, ScenarioList, subject_of(content))
    past = past_of(work, type_of_subject(content), subject_of(content), *_LIST_AFTER)
    last = {one.kind: one for one in past}
    status = _LIST_AFTER[max(past, key=lambda one: (one.at, _LIST_ORDER[one.kind])).kind]
    wanted: dict[str, object] = {
        "version_number": facts.get("version"),
        "status": status.value,
        "created_by": content.get("actor"),
        "created_at": content.get("at"),
    }
    submitted = last.get("scenarios.submitted") if status is not ListStatus.DRAFT else None
    if submitted is not None:
        wanted |= {"submitted_by": submitted.actor, "submitted_at": submitted.at}
    if status in (ListStatus.APPROVED, ListStatus.IN_FORCE, ListStatus.SUPERSEDED):
        approved = last["scenarios.approved"]
        wanted |= {"approved_by": approved.actor, "approved_at": approved.at}
    if status is not ListStatus.IN_FORCE:
        wanted |= {"in_force_slot": None}
    elif "scenarios.enforced" in last:
        enforced = last["scenarios.enforced"].facts
        wanted |= {"valid_from": enforced.get("valid_from"), "in_force_slot": row.organization_id}
        # Entries of earlier versions say nothing of the end.
        if "valid_until" in enforced and row.valid_until not in _ends(work, row, enforced["valid_until"]):
            return "ScenarioList.valid_until is not what was recorded"
    if status is ListStatus.SUPERSEDED:
        wanted |= {"valid_until": last["scenarios.superseded"].facts.get("valid_until")}
    return states(row, wanted)


def _ends(work: UnitOfWork, row: ScenarioList, planned: object) -> list[object]:
    """When a list in force may end: as it was put into force, or as an approved one takes its place."""
    recalled = exists().where(
        EvidenceEntry.organization_id == row.organization_id, EvidenceEntry.kind == "scenarios.recalled"
    )
    if work.session.scalar(select(recalled)):
        return [row.valid_until]  # One that was to take its place may be a draft again.
    following = select(ScenarioList.valid_from).where(
        ScenarioList.organization_id == row.organization_id, ScenarioList.status == ListStatus.APPROVED
    )
    return [planned, *work.session.scalars(following)]


def _list_approved(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    """The list of scenarios that was approved says the same now: its binding covers header and every rule.

    One that was recalled is a draft again, and what it says next is another approval's.
    """
    recalled = past_of(work, type_of_subject(content), subject_of(content), "scenarios.recalled")
    if any(one.at >= content["at"] for one in recalled):
        return None
    row = row_of(work, ScenarioList, subject_of(content))
    said = states(row, {"version_number": facts.get("version"), "rules_digest": facts.get("rules_sm3")})
    if said is None and list_binding(work, row) != facts.get("binding"):
        return "ScenarioList is not what was approved: its binding, over header and rules, is another one"
    return said


def _acknowledged(work: UnitOfWork, content: Content, facts: Facts) -> str | None:
    query = select(ScenarioAcknowledgement).where(
        ScenarioAcknowledgement.list_id == subject_of(content),
        ScenarioAcknowledgement.person_id == str(content.get("actor")),
    )
    stated = {
        "acknowledged_at": content.get("at"),
        "binding": facts.get("binding"),
        "entry_id": content.get("id"),
    }
    return states(work.session.scalar(query), stated)


USES = RecordedArea(
    tables=frozenset(
        {
            "document_version",
            "seal_use",
            "voided_use",
            "use_request",
            "request_document",
            "request_seal",
            "request_attachment",
            "scenario_list",
            "scenario_rule",
            "scenario_acknowledgement",
        }
    ),
    comparisons={
        "documents.uploaded": _uploaded,
        "scenarios.drafted": _list_drafted,
        "scenarios.approved": _list_approved,
        "scenarios.enforced": _list_approved,
        "scenarios.acknowledged": _acknowledged,
        "requests.created": _created,
        "requests.submitted": _submitted,
        "sealing.sealed": _used,
        "sealing.pressed": _used,
        "sealing.voided": _voided,
        "sealing.void_explained": _void_explained,
        "requests.approved": _approved,
        "requests.voided": _all_voided,
    },
    brings={
        "documents.uploaded": brings("document_version", "facts", "version"),
        "requests.created": brings("use_request", "subject", "id"),
        "scenarios.drafted": brings("scenario_list", "subject", "id"),
        "scenarios.acknowledged": brings("scenario_acknowledgement of entry", "id"),
        "sealing.sealed": brings("seal_use", "facts", "use"),
        "sealing.pressed": brings("seal_use", "facts", "use"),
        "sealing.voided": brings("voided_use", "facts", "use"),
    },
    rows=(
        ("seal_use", select(SealUse.id, SealUse.entry_id).order_by(SealUse.id)),
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
        ("use_request", select(UseRequest.id, null()).order_by(UseRequest.id)),
        ("scenario_list", select(ScenarioList.id, null()).order_by(ScenarioList.id)),
        (
            "scenario_acknowledgement of entry",
            select(ScenarioAcknowledgement.entry_id, null()).order_by(ScenarioAcknowledgement.id),
        ),
        ("voided_use", select(VoidedUse.use_id, VoidedUse.entry_id).order_by(VoidedUse.use_id)),
    ),
)
"""The rows that entries record, each with the entry it names; of the sealed files only those no use speaks of."""
