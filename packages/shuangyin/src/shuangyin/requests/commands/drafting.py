"""Begin a request and change it before it is submitted."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import delete

from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.numbers import next_number
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.queries import readable_version
from shuangyin.evidence.commands import record
from shuangyin.organization.queries import counterparty
from shuangyin.people.queries import person
from shuangyin.reference.queries import paper_kind
from shuangyin.requests import errors, queries
from shuangyin.requests.adding_up import require_related
from shuangyin.requests.models import (
    RequestAttachment,
    RequestDocument,
    RequestSeal,
    RequestStatus,
    UseRequest,
)
from shuangyin.requests.rules import COVERS_NOW, Sheet, whole_seals
from shuangyin.requests.schemas import (
    AttachmentBody,
    ExceptionBody,
    NewRequest,
    RequestChange,
    RequestReplacement,
    RequestSealBody,
)
from shuangyin.scenarios.queries import allowed_media, decide_for, facts_of, require_kind
from shuangyin.scenarios.schemas import DecisionFacts
from shuangyin.seals.models import Seal
from shuangyin.seals.queries import get as seal_of

NUMBER_PREFIX = "用印"
_OPTIONAL = (
    "matter",
    "channel",
    "amount_minor",
    "platform",
    "region",
    "contract_number",
    "amends_request_id",
    "part_of_request_id",
    "duplicate_reason",
    "paper_description",
    "paper_place",
    "formality_id",
)
"""Fields that a change may also empty."""


def create(work: UnitOfWork, actor: Actor, new: NewRequest) -> UseRequest:
    """Begin a draft; it may be incomplete. Raises Invalid, NotFound for what it names and the actor cannot see."""
    actor.require("requests.apply")
    require_kind(new.document_kind)
    request = UseRequest(
        id=work.new_id(),
        organization_id=actor.organization_id,
        number=next_number(work, actor.organization_id, NUMBER_PREFIX),
        status=RequestStatus.DRAFT,
        applicant_id=actor.person_id,
        department_id=person(work, actor.organization_id, actor.person_id).department_id,
        title=new.title,
        document_kind=new.document_kind,
        matter=new.matter,
        channel=new.channel,
        reason=new.reason,
        amount_minor=new.amount_minor,
        currency=new.currency,
        counterparty_id=None,
        counterparty_name=new.counterparty_name,
        copies=new.copies,
        medium=new.medium or "electronic",
        high_risk=False,
        binding_covers=COVERS_NOW,
        created_at=work.now,
        changes=0,
        platform=new.platform,
        region=new.region,
        contract_number=new.contract_number,
        amends_request_id=new.amends_request_id,
        part_of_request_id=new.part_of_request_id,
        duplicate_reason=new.duplicate_reason,
        paper_description=new.paper_description,
        paper_place=new.paper_place,
        formality_id=new.formality_id,
    )
    _ask_exception(request, new.exception)
    require_related(work, actor, request)
    _name_counterparty(work, actor, request, new.counterparty_id)
    if new.medium is None:
        request.medium = _decided_medium(work, actor, request)
    work.session.add(request)
    work.session.flush()
    write_documents(work, actor, request, new.document_version_ids)
    _write_seals(work, actor, request, new.seals)
    _write_attachments(work, actor, request, new.attachments)
    record(
        work,
        actor,
        kind="requests.created",
        subject_type=queries.SUBJECT_TYPE,
        subject_id=request.id,
        facts={"number": request.number, "document_kind": request.document_kind, "medium": request.medium},
    )
    return request


def change(
    work: UnitOfWork, actor: Actor, request_id: str, change: RequestChange, expected: int | None
) -> UseRequest:
    """Change a draft, or a request that was sent back or withdrawn.

    Raises Conflict for any other state: what was approved is never changed. Raises Stale for an old version.
    """
    request = own(work, actor, request_id, expected)
    require_editable(request)
    given = change.model_fields_set
    for field in ("title", "document_kind", "reason", "currency", "copies", "medium", "counterparty_name"):
        value = getattr(change, field)
        if field in given and value is not None:
            setattr(request, field, value)
    for field in _OPTIONAL:
        if field in given:
            setattr(request, field, getattr(change, field))
    if "exception" in given:
        _ask_exception(request, change.exception)
    require_related(work, actor, request)
    require_kind(request.document_kind)
    if "counterparty_id" in given:
        _name_counterparty(work, actor, request, change.counterparty_id)
    if change.document_version_ids is not None:
        work.session.execute(delete(RequestDocument).where(RequestDocument.request_id == request.id))
        write_documents(work, actor, request, change.document_version_ids)
    if change.attachments is not None:
        work.session.execute(delete(RequestAttachment).where(RequestAttachment.request_id == request.id))
        _write_attachments(work, actor, request, change.attachments)
    if change.seals is not None or "medium" in given:
        seals = bodies_of(work, request) if change.seals is None else change.seals
        work.session.execute(delete(RequestSeal).where(RequestSeal.request_id == request.id))
        _write_seals(work, actor, request, seals)
    request.changes += 1
    work.session.flush()
    # A draft saves itself every few seconds, and nobody but its author sees it: submission records what counts.
    return request


def change_content(work: UnitOfWork, actor: Actor, request: UseRequest, change: RequestReplacement) -> None:
    """Put other documents, places or counts into a request; its seals stay the ones they were.

    Raises Conflict (OTHER_SEALS).
    """
    if change.copies is not None:
        request.copies = change.copies
    if change.document_version_ids is not None:
        work.session.execute(delete(RequestDocument).where(RequestDocument.request_id == request.id))
        write_documents(work, actor, request, change.document_version_ids)
    if change.seals is not None:
        kept = {one.seal_id for one in queries.seals_of(work, request.id)}
        if {one.seal_id for one in change.seals} != kept:
            raise errors.other_seals()
        work.session.execute(delete(RequestSeal).where(RequestSeal.request_id == request.id))
        _write_seals(work, actor, request, change.seals)
    request.changes += 1
    work.session.flush()


def own(work: UnitOfWork, actor: Actor, request_id: str, expected: int | None) -> UseRequest:
    """The actor's own request. Raises NotFound, Stale."""
    request = queries.get(work, actor, request_id)
    if request.applicant_id != actor.person_id:
        raise errors.no_such_request()
    if expected is not None and expected != request.version:
        raise stale_version()
    return request


def require_editable(request: UseRequest) -> None:
    """Raises Conflict (REQUEST_STATE) unless the request is a draft, sent back or withdrawn."""
    if request.status not in queries.EDITABLE:
        raise errors.wrong_state(request.status)


def facts_for(request: UseRequest) -> DecisionFacts:
    """What the scenario list is asked about a request."""
    return DecisionFacts(
        document_kind=request.document_kind,
        matter=request.matter,
        channel=request.channel,
        amount_minor=request.amount_minor,
        currency=request.currency,
        counterparty_id=request.counterparty_id,
        department_id=request.department_id,
        platform=request.platform,
        region=request.region,
    )


def bodies_of(work: UnitOfWork, request: UseRequest) -> list[RequestSealBody]:
    """The seals of a request as they are sent."""
    return [
        RequestSealBody.model_validate_json(
            f'{{"seal_id":"{line.seal_id}","presses_applied":{line.presses_applied},'
            f'"seam_presses":{line.seam_presses},"placements":{line.placements},'
            f'"seam":{line.seam or "null"},"qr":{line.qr or "null"}}}'
        )
        for line in queries.seals_of(work, request.id)
    ]


def _decided_medium(work: UnitOfWork, actor: Actor, request: UseRequest) -> str:
    decided = decide_for(
        work, actor.organization_id, facts_of(work, actor, facts_for(request)), explain=False
    )
    return allowed_media(decided.decision)[0]


def _name_counterparty(
    work: UnitOfWork, actor: Actor, request: UseRequest, counterparty_id: str | None
) -> None:
    request.counterparty_id = counterparty_id
    if counterparty_id is not None:
        request.counterparty_name = counterparty(work, actor, counterparty_id).name


def write_documents(work: UnitOfWork, actor: Actor, request: UseRequest, version_ids: Sequence[str]) -> None:
    """Write the documents of a request, in order. Raises Invalid (DOCUMENT_TWICE), NotFound."""
    if len(set(version_ids)) != len(version_ids):
        raise errors.document_twice()
    for position, version_id in enumerate(version_ids, start=1):
        version = readable_version(work, actor, version_id)
        work.session.add(
            RequestDocument(
                request_id=request.id,
                document_version_id=version.id,
                organization_id=request.organization_id,
                sm3=version.sm3,
                position=position,
            )
        )
    work.session.flush()


def _ask_exception(request: UseRequest, exception: ExceptionBody | None) -> None:
    request.exception_rules = json.dumps(sorted(set(exception.rule_ids))) if exception else None
    request.exception_reason = exception.reason if exception else None


def _write_attachments(
    work: UnitOfWork, actor: Actor, request: UseRequest, attachments: Sequence[AttachmentBody]
) -> None:
    if len({one.document_version_id for one in attachments}) != len(attachments):
        raise errors.attachment_twice()
    for position, one in enumerate(attachments, start=1):
        if paper_kind(one.kind) is None:
            raise errors.unknown_paper_kind(one.kind)
        version = readable_version(work, actor, one.document_version_id)
        work.session.add(
            RequestAttachment(
                request_id=request.id,
                document_version_id=version.id,
                organization_id=request.organization_id,
                kind=one.kind,
                sm3=version.sm3,
                position=position,
            )
        )
    work.session.flush()


def _write_seals(
    work: UnitOfWork, actor: Actor, request: UseRequest, seals: Sequence[RequestSealBody]
) -> None:
    if len({one.seal_id for one in seals}) != len(seals):
        raise errors.seal_twice()
    electronic = request.medium == "electronic"
    sheets = queries.sheets_of(work, request.id)
    for position, one in enumerate(seals, start=1):
        seal = seal_of(work, actor.organization_id, one.seal_id)
        presses, seams = _counts_on_paper(one, seal, sheets, request.copies)
        work.session.add(
            RequestSeal(
                id=work.new_id(),
                organization_id=request.organization_id,
                request_id=request.id,
                seal_id=seal.id,
                position=position,
                # An electronic seam over any number of pages counts once.
                presses_applied=len(one.placements) if electronic else presses,
                seam_presses=int(one.seam is not None) if electronic else seams,
                placements=f"[{','.join(place.model_dump_json(exclude_none=True) for place in one.placements)}]",
                seam=one.seam.model_dump_json() if one.seam else None,
                qr=one.qr.model_dump_json() if one.qr else None,
            )
        )
    work.session.flush()


def _counts_on_paper(
    body: RequestSealBody, seal: Seal, sheets: Sequence[Sheet], copies: int
) -> tuple[int, int]:
    """Presses and seam presses of a physical seal: what was said, or what every copy takes."""
    # A place that names no document is on every one.
    places = sum(max(1, len(sheets)) if place.document is None else 1 for place in body.placements)
    on_each = places or int(body.seam is None)
    seams = whole_seals(body.seam.edge, sheets, seal.width_mm, seal.height_mm) if body.seam else 0
    return (
        on_each * copies if body.presses_applied is None else body.presses_applied,
        seams * copies if body.seam_presses is None else body.seam_presses,
    )
