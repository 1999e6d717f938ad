"""The route of the home page."""

from __future__ import annotations

from fastapi import APIRouter

from shuangyin.approvals import queries as approvals
from shuangyin.approvals import views as approval_views
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.requests import queries as requests
from shuangyin.requests.views import summaries
from shuangyin.scenarios.queries import current as current_list
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
    has_list = current_list(work, actor.organization_id) is not None
    found = alerts(work.now, seals=seals, openings=openings, waiting=waiting, has_list=has_list)
    items = approval_views.items(work, todo)
    mine = requests.running(work, actor, limit=SHOWN)
    shown = summaries(work, mine)
    return WorkbenchOut(
        todo=[items[row.key] for row in todo],
        mine=[shown[row.id] for row in mine],
        seals=[AlertOut(level=a.level, zh=a.text.zh, en=a.text.en, link=a.link) for a in found],
        counts=WorkbenchCounts(
            todo=approvals.todo_count(work, actor),
            mine_running=requests.running_count(work, actor),
            to_seal=requests.to_seal_count(work, actor),
            openings=len(openings),
        ),
    )
