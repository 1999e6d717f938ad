"""What is to be done about a seal because of something that happened to another, or outside."""

from __future__ import annotations

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.seals import life_errors, queries
from shuangyin.seals.models import Seal, SealTask
from shuangyin.seals.rules.life import HELD
from shuangyin.seals.rules.tasks import TaskKind, fulfilled, task_for_counterpart


def raise_task(
    work: UnitOfWork,
    actor: Actor,
    kind: TaskKind,
    *,
    seal_id: str | None = None,
    cause_seal_id: str | None = None,
    detail: str | None = None,
    about_id: str | None = None,
) -> SealTask | None:
    """Ask that something be done; None when the same is asked already.

    `about_id` tells apart what is asked because of several persons: what one of them left is not what the other did.
    """
    slot = f"{kind}:{seal_id or actor.organization_id}"
    if about_id is not None:
        slot = f"{slot}:{about_id}"
    work.session.flush()
    if work.session.scalar(select(SealTask.id).where(SealTask.slot == slot)) is not None:
        return None
    task = SealTask(
        id=work.new_id(),
        organization_id=actor.organization_id,
        seal_id=seal_id,
        kind=kind,
        cause_seal_id=cause_seal_id,
        detail=detail,
        slot=slot,
        raised_at=work.now,
    )
    work.session.add(task)
    work.session.flush()
    facts: dict[str, JsonValue] = {"task": task.id, "kind": kind.value, "cause": cause_seal_id}
    _record(work, actor, task, "seals.task_raised", facts)
    return task


def tell_counterpart(work: UnitOfWork, actor: Actor, seal: Seal, kind: TaskKind | None = None) -> None:
    """Raise the task for the seal of the other medium, unless it stands as this one does already."""
    if seal.counterpart_id is None:
        return
    wanted = kind or task_for_counterpart(seal.status)
    other = work.session.get_one(Seal, seal.counterpart_id)
    if wanted is None or other.status not in HELD or fulfilled(wanted, other.status):
        return
    raise_task(work, actor, wanted, seal_id=other.id, cause_seal_id=seal.id)


def settle_tasks(work: UnitOfWork, actor: Actor, seal: Seal) -> None:
    """End the tasks of a seal that its present status fulfils."""
    open_ones = select(SealTask).where(SealTask.seal_id == seal.id, SealTask.done_at.is_(None))
    for task in list(work.session.scalars(open_ones)):
        if fulfilled(TaskKind(task.kind), seal.status):
            _end(work, actor, task)


def end_tasks(work: UnitOfWork, actor: Actor, seal_id: str, kind: TaskKind) -> None:
    """End the open tasks of one kind about a seal."""
    query = select(SealTask).where(
        SealTask.seal_id == seal_id, SealTask.kind == kind, SealTask.done_at.is_(None)
    )
    for task in list(work.session.scalars(query)):
        _end(work, actor, task)


def end_tasks_of_organization(work: UnitOfWork, actor: Actor, kind: TaskKind) -> None:
    """End the open task of one kind that is about no single seal."""
    query = select(SealTask).where(SealTask.slot == f"{kind}:{actor.organization_id}")
    for task in list(work.session.scalars(query)):
        _end(work, actor, task)


def finish_task(work: UnitOfWork, actor: Actor, task_id: str, *, note: str) -> SealTask:
    """Say that a task needs nothing more, and why. Raises NotFound, Conflict (SEAL_TASK_DONE)."""
    actor.require("seals.manage")
    task = work.session.get(SealTask, task_id)
    if task is None or task.organization_id != actor.organization_id:
        raise life_errors.no_such_task()
    if task.done_at is not None:
        raise life_errors.task_done()
    if task.seal_id is not None:
        queries.get(work, actor.organization_id, task.seal_id)
    _end(work, actor, task, note=note)
    return task


def _end(work: UnitOfWork, actor: Actor, task: SealTask, *, note: str | None = None) -> None:
    task.slot, task.done_at, task.done_by = None, work.now, actor.person_id
    facts: dict[str, JsonValue] = {"task": task.id, "kind": task.kind}
    if note is not None:
        facts["note"] = dict(digest_of(note))
    _record(work, actor, task, "seals.task_done", facts)
    work.session.flush()


def _record(work: UnitOfWork, actor: Actor, task: SealTask, kind: str, facts: dict[str, JsonValue]) -> None:
    about = ("seal", task.seal_id) if task.seal_id else ("organization", task.organization_id)
    record(work, actor, kind=kind, subject_type=about[0], subject_id=about[1], facts=facts)
