"""The register as a sheet: lines of the database as text for paper."""

from __future__ import annotations

from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries, views
from shuangyin.custody.register_sheet import Sheet, SheetRow
from shuangyin.custody.schemas import PhysicalUseOut
from shuangyin.organization.queries import department_names
from shuangyin.organization.queries import get as organization_of
from shuangyin.people.schemas import PersonRef
from shuangyin.requests.models import UseRequest

MAX_LINES = 2000


def sheet_of(
    work: UnitOfWork, actor: Actor, wanted: queries.RegisterFilter, *, since: str | None, until: str | None
) -> Sheet:
    """The sheet of a period, oldest line first, at most 2,000 lines."""
    actor.require("custody.read")
    lines = queries.register(work, actor.organization_id, wanted, limit=MAX_LINES)
    uses = [views.use_out(work, line) for line in reversed(lines)]
    return Sheet(
        organization=organization_of(work, actor.organization_id).name,
        period=f"{since or '启用'} 至 {until or '今日'}",
        printed_at=_time(work.now),
        total_good=sum(use.normal + use.seam + use.cover for use in uses),
        total_spoiled=sum(use.spoiled for use in uses),
        rows=[_row(work, use) for use in uses],
    )


def _row(work: UnitOfWork, use: PhysicalUseOut) -> SheetRow:
    request = work.session.get_one(UseRequest, use.request_id)
    return SheetRow(
        number=use.number,
        pressed_at=_time(use.pressed_at),
        seal_name=use.seal_name,
        seal_code=use.seal_code or "",
        title=use.title,
        request_number=use.request_number,
        reason=use.reason,
        copies=str(use.copies),
        applied=str(use.applied),
        normal=str(use.normal),
        seam=str(use.seam),
        cover=str(use.cover),
        spoiled=str(use.spoiled),
        applicant=use.applicant.name,
        department=_department(work, request.department_id),
        approvers=tuple(_named(person) for person in use.approvers),
        presser=use.presser.name,
        reviewer=use.reviewer.name,
        photo_count=str(len(use.photos)),
        photo_digest=use.photos[0].sm3[:16] if use.photos else "",
        returned_at=_time(use.returned_at) if use.returned_at else "未归位",
    )


def _department(work: UnitOfWork, department_id: str | None) -> str:
    if department_id is None:
        return ""
    return department_names(work, [department_id]).get(department_id, "")


def _named(person: PersonRef) -> str:
    return f"{person.name}({person.post})" if person.post else person.name


def _time(milliseconds: int) -> str:
    return beijing_time(milliseconds).strftime("%Y-%m-%d %H:%M")
