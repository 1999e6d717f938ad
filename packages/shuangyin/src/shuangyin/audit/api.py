"""Routes of monthly audits (月度审计) and their findings (问题)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from shuangyin.audit import commands, queries
from shuangyin.audit.schemas import (
    AlarmFindings,
    FindingAnswer,
    FindingOut,
    Findings,
    FindingSettlement,
    MonthlyAuditOut,
    NewAudit,
    RectificationReport,
)
from shuangyin.audit.table import tabulate
from shuangyin.audit.views import alarm_findings_out, audit_out, findings_out
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.schemas import Id

router = Routes(tags=["audit"])

Reader = Annotated[Actor, access(queries.READ)]
Auditor = Annotated[Actor, access(commands.CONDUCT)]
Answerer = Annotated[Actor, access(commands.ANSWER)]


@router.get("/audits", response_model=Page[MonthlyAuditOut])
def list_audits(
    platform: PlatformOf, actor: Reader, limit: Limit = 24, cursor: Cursor = None
) -> Page[MonthlyAuditOut]:
    """Monthly audits, the latest month first."""

    def query(work: UnitOfWork) -> Page[MonthlyAuditOut]:
        rows = queries.audits(work, actor, before=read_cursor(cursor), limit=limit + 1)
        return page_of(
            rows, limit, lambda row: row.month, lambda row: audit_out(work, actor, row, alone=False)
        )

    return platform.view(query)


@router.post("/audits", status_code=201, response_model=MonthlyAuditOut)
def open_audit(body: NewAudit, actor: Auditor, write: Write) -> MonthlyAuditOut | Response:
    """Open the audit of a month and take in every difference of the accounts noticed before its end."""
    return write.run(
        actor,
        lambda work: audit_out(work, actor, commands.open_audit(work, actor, body.month)),
        status=201,
    )


@router.get("/audits/{audit_id}", response_model=MonthlyAuditOut)
def read_audit(audit_id: Id, platform: PlatformOf, actor: Reader) -> MonthlyAuditOut:
    """One audit; while it is open with the differences that wait to be taken in."""
    return platform.view(lambda work: audit_out(work, actor, queries.get(work, actor, audit_id)))


@router.post("/audits/{audit_id}/take-in", response_model=MonthlyAuditOut)
def take_in(
    audit_id: Id, actor: Auditor, write: Write, expected: ExpectedVersion
) -> MonthlyAuditOut | Response:
    """Take in the differences that were noticed since."""
    return write.run(
        actor,
        lambda work: audit_out(work, actor, commands.take_in(work, actor, audit_id, expected=expected)),
    )


@router.post("/audits/{audit_id}/close", response_model=MonthlyAuditOut)
def close_audit(
    audit_id: Id, actor: Auditor, write: Write, expected: ExpectedVersion
) -> MonthlyAuditOut | Response:
    """Close an audit; what is not settled goes on into the next."""
    return write.run(
        actor,
        lambda work: audit_out(work, actor, commands.close_audit(work, actor, audit_id, expected=expected)),
    )


@router.get("/audits/{audit_id}/findings", response_model=Findings)
def list_findings(audit_id: Id, platform: PlatformOf, actor: Reader) -> Findings:
    """What stands in an audit: what it took in, and what was not settled before."""
    return platform.view(lambda work: Findings(items=_standing(work, actor, audit_id)))


@router.get("/audits/{audit_id}/findings.csv", response_class=Response)
def findings_csv(audit_id: Id, platform: PlatformOf, actor: Reader) -> Response:
    """The findings of an audit as a table for other programs: CSV in UTF-8."""
    content = platform.view(lambda work: tabulate(_standing(work, actor, audit_id)))
    headers = {"Content-Disposition": 'attachment; filename="findings.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/audit-findings", response_model=AlarmFindings)
def findings_of_alarms(
    platform: PlatformOf,
    actor: Reader,
    alarm_id: Annotated[list[Id], Query(description="The alarms they are of.", min_length=1, max_length=200)],
) -> AlarmFindings:
    """The findings of the differences that alarms told of; none before an audit took them in."""
    return platform.view(lambda work: alarm_findings_out(queries.findings_of_alarms(work, actor, alarm_id)))


@router.get("/audit-findings/{finding_id}", response_model=FindingOut)
def read_finding(finding_id: Id, platform: PlatformOf, actor: Reader) -> FindingOut:
    """One finding."""
    return platform.view(
        lambda work: findings_out(work, actor, [queries.finding(work, actor, finding_id)])[0]
    )


@router.post("/audit-findings/{finding_id}/answer", response_model=FindingOut)
def answer(
    finding_id: Id, body: FindingAnswer, actor: Answerer, write: Write, expected: ExpectedVersion
) -> FindingOut | Response:
    """Say who is responsible, the cause, and what is done until when; also anew until it is settled."""
    return write.run(
        actor,
        lambda work: findings_out(
            work, actor, [commands.answer(work, actor, finding_id, body, expected=expected)]
        )[0],
    )


@router.post("/audit-findings/{finding_id}/rectified", response_model=FindingOut)
def report_rectified(
    finding_id: Id, body: RectificationReport, actor: Answerer, write: Write, expected: ExpectedVersion
) -> FindingOut | Response:
    """Report that the measures were taken."""
    return write.run(
        actor,
        lambda work: findings_out(
            work, actor, [commands.report_rectified(work, actor, finding_id, body.note, expected=expected)]
        )[0],
    )


@router.post("/audit-findings/{finding_id}/settle", response_model=FindingOut)
def settle(
    finding_id: Id, body: FindingSettlement, actor: Auditor, write: Write, expected: ExpectedVersion
) -> FindingOut | Response:
    """Settle a finding as explained or as rectified; never by who answered for it."""
    return write.run(
        actor,
        lambda work: findings_out(
            work, actor, [commands.settle(work, actor, finding_id, body, expected=expected)]
        )[0],
    )


def _standing(work: UnitOfWork, actor: Actor, audit_id: str) -> list[FindingOut]:
    return findings_out(work, actor, queries.findings(work, queries.get(work, actor, audit_id)))
