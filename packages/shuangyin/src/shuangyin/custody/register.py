"""The register as a sheet: lines of the database as text for paper."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from shuangyin.approvals.models import ApprovalDecision
from shuangyin.approvals.queries import approvals_of
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries, views
from shuangyin.custody.checklist_models import PressCheck
from shuangyin.custody.checklist_queries import checks_out
from shuangyin.custody.checklist_schemas import PressCheckOut
from shuangyin.custody.models import Loan, Opening, Safe
from shuangyin.custody.register_sheet import Sheet, SheetRow
from shuangyin.custody.schemas import PhysicalUseOut
from shuangyin.custody.typesetting import named, time_of
from shuangyin.organization.queries import department_names
from shuangyin.organization.queries import get as organization_of
from shuangyin.people.queries import display
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
        printed_at=time_of(work.now),
        total_good=sum(use.normal + use.seam + use.cover for use in uses),
        total_spoiled=sum(use.spoiled for use in uses),
        rows=[_row(work, use) for use in uses],
    )


def _row(work: UnitOfWork, use: PhysicalUseOut) -> SheetRow:
    request = work.session.get_one(UseRequest, use.request_id)
    check = _check_before(work, use)
    return SheetRow(
        number=use.number,
        pressed_at=time_of(use.pressed_at),
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
        approvers=_signatures(work, approvals_of(work, request.route_id)),
        presser=use.presser.name,
        reviewer=use.reviewer.name,
        supervisor=check.supervisor.name if check is not None and check.supervisor is not None else "",
        place=_place(work, use),
        checked="" if check is None else "四项相符" if check.passed else "有不符项",
        photo_count=str(len(use.photos)),
        photo_digest=use.photos[0].sm3[:16] if use.photos else "",
        returned_at=time_of(use.returned_at) if use.returned_at else "未归位",
    )


def _department(work: UnitOfWork, department_id: str | None) -> str:
    if department_id is None:
        return ""
    return department_names(work, [department_id]).get(department_id, "")


def _signatures(work: UnitOfWork, decisions: Sequence[ApprovalDecision]) -> tuple[str, ...]:
    """The approvers' signatures: who decided, for whom, when, and the entry of the log that shows it."""
    people = display(work, [id_ for one in decisions for id_ in (one.person_id, one.on_behalf_of) if id_])

    def signature(one: ApprovalDecision) -> str:
        who = named(people[one.person_id])
        if one.on_behalf_of:
            who = f"{who} 代 {people[one.on_behalf_of].name}"
        return f"{who} {time_of(one.decided_at)} 同意 存证 {one.entry_id[-12:]}"

    return tuple(signature(one) for one in decisions)


def _check_before(work: UnitOfWork, use: PhysicalUseOut) -> PressCheckOut | None:
    """The check of the paper that counted when it was pressed; none under a paper permit."""
    if use.loan_id is None and use.opening_id is None:
        return None
    column, occasion = (
        (PressCheck.loan_id, use.loan_id) if use.loan_id else (PressCheck.opening_id, use.opening_id)
    )
    query = (
        select(PressCheck)
        .where(column == occasion, PressCheck.request_id == use.request_id)
        .where(PressCheck.checked_at <= use.pressed_at)
        .order_by(PressCheck.id.desc())
    )
    found = work.session.scalars(query).first()
    return None if found is None else checks_out(work, [found])[0]


def _place(work: UnitOfWork, use: PhysicalUseOut) -> str:
    """Where it was pressed: the place of the loan, or that of the safe."""
    if use.loan_id is not None:
        return work.session.get_one(Loan, use.loan_id).place
    if use.opening_id is not None:
        return work.session.get_one(Safe, work.session.get_one(Opening, use.opening_id).safe_id).place
    return "备用许可"
