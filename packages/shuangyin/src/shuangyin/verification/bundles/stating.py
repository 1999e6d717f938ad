"""The statement of a seal use: what was sealed, with which seal, who applied, approved and sealed, under which rule.

For outsiders no person is named, and neither titles nor reasons nor comments are given.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evidencelog.anchors import AnchorReceipt
from evidencelog.bundle import Bilingual, Section, Statement, shown_time
from shuangyin.approvals import queries as approvals
from shuangyin.approvals.models import ApprovalDecision, ApprovalStep
from shuangyin.core.clock import beijing_time
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import Opening, PhysicalUse, UsePhoto
from shuangyin.documents.models import Document, DocumentVersion
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef
from shuangyin.requests.models import UseRequest
from shuangyin.sealing.models import SealUse
from shuangyin.verification.bundles.entries import Recorded, Recordings, physical_use
from shuangyin.verification.bundles.rows import Rows, words
from shuangyin.verification.queries import PublicUse, public_use

_PRESSES = ("normal", "seam", "cover", "spoiled")


@dataclass(frozen=True, slots=True)
class _Case:
    """All rows of one use; names of persons only where the bundle is not masked."""

    use: SealUse
    shown: PublicUse
    seal_facts: dict[str, Any]
    request: UseRequest
    source: DocumentVersion
    physical: PhysicalUse | None
    decisions: Sequence[tuple[ApprovalDecision, ApprovalStep]]
    people: dict[str, PersonRef]
    recordings: Recordings
    masked: bool

    @property
    def entry(self) -> Recorded:
        found = self.recordings.by_entry(self.use.entry_id)
        assert found is not None  # noqa: S101  # recordings_of refuses a use without its entry
        return found

    def person(self, person_id: str | None) -> str | None:
        """「王岚(印章保管人)」; nothing in a masked bundle."""
        found = self.people.get(person_id or "")
        if found is None or self.masked:
            return None
        return f"{found.name}({found.post})" if found.post else found.name

    def post(self, person_id: str) -> str | None:
        found = self.people.get(person_id)
        return found.post if found else None


def statement_of(
    work: UnitOfWork, use: SealUse, recordings: Recordings, receipts: Sequence[AnchorReceipt], *, masked: bool
) -> Statement:
    """The statement of one use; `receipts` are those that go into the bundle."""
    case = _case(work, use, recordings, masked=masked)
    sections = [
        _use(case),
        _seal(case),
        _document(work, case),
        _request(case),
        *_approvals(case),
        _authority(case),
        *_physical(work, case),
        *(_anchor(number, receipt) for number, receipt in enumerate(receipts, 1)),
        _records(case),
    ]
    number = words("bundle.title")
    return Statement(
        title=Bilingual(f"{number.zh} {use.number}", f"{number.en} {use.number}"),
        lead=words("bundle.lead_masked" if masked else "bundle.lead"),
        masked=masked,
        sections=tuple(section for section in sections if section.rows),
    )


def _case(work: UnitOfWork, use: SealUse, recordings: Recordings, *, masked: bool) -> _Case:
    request = work.session.get_one(UseRequest, use.request_id)
    physical = physical_use(work, use)
    steps = {step.id: step for step in approvals.steps_of(work, request.route_id)} if request.route_id else {}
    decided = [
        (_as_it_was_made(work, one), steps[one.step_id])
        for one in approvals.decisions_of(work, list(steps))
        if one.superseded_at is None
    ]
    opening = work.session.get(Opening, physical.opening_id) if physical else None
    involved = {request.applicant_id, use.presser_id, *(one.person_id for one, _ in decided)}
    if physical is not None and opening is not None:
        involved |= {physical.presser_id, physical.reviewer_id, opening.custodian_id, opening.reviewer_id}
    return _Case(
        use=use,
        shown=public_use(work, use),
        seal_facts=json.loads(use.seal_facts),
        request=request,
        source=work.session.get_one(DocumentVersion, use.source_version_id),
        physical=physical,
        decisions=decided,
        people=display(work, {one for one in involved if one}),
        recordings=recordings,
        masked=masked,
    )


def _use(case: _Case) -> Section:
    rows, entry = Rows("bundle.use"), case.entry
    rows.same("number", entry, "facts", "number")
    rows.worded("medium", entry, words(case.use.medium), "facts", "medium")
    rows.time("executed_at", entry, "facts", "executed_at")
    rows.worded("bundle.presser", entry, case.person(case.use.presser_id), "facts", "presser")
    valid = words("yes" if case.use.authority_valid else "no")
    rows.worded("authority", entry, valid, "facts", "authority_valid")
    for kind in _PRESSES:
        if case.entry.facts["presses"].get(kind):
            rows.same(f"bundle.presses.{kind}", entry, "facts", "presses", kind)
    rows.stated("use_status", words(f"use.{case.use.status}"))
    return rows.section()


def _seal(case: _Case) -> Section:
    rows, facts, shown = Rows("seal"), case.seal_facts, case.shown
    name = shown.seal_name if case.masked else str(facts["name"])
    rows.worded("seal", case.entry, name, "facts", "seal")
    rows.stated("kind", words(f"category.{shown.category}"))
    rows.worded("organization", case.entry, shown.organization, "organization")
    rows.stated("uscc", shown.uscc, code=True)
    rows.stated("bundle.seal_code", facts.get("seal_code"), code=True)
    trial = words("trial_banner") if shown.trial else None
    rows.stated("bundle.trial", trial)
    rows.stated("filing_no", shown.filing_no or words("not_filed_trial" if shown.trial else "not_filed"))
    rows.stated("filing_authority", shown.filing_authority)
    rows.stated("filed_at", _day(shown.filed_at))
    for filed in case.recordings.of_kind("seals.filed"):
        rows.time("bundle.filing_recorded", filed, "at")
    rows.worded("status_then", case.entry, words(f"status.{shown.seal_then}"), "facts", "seal_status")
    rows.stated(
        "validity",
        f"{_day(shown.valid_from) or ''} – {_day(shown.valid_until)}" if shown.valid_until else None,
    )
    return rows.section()


def _document(work: UnitOfWork, case: _Case) -> Section:
    rows, entry = Rows("bundle.document"), case.entry
    if not case.masked:
        rows.stated("bundle.document_title", work.session.get_one(Document, case.source.document_id).title)
        rows.stated("bundle.file_name", case.source.file_name)
    rows.same("digest", entry, "facts", "document_sm3")
    rows.same("bundle.source_sm3", entry, "facts", "source_sm3")
    for uploaded in case.recordings.of_kind("documents.uploaded"):
        if uploaded.facts["version"] == case.use.source_version_id:
            rows.same("bundle.source_sha256", uploaded, "facts", "sha256")
            rows.same("bundle.source_size", uploaded, "facts", "size")
            rows.same("pages", uploaded, "facts", "pages")
            rows.time("bundle.uploaded_at", uploaded, "at")
    return rows.section()


def _request(case: _Case) -> Section:
    rows, request = Rows("bundle.request"), case.request
    submitted = next(reversed(case.recordings.of_kind("requests.submitted")), None)
    if not case.masked:
        rows.same("bundle.request_number", submitted, "facts", "number")
        rows.stated("bundle.request_title", request.title)
        rows.worded("bundle.applicant", submitted, case.person(request.applicant_id), "actor")
        rows.text("bundle.reason", submitted, request.reason, "facts", "reason")
        rows.stated("bundle.counterparty", request.counterparty_name)
        rows.time("bundle.submitted_at", submitted, "at")
        rows.same("bundle.list_version", submitted, "facts", "list_version")
        for at in range(len(submitted.facts["rules"]) if submitted else 0):
            rows.same("bundle.rule", submitted, "facts", "rules", str(at))
        decision = json.loads(request.decision) if request.decision else None
        if decision is not None:
            rows.stated("bundle.decision", Bilingual(decision["sentence"]["zh"], decision["sentence"]["en"]))
    for approved in case.recordings.of_kind("requests.approved"):
        rows.time("bundle.approved_at", approved, "at")
        rows.same("bundle.binding", approved, "facts", "binding")
    return rows.section()


def _as_it_was_made(work: UnitOfWork, decision: ApprovalDecision) -> ApprovalDecision:
    """The decision that one which counts at a later step or after a resubmission stands for: its entry proves it."""
    if decision.carried_from is None:
        return decision
    return work.session.get_one(ApprovalDecision, decision.carried_from)


def _approvals(case: _Case) -> list[Section]:
    sections = []
    for decision, step in case.decisions:
        rows = Rows("bundle.approval")
        recorded = case.recordings.by_entry(decision.entry_id)
        rows.stated("bundle.step", Bilingual(step.name_zh, step.name_en))
        said = words(f"bundle.decision.{decision.decision}")
        if recorded is None:
            # Its entry holds a salted comment and is not given to outsiders.
            rows.stated("bundle.said", said)
            rows.stated("bundle.decided_at", _minute(decision.decided_at))
        rows.worded("bundle.said", recorded, said, "facts", "decision")
        rows.time("bundle.decided_at", recorded, "at")
        if case.masked:
            rows.stated("bundle.post", case.post(decision.person_id))
        else:
            rows.worded("bundle.approver", recorded, case.person(decision.person_id), "actor")
            rows.text("bundle.comment", recorded, decision.comment, "facts", "comment")
            rows.same("bundle.binding", recorded, "facts", "binding")
        sections.append(rows.section())
    return sections


def _authority(case: _Case) -> Section:
    rows = Rows("bundle.authority")
    rows.same("bundle.grant", case.entry, "facts", "grant")
    for granted in case.recordings.of_kind("authority.granted"):
        rows.same("bundle.act", granted, "facts", "act")
        rows.time("bundle.granted_from", granted, "facts", "valid_from")
        rows.time("bundle.granted_until", granted, "facts", "valid_until")
        rows.worded("bundle.granted_by", granted, case.person(str(granted.content["actor"])), "actor")
    return rows.section()


def _physical(work: UnitOfWork, case: _Case) -> list[Section]:
    physical = case.physical
    if physical is None:
        return []
    rows = Rows("bundle.physical")
    pressed = next(iter(case.recordings.of_kind("custody.pressed")), None)
    opening = work.session.get_one(Opening, physical.opening_id)
    rows.same("bundle.register_number", pressed, "facts", "number")
    rows.same("bundle.copies", pressed, "facts", "copies")
    rows.same("bundle.applied", pressed, "facts", "applied")
    for kind in _PRESSES:
        rows.same(f"bundle.presses.{kind}", pressed, "facts", kind)
    rows.time("bundle.pressed_at", pressed, "facts", "pressed_at")
    rows.worded("bundle.presser", pressed, case.person(physical.presser_id), "facts", "presser")
    rows.worded("bundle.reviewer", pressed, case.person(physical.reviewer_id), "facts", "reviewer")
    if not case.masked:
        rows.text("bundle.remark", pressed, physical.remark, "facts", "remark")
        rows.stated("bundle.opening", opening.number)
        rows.stated("bundle.custodian", case.person(opening.custodian_id))
    for opened in case.recordings.of_kind("custody.safe_opened"):
        rows.time("bundle.opened_at", opened, "at")
    for closed in case.recordings.of_kind("custody.opening_closed"):
        rows.time("bundle.closed_at", closed, "at")
    return [rows.section(), *_photos(work, case)]


def _photos(work: UnitOfWork, case: _Case) -> list[Section]:
    sections = []
    for taken in case.recordings.of_kind("custody.photo_taken"):
        rows = Rows("bundle.photo")
        photo = work.session.get_one(UsePhoto, str(taken.facts["photo"]))
        rows.worded("bundle.moment", taken, words(f"bundle.moment.{photo.moment}"), "facts", "moment")
        rows.same("bundle.photo_sm3", taken, "facts", "sm3")
        rows.time("bundle.taken_at", taken, "at")
        sections.append(rows.section())
    return sections


def _anchor(number: int, receipt: AnchorReceipt) -> Section:
    """What an outsider holds, as its receipt says it; a verifier checks the receipt itself."""
    rows = Rows("bundle.anchor")
    rows.stated("bundle.anchor.receipt", f"receipts/{number:06d}.json", code=True)
    rows.stated("bundle.anchor.kind", words(f"bundle.anchor.{receipt.kind.value}"))
    rows.stated("bundle.anchor.size", str(receipt.head.size))
    algorithm = receipt.head.imprint_algorithm or receipt.head.tree_hash
    rows.stated("bundle.anchor.algorithm", algorithm.upper())
    chain, transaction, block = receipt.chain, receipt.transaction, receipt.block
    if chain is not None:
        rows.stated("bundle.anchor.chain", " ".join(part for part in (chain.name, chain.id) if part))
        rows.stated("bundle.anchor.contract", chain.contract, code=True)
    if transaction is not None:
        rows.stated("bundle.anchor.transaction", _grouped(transaction.id), code=True)
    if block is not None:
        rows.stated("bundle.anchor.block", str(block.number))
        rows.stated("bundle.anchor.time", shown_time(block.time_ms))
    else:
        rows.stated("bundle.anchor.time", shown_time(receipt.verified_at_ms))
    rows.stated("bundle.anchor.result", words(f"bundle.anchor.result.{receipt.result}"))
    return rows.section()


def _grouped(identifier: str) -> str:
    """In groups of sixteen: a verifier takes 64 hex digits in one piece for a digest that an entry must record."""
    prefix = "0x" if identifier.startswith("0x") else ""
    digits = identifier.removeprefix("0x")
    return prefix + " ".join(digits[at : at + 16] for at in range(0, len(digits), 16))


def _records(case: _Case) -> Section:
    """Every entry of the bundle by kind and time, so that nothing in it goes unsaid."""
    rows = Rows("bundle.records")
    for one in case.recordings.all:
        rows.same("bundle.kind", one, "kind")
        rows.time("bundle.recorded_at", one, "at")
    return rows.section()


def _day(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else beijing_time(milliseconds).strftime("%Y-%m-%d")


def _minute(milliseconds: int) -> str:
    return beijing_time(milliseconds).strftime("%Y-%m-%d %H:%M UTC+8")
