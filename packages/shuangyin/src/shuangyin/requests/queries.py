"""Reads of use requests. Who may see a request is part of every query."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select

from shuangyin.approvals.ports import SubjectCard
from shuangyin.approvals.queries import subjects_asked, subjects_with_open_form, subjects_with_scan
from shuangyin.authority.kinds import Act, GrantStatus
from shuangyin.authority.models import Grant, GrantTarget
from shuangyin.authority.queries import held_by
from shuangyin.authority.rules.grants import ALL, CATEGORY
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.formats import Format
from shuangyin.documents.models import DocumentVersion
from shuangyin.documents.rules import most_codes
from shuangyin.requests import errors
from shuangyin.requests.models import (
    ArchiveCopy,
    RequestAttachment,
    RequestDocument,
    RequestSeal,
    RequestStatus,
    UseRequest,
)
from shuangyin.requests.rules import (
    COVERS_DECISION,
    COVERS_WAY,
    Place,
    Qr,
    SealLine,
    Seam,
    Sheet,
    binding_of,
    decided_facts,
)
from shuangyin.seals.models import Seal

SUBJECT_TYPE = "request"
EDITABLE = frozenset({RequestStatus.DRAFT, RequestStatus.SENT_BACK, RequestStatus.WITHDRAWN})
_FOR_KEEPERS = (RequestStatus.APPROVED, RequestStatus.SEALING, RequestStatus.SEALED, RequestStatus.VOIDED)
_BOUND_WHERE_SAID = (
    "platform",
    "region",
    "contract_number",
    "amends_request_id",
    "part_of_request_id",
    "exception_rules",
    "exception_reason",
    "duplicate_reason",
    "paper_description",
    "paper_place",
    "formality_id",
)
_OF_THE_APPLICANT = (RequestStatus.DRAFT, RequestStatus.DISCARDED)
_KEEPING = ("sealing.execute", "custody.open", "custody.review")


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests a list asks for."""

    mine: bool = True
    status: str | None = None
    medium: str | None = None
    containing: str = ""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Which requests an actor sees: his own, those he is asked about, those to be sealed by his post or grant, or all.

    A draft is its applicant's alone, whatever the post.
    """
    own = UseRequest.applicant_id == actor.person_id
    if actor.is_system:
        return UseRequest.organization_id == actor.organization_id
    if actor.may("requests.read_all"):
        others: ColumnElement[bool] = UseRequest.status.not_in(_OF_THE_APPLICANT)
    else:
        keeps = any(actor.may(code) for code in _KEEPING)
        others = or_(
            UseRequest.id.in_(subjects_asked(actor.person_id, SUBJECT_TYPE)),
            and_(UseRequest.status.in_(_FOR_KEEPERS), UseRequest.id.in_(granted_to(actor))),
            UseRequest.status.in_(_FOR_KEEPERS) if keeps else false(),
        )
        others = and_(UseRequest.status.not_in(_OF_THE_APPLICANT), others)
    if actor.may("approvals.check_issue_forms"):
        # Who registers an issue form asks for it to be checked, so its checker sees the request already as a draft.
        others = or_(others, UseRequest.id.in_(subjects_with_open_form(SUBJECT_TYPE, actor.organization_id)))
    return and_(UseRequest.organization_id == actor.organization_id, or_(own, others))


def granted_to(actor: Actor) -> Select[tuple[str]]:
    """Requests for a seal that the actor may press by a grant he holds."""
    held = (
        select(GrantTarget.target)
        .join(Grant, Grant.id == GrantTarget.grant_id)
        .where(
            Grant.act == Act.PRESS,
            Grant.status == GrantStatus.ACTIVE,
            held_by(actor.person_id, actor.post_ids),
        )
    )
    return (
        select(RequestSeal.request_id)
        .join(Seal, Seal.id == RequestSeal.seal_id)
        .where(
            Seal.organization_id == actor.organization_id,
            or_(Seal.id.in_(held), (literal(CATEGORY) + Seal.category).in_(held), literal(ALL).in_(held)),
        )
    )


def get(work: UnitOfWork, actor: Actor, request_id: str) -> UseRequest:
    """One request that the actor may see. Raises NotFound, also for one that he may not see."""
    found = work.session.scalar(select(UseRequest).where(UseRequest.id == request_id, visible_to(actor)))
    if found is None:
        raise errors.no_such_request()
    return found


def may_read(work: UnitOfWork, actor: Actor, request_id: str) -> bool:
    """Whether the actor may see a request."""
    query = select(UseRequest.id).where(UseRequest.id == request_id, visible_to(actor))
    return work.session.scalar(query) is not None


def row(work: UnitOfWork, request_id: str) -> UseRequest:
    """A request that another row refers to."""
    return work.session.get_one(UseRequest, request_id)


def requests(
    work: UnitOfWork, actor: Actor, wanted: RequestFilter, *, before: str | None, limit: int
) -> list[UseRequest]:
    """Requests that the actor sees, newest first."""
    query = select(UseRequest).where(visible_to(actor))
    if wanted.mine:
        query = query.where(UseRequest.applicant_id == actor.person_id)
    if wanted.status is not None:
        query = query.where(UseRequest.status == wanted.status)
    else:
        query = query.where(UseRequest.status != RequestStatus.DISCARDED)
    if wanted.medium is not None:
        query = query.where(UseRequest.medium == wanted.medium)
    if wanted.containing:
        text = wanted.containing
        query = query.where(
            or_(
                UseRequest.title.contains(text, autoescape=True),
                UseRequest.number.contains(text, autoescape=True),
                UseRequest.counterparty_name.contains(text, autoescape=True),
            )
        )
    if before is not None:
        query = query.where(UseRequest.id < before)
    return list(work.session.scalars(query.order_by(UseRequest.id.desc()).limit(limit)))


def running(work: UnitOfWork, actor: Actor, *, limit: int) -> list[UseRequest]:
    """The actor's own requests that are under way or back with him, newest first."""
    query = select(UseRequest).where(UseRequest.organization_id == actor.organization_id, *_running_of(actor))
    return list(work.session.scalars(query.order_by(UseRequest.id.desc()).limit(limit)))


def running_count(work: UnitOfWork, actor: Actor) -> int:
    """How many of the actor's requests are under way or back with him."""
    query = select(func.count()).select_from(UseRequest).where(*_running_of(actor))
    return work.session.scalar(query) or 0


def to_press_count(work: UnitOfWork, actor: Actor) -> int:
    """How many approved requests wait for a physical seal that the actor keeps."""
    kept = (
        select(RequestSeal.request_id)
        .join(Seal, Seal.id == RequestSeal.seal_id)
        .where(Seal.keeper_person_id == actor.person_id)
    )
    query = (
        select(func.count())
        .select_from(UseRequest)
        .where(
            UseRequest.organization_id == actor.organization_id,
            UseRequest.medium == "physical",
            UseRequest.status == RequestStatus.APPROVED,
            UseRequest.id.in_(kept),
        )
    )
    return work.session.scalar(query) or 0


def documents_of(work: UnitOfWork, request_id: str) -> list[RequestDocument]:
    """The documents of a request, in order."""
    query = select(RequestDocument).where(RequestDocument.request_id == request_id)
    return list(work.session.scalars(query.order_by(RequestDocument.position)))


def attachments_of(work: UnitOfWork, request_id: str) -> list[RequestAttachment]:
    """The papers that come with a request, in order."""
    query = select(RequestAttachment).where(RequestAttachment.request_id == request_id)
    return list(work.session.scalars(query.order_by(RequestAttachment.position)))


def versions_of(work: UnitOfWork, request_id: str) -> list[tuple[RequestDocument, DocumentVersion]]:
    """The documents of a request with the versions asked for, in order."""
    rows = work.session.execute(
        select(RequestDocument, DocumentVersion)
        .join(DocumentVersion, DocumentVersion.id == RequestDocument.document_version_id)
        .where(RequestDocument.request_id == request_id)
        .order_by(RequestDocument.position)
    )
    return list(rows.tuples())


def seals_of(work: UnitOfWork, request_id: str) -> list[RequestSeal]:
    """What a request asks of its seals, in order."""
    query = select(RequestSeal).where(RequestSeal.request_id == request_id)
    return list(work.session.scalars(query.order_by(RequestSeal.position)))


def lines_of(work: UnitOfWork, request_id: str) -> list[tuple[RequestSeal, Seal]]:
    """What a request asks of its seals, with the seals, in order."""
    rows = work.session.execute(
        select(RequestSeal, Seal)
        .join(Seal, Seal.id == RequestSeal.seal_id)
        .where(RequestSeal.request_id == request_id)
        .order_by(RequestSeal.position)
    )
    return list(rows.tuples())


def sheets_of(work: UnitOfWork, request_id: str) -> list[Sheet]:
    """The documents as the rules see them."""
    return [
        Sheet(
            document.position,
            document.sm3,
            tuple((page[0], page[1]) for page in json.loads(version.page_sizes)),
            most_codes(Format(version.media_type), signed=version.signed_by_others),
        )
        for document, version in versions_of(work, request_id)
    ]


def seal_lines_of(work: UnitOfWork, request_id: str) -> list[SealLine]:
    """The seals as the rules see them."""
    return [line_of(asked, seal) for asked, seal in lines_of(work, request_id)]


def line_of(asked: RequestSeal, seal: Seal) -> SealLine:
    """One seal line as the rules see it."""
    seam = json.loads(asked.seam) if asked.seam else None
    qr = json.loads(asked.qr) if asked.qr else None
    return SealLine(
        seal_id=seal.id,
        name=seal.name,
        width_mm=seal.width_mm,
        height_mm=seal.height_mm,
        presses=asked.presses_applied,
        seam_presses=asked.seam_presses,
        places=tuple(
            Place(place["page"], place["x_mm"], place["y_mm"], place.get("document"))
            for place in json.loads(asked.placements)
        ),
        seam=Seam(seam["edge"], seam["y_mm"]) if seam else None,
        qr=Qr(qr["page"], qr["x_mm"], qr["y_mm"], qr["size_mm"]) if qr else None,
    )


def current_binding(work: UnitOfWork, request: UseRequest) -> str:
    """What approvals of this request would be bound to now, recomputed from its rows."""
    facts: dict[str, object] = {
        "request": request.id,
        "document_kind": request.document_kind,
        "matter": request.matter,
        "amount_minor": request.amount_minor,
        "currency": request.currency,
        "counterparty": request.counterparty_id,
        "counterparty_name": request.counterparty_name,
        "copies": request.copies,
        "medium": request.medium,
    }
    # What requests learned to say later is bound where it is said, so that older bindings stay what they were.
    said = {name: getattr(request, name) for name in _BOUND_WHERE_SAID}
    facts |= {name: value for name, value in said.items() if value is not None}
    attached = [[one.kind, one.sm3] for one in attachments_of(work, request.id)]
    if attached:
        facts["attachments"] = attached
    if request.binding_covers >= COVERS_WAY:
        facts |= {"channel": request.channel, "department": request.department_id}
    if request.binding_covers >= COVERS_DECISION:
        facts |= decided_facts(request.decision, request.list_version, high_risk=request.high_risk)
    return binding_of(facts, sheets_of(work, request.id), seal_lines_of(work, request.id))


def reads_document(work: UnitOfWork, actor: Actor, document_id: str) -> bool:
    """Whether a request that the actor sees names a version of this document, to be sealed, attached or filed."""
    query = (
        select(UseRequest.id)
        .join(RequestDocument, RequestDocument.request_id == UseRequest.id)
        .join(DocumentVersion, DocumentVersion.id == RequestDocument.document_version_id)
        .where(DocumentVersion.document_id == document_id, visible_to(actor))
        .limit(1)
    )
    if work.session.scalar(query) is not None:
        return True
    filed = (
        select(UseRequest.id)
        .join(ArchiveCopy, ArchiveCopy.request_id == UseRequest.id)
        .join(DocumentVersion, DocumentVersion.id == ArchiveCopy.document_version_id)
        .where(DocumentVersion.document_id == document_id, visible_to(actor))
        .limit(1)
    )
    if work.session.scalar(filed) is not None:
        return True
    attached = (
        select(UseRequest.id)
        .join(RequestAttachment, RequestAttachment.request_id == UseRequest.id)
        .join(DocumentVersion, DocumentVersion.id == RequestAttachment.document_version_id)
        .where(DocumentVersion.document_id == document_id, visible_to(actor))
        .limit(1)
    )
    if work.session.scalar(attached) is not None:
        return True
    # The scan of a 签发单 is read by whoever sees the request that it approves, before all by who checks it.
    versions = select(DocumentVersion.id).where(DocumentVersion.document_id == document_id)
    formed = subjects_with_scan(SUBJECT_TYPE, actor.organization_id, versions)
    scans = select(UseRequest.id).where(UseRequest.id.in_(formed), visible_to(actor)).limit(1)
    return work.session.scalar(scans) is not None


def seal_names(work: UnitOfWork, request_ids: Collection[str]) -> dict[str, list[str]]:
    """The names of the seals of several requests."""
    rows = work.session.execute(
        select(RequestSeal.request_id, Seal.name)
        .join(Seal, Seal.id == RequestSeal.seal_id)
        .where(RequestSeal.request_id.in_(set(request_ids)))
        .order_by(RequestSeal.position)
    ).tuples()
    names: dict[str, list[str]] = {request_id: [] for request_id in request_ids}
    for request_id, name in rows:
        names[request_id].append(name)
    return names


def cards(work: UnitOfWork, request_ids: Collection[str]) -> Mapping[str, SubjectCard]:
    """What a list of approvals shows of these requests."""
    names = seal_names(work, request_ids)
    rows = work.session.scalars(select(UseRequest).where(UseRequest.id.in_(set(request_ids))))
    return {
        one.id: SubjectCard(
            number=one.number,
            applicant_id=one.applicant_id,
            document_kind=one.document_kind,
            amount_minor=one.amount_minor,
            currency=one.currency,
            medium=one.medium,
            seal_names=tuple(names[one.id]),
            counterparty_name=one.counterparty_name,
            high_risk=one.high_risk,
            status=one.status,
        )
        for one in rows
    }


def _running_of(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    under_way = (
        RequestStatus.IN_APPROVAL,
        RequestStatus.APPROVED,
        RequestStatus.SEALING,
        RequestStatus.SENT_BACK,
    )
    return (UseRequest.applicant_id == actor.person_id, UseRequest.status.in_(under_way))
