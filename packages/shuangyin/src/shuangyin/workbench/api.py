"""The route of the home page."""

from __future__ import annotations

from fastapi import APIRouter

from shuangyin.approvals import queries as approvals
from shuangyin.approvals import views as approval_views
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.requests.views import summaries
from shuangyin.workbench import queries
from shuangyin.workbench.rules import alerts
from shuangyin.workbench.schemas import AlertOut, WorkbenchCounts, WorkbenchOut

router = APIRouter(prefix="/workbench", tags=["workbench"])

SHOWN = 10


@router.get("", response_model=WorkbenchOut)
def workbench(platform: PlatformOf, actor: SignedIn) -> WorkbenchOut:
    """What needs the caller now, what he waits for, and what is happening with the seals."""
    return platform.view(lambda work: _workbench(work, actor))


def _workbench(work: UnitOfWork, actor: Actor) -> WorkbenchOut:
    custody = queries.sees_custody(actor)
    waiting = queries.waiting(work, actor) if custody else []
    openings = queries.openings(work, actor) if custody else []
    seals = queries.seals(work, actor) if custody or actor.may("seals.manage") else []
    todo = approvals.todo(work, actor, after=None, limit=SHOWN)
    found = alerts(work.now, seals=seals, openings=openings, waiting=waiting)
    return WorkbenchOut(
        todo=list(approval_views.items(work, todo).values()),
        mine=summaries(work, queries.running(work, actor, limit=SHOWN)),
        seals=[AlertOut(level=a.level, zh=a.text.zh, en=a.text.en, link=a.link) for a in found],
        counts=WorkbenchCounts(
            todo=approvals.todo_count(work, actor),
            mine_running=queries.running_count(work, actor),
            to_seal=len(waiting),
            openings=len(openings),
        ),
    )
