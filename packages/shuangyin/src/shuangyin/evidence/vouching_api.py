"""Routes for those who watch the log: its state, and audits."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import Write
from shuangyin.evidence import vouching
from shuangyin.evidence.audit_runs import ask_for_audit, run_of
from shuangyin.evidence.schemas import AuditAsked, AuditOut, AuditRunOut, LogStateOut

router = Routes(prefix="/evidence", tags=["evidence"])

Watcher = Annotated[Actor, access("evidence.watch")]
Auditor = Annotated[Actor, access("evidence.audit")]


@router.get("/log", response_model=LogStateOut)
def log_state(platform: PlatformOf, _actor: Watcher) -> LogStateOut:
    """The newest signed heads of the log and its twin, public keys, witnesses, problems and the last audit."""
    return platform.view(vouching.log_state)


@router.get("/audits", response_model=Page[AuditOut])
def list_audits(
    platform: PlatformOf, actor: Watcher, limit: Limit = 20, cursor: Cursor = None
) -> Page[AuditOut]:
    """Full audits that ended, newest first, each with what it found."""
    before = read_cursor(cursor)
    found = platform.view(
        lambda work: vouching.audits(work, actor.organization_id, before=before, limit=limit + 1)
    )
    return page_of(found, limit, lambda one: one.id, lambda one: one)


@router.post("/audits", response_model=AuditRunOut, status_code=202)
def begin_audit(actor: Auditor, write: Write, asked: AuditAsked | None = None) -> AuditRunOut | Response:
    """Audit the whole log now, in the background; one that waits or runs already is not doubled.

    With `objects` every stored file is read and compared with the digest that was recorded of it."""
    return write.run(
        actor,
        lambda work: ask_for_audit(work, actor, objects=asked is not None and asked.objects),
        status=202,
    )


@router.get("/audits/runs/{run_id}", response_model=AuditRunOut)
def audit_run(run_id: str, platform: PlatformOf, _actor: Watcher) -> AuditRunOut:
    """How far an audit is that was asked for."""
    return platform.view(lambda work: run_of(work, run_id))
