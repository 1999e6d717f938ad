"""The route of the home page."""

from __future__ import annotations

from shuangyin.approvals import inbox as approvals
from shuangyin.approvals import views as approval_views
from shuangyin.authority.tasks import tasks_of
from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.http.access import PlatformOf, SignedIn
from shuangyin.core.http.routes import Routes
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.api import entries_out
from shuangyin.evidence.queries import all_entries
from shuangyin.evidence.schemas import EvidenceEntryOut
from shuangyin.requests import queries as requests
from shuangyin.requests.views import summaries
from shuangyin.scenarios.queries import current as current_list
from shuangyin.sealing.waiting import waiting_for
from shuangyin.seals.freezes import current_freeze
from shuangyin.workbench import queries
from shuangyin.workbench.confirm_alerts import confirm_alert
from shuangyin.workbench.finding_alerts import finding_alerts
from shuangyin.workbench.rules import (
    AuthorityFact,
    alerts,
    freeze_alert,
    seal_life_alert,
    setup_tasks,
    statement_alert,
    stuck_alert,
)
from shuangyin.workbench.schemas import AlertOut, ConfirmOut, TaskOut, WorkbenchCounts, WorkbenchOut
from shuangyin.workbench.statements import unread

router = Routes(prefix="/workbench", tags=["workbench"])

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
    in_force = current_list(work, actor.organization_id)
    has_list = in_force is not None
    failed = queries.failed_jobs(work, actor) if actor.may("jobs.manage") else 0
    frozen = current_freeze(work, actor.organization_id)
    statement = unread(work, actor) if actor.may("seals.freeze") else None
    first = [] if frozen is None else [freeze_alert(f"{beijing_time(frozen.frozen_at):%Y-%m-%d %H:%M}")]
    findings = queries.findings(work, actor)
    stuck = approvals.stuck_count(work, actor.organization_id) if actor.may("approvals.manage") else 0
    found = alerts(
        work.now,
        first=[
            *first,
            *([stuck_alert(stuck)] if stuck else []),
            *(finding_alerts(findings) if findings is not None else ()),
            *([statement_alert(statement.week)] if statement is not None else []),
            *filter(None, [seal_life_alert(queries.seal_life(work, actor))]),
        ],
        seals=seals,
        openings=openings,
        loans=[*queries.loans(work, actor), *queries.original_loans(work, actor)],
        waiting=waiting,
        has_list=has_list,
        failed_jobs=failed,
        problems=queries.log_problems(work, actor),
        in_force=queries.list_fact(work, actor, in_force),
        authority=[AuthorityFact(one.kind, one.count, one.until) for one in tasks_of(work, actor)],
    )
    items = approval_views.items(work, todo)
    mine = requests.running(work, actor, limit=SHOWN)
    shown = summaries(work, mine)
    return WorkbenchOut(
        todo=[items[row.key] for row in todo],
        to_confirm=_to_confirm(work, actor),
        mine=[shown[row.id] for row in mine],
        seals=[AlertOut(level=a.level, zh=a.text.zh, en=a.text.en, link=a.link) for a in found],
        counts=WorkbenchCounts(
            todo=approvals.todo_count(work, actor),
            mine_running=requests.running_count(work, actor),
            to_seal=len(waiting_for(work, actor)),
            to_press=requests.to_press_count(work, actor),
            openings=len(openings),
        ),
        setup=_setup(work, actor, has_list=has_list),
        entries=_entries(work, actor),
    )


def _to_confirm(work: UnitOfWork, actor: Actor) -> list[ConfirmOut]:
    told = [(one, confirm_alert(one)) for one in queries.to_confirm(work, actor)]
    return [
        ConfirmOut(level=a.level, zh=a.text.zh, en=a.text.en, link=a.link, until=one.until) for one, a in told
    ]


def _setup(work: UnitOfWork, actor: Actor, *, has_list: bool) -> list[TaskOut]:
    if not actor.may("organization.manage"):
        return []
    tasks = setup_tasks(queries.setup(work, actor, has_list=has_list))
    return [
        TaskOut(key=one.key, zh=one.text.zh, en=one.text.en, link=one.link, done=one.done) for one in tasks
    ]


def _entries(work: UnitOfWork, actor: Actor) -> list[EvidenceEntryOut]:
    if not actor.may("evidence.read_all"):
        return []
    return entries_out(work, all_entries(work, actor, after=None, limit=SHOWN))
