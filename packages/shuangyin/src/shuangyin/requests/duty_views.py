"""How the duties of requests are read and shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.models import Document, DocumentVersion
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef
from shuangyin.requests import queries
from shuangyin.requests.models import ArchiveCopy, DutyKind, RequestDuty, UseRequest
from shuangyin.requests.schemas import ArchiveCopyOut, DutyOut, OwedDutyOut

DutyState = Literal["open", "overdue"]


def duties_of(work: UnitOfWork, request_id: str) -> list[DutyOut]:
    """The duties of one request."""
    query = select(RequestDuty).where(RequestDuty.request_id == request_id).order_by(RequestDuty.kind)
    return list(_shown(work, list(work.session.scalars(query))).values())


def owed(
    work: UnitOfWork, actor: Actor, state: DutyState | None, *, before: str | None, limit: int
) -> list[tuple[RequestDuty, UseRequest]]:
    """Duties that are not fulfilled, of requests the actor sees, the newest first."""
    query = (
        select(RequestDuty, UseRequest)
        .join(UseRequest, UseRequest.id == RequestDuty.request_id)
        .where(queries.visible_to(actor), RequestDuty.fulfilled_at.is_(None))
    )
    if state == "overdue":
        query = query.where(RequestDuty.due_at <= work.now)
    if before is not None:
        query = query.where(RequestDuty.id < before)
    rows = work.session.execute(query.order_by(RequestDuty.id.desc()).limit(limit))
    return list(rows.tuples())


def owed_out(work: UnitOfWork, rows: Sequence[tuple[RequestDuty, UseRequest]]) -> dict[str, OwedDutyOut]:
    """These duties with their requests, by id."""
    duties = _shown(work, [duty for duty, _ in rows])
    people = display(work, {request.applicant_id for _, request in rows})
    return {
        duty.id: OwedDutyOut(
            id=duty.id,
            request_id=request.id,
            number=request.number,
            title=request.title,
            applicant=people.get(request.applicant_id) or PersonRef(id=request.applicant_id, name="—"),
            duty=duties[duty.id],
        )
        for duty, request in rows
    }


def _shown(work: UnitOfWork, duties: Sequence[RequestDuty]) -> dict[str, DutyOut]:
    people = display(work, {duty.fulfilled_by for duty in duties if duty.fulfilled_by})
    copies = _copies_of(work, [duty.id for duty in duties])
    return {
        duty.id: DutyOut(
            kind=DutyKind(duty.kind),
            state=_state(duty, work.now),
            compulsory=duty.compulsory,
            opened_at=duty.opened_at,
            due_at=duty.due_at,
            fulfilled_at=duty.fulfilled_at,
            fulfilled_by=people.get(duty.fulfilled_by) if duty.fulfilled_by else None,
            note=duty.note,
            copies=copies.get(duty.id, []),
        )
        for duty in duties
    }


def _state(duty: RequestDuty, now: int) -> Literal["open", "overdue", "fulfilled"]:
    if duty.fulfilled_at is not None:
        return "fulfilled"
    return "overdue" if duty.due_at is not None and duty.due_at <= now else "open"


def _copies_of(work: UnitOfWork, duty_ids: Sequence[str]) -> dict[str, list[ArchiveCopyOut]]:
    if not duty_ids:
        return {}
    rows = work.session.execute(
        select(ArchiveCopy, DocumentVersion, Document)
        .join(DocumentVersion, DocumentVersion.id == ArchiveCopy.document_version_id)
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(ArchiveCopy.duty_id.in_(duty_ids))
        .order_by(ArchiveCopy.document_version_id)
    )
    found: dict[str, list[ArchiveCopyOut]] = {}
    for copy, version, document in rows.tuples():
        found.setdefault(copy.duty_id, []).append(
            ArchiveCopyOut(
                document_version_id=version.id,
                document_id=document.id,
                title=document.title,
                file_name=version.file_name,
                sm3=copy.sm3,
            )
        )
    return found
