"""The home page of one person, read in one transaction."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from shuangyin.approvals import queries as approvals
from shuangyin.approvals import views as approval_views
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import Opening, OpeningStatus
from shuangyin.requests import queries as requests
from shuangyin.requests.views import summaries
from shuangyin.scenarios.queries import current
from shuangyin.seals.models import Seal
from shuangyin.workbench.rules import SealState, alerts_of
from shuangyin.workbench.schemas import WorkbenchAlert, WorkbenchCounts, WorkbenchOut

SHOWN = 10
"""How many of each the home page shows; the rest is in the lists."""


def home(work: UnitOfWork, actor: Actor) -> WorkbenchOut:
    """What needs the actor, what he waits for, alerts and counts."""
    todo = approvals.todo(work, actor, after=None, limit=SHOWN)
    items = approval_views.items(work, todo)
    mine = requests.running(work, actor, limit=SHOWN)
    shown = summaries(work, mine)
    return WorkbenchOut(
        todo=[items[row.key] for row in todo],
        mine=[shown[row.id] for row in mine],
        seals=_alerts(work, actor),
        counts=WorkbenchCounts(
            todo=approvals.todo_count(work, actor),
            mine_running=requests.running_count(work, actor),
            to_seal=requests.to_seal_count(work, actor),
            openings=_openings(work, actor),
        ),
    )


def _alerts(work: UnitOfWork, actor: Actor) -> list[WorkbenchAlert]:
    found = []
    if current(work, actor.organization_id) is None:
        found.append(
            WorkbenchAlert(
                level="warning",
                code="NO_LIST_IN_FORCE",
                zh="用印场景清单尚未生效,暂不能提交用印申请。",
                en="No scenario list is in force yet, so no application can be submitted.",
                link="/scenarios",
            )
        )
    if not actor.may("seals.read"):
        return found
    seals = work.session.scalars(
        select(Seal).where(Seal.organization_id == actor.organization_id).order_by(Seal.id)
    )
    for seal in seals:
        state = SealState(seal.id, seal.name, seal.status, seal.whereabouts, seal.valid_until)
        found.extend(
            WorkbenchAlert(
                level=one.level, code=one.code, zh=one.text.zh, en=one.text.en, link=f"/seals/{one.seal_id}"
            )
            for one in alerts_of(state, work.now)
        )
    return found


def _openings(work: UnitOfWork, actor: Actor) -> int:
    query = (
        select(func.count())
        .select_from(Opening)
        .where(
            Opening.organization_id == actor.organization_id,
            Opening.status.in_((OpeningStatus.PENDING, OpeningStatus.OPEN)),
        )
    )
    if not actor.may("custody.read"):
        query = query.where(
            or_(Opening.custodian_id == actor.person_id, Opening.reviewer_id == actor.person_id)
        )
    return work.session.scalar(query) or 0
