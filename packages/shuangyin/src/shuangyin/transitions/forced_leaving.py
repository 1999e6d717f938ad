"""A person leaves at once although something is still to be settled: only the head of the organization can order it.

Whoever will not come back to return a seal keeps no access for that. What can end or go over does; what cannot is named, stays
as a task, and a seal of it in force is suspended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import head_office
from shuangyin.people.commands import require_second_factor
from shuangyin.people.commands.leaving import active_person, mark_left
from shuangyin.seals.commands import act_on
from shuangyin.seals.commands.tasks import raise_task
from shuangyin.seals.models import Seal, SealStatus
from shuangyin.seals.rules.tasks import TaskKind
from shuangyin.transitions import leaving_errors as errors
from shuangyin.transitions.leaving import (
    NUMBER_PREFIX,
    PARTS,
    PartPlan,
    Wish,
    carry_out,
    digest_of_seen,
    facts_of,
    keep,
    plan,
)
from shuangyin.transitions.leaving_models import PersonTransition, TransitionKind
from shuangyin.transitions.leaving_parts import KINDS, Item, Outcome

ACT = "people.leave_forced"
_SUSPENDED = "保管人离职，待查清交接"


def preview_forced(work: UnitOfWork, actor: Actor, person_id: str, wish: Wish) -> list[PartPlan]:
    """What leaving at once would do now, with what would stay to be settled. Raises Forbidden (HEAD_ONLY)."""
    require_head(work, actor)
    return _plans(work, actor, person_id, wish)


def leave_at_once(
    work: UnitOfWork, actor: Actor, person_id: str, wish: Wish, *, proof: str | None, seen: str | None
) -> PersonTransition:
    """The person leaves now, whatever is blocked. Raises Forbidden (HEAD_ONLY, STEP_UP_REQUIRED), Invalid
    (REASON_MISSING), Stale (TRANSITION_CHANGED), and as `leaving.leave` otherwise."""
    require_head(work, actor)
    if not wish.reason:
        raise errors.reason_missing()
    plans = _plans(work, actor, person_id, wish)
    if seen is not None and seen != digest_of_seen(plans):
        raise errors.changed_since()
    require_second_factor(work, actor, act=ACT, subject=person_id, proof=proof, strength="each")
    person = active_person(work, actor, person_id)
    carry_out(work, [replace(one, items=_settled(one.items)) for one in plans])
    _leave_open(work, actor, person.id, [item for one in plans for item in one.items])
    made = keep(work, actor, person, wish, plans, TransitionKind.LEFT, NUMBER_PREFIX)
    made.entry_id = mark_left(work, actor, person, {**facts_of(made, plans), "forced": True})
    work.session.flush()
    return made


def require_head(work: UnitOfWork, actor: Actor) -> None:
    """Raises Forbidden (HEAD_ONLY) for anybody but the holder of the unit's root office."""
    office = head_office(work, actor.organization_id)
    if office is None or office.id not in actor.post_ids:
        raise errors.head_only()


def _plans(work: UnitOfWork, actor: Actor, person_id: str, wish: Wish) -> list[PartPlan]:
    person = active_person(work, actor, person_id)
    plans = plan(work, actor, person, wish, PARTS, staying=False)
    return [replace(one, items=[_opened(item) for item in one.items]) for one in plans]


def _opened(item: Item) -> Item:
    return replace(item, outcome=Outcome.LEFT_OPEN) if item.outcome is Outcome.BLOCKED else item


def _settled(items: Sequence[Item]) -> list[Item]:
    return [one for one in items if one.outcome is not Outcome.LEFT_OPEN]


def _leave_open(work: UnitOfWork, actor: Actor, person_id: str, items: Sequence[Item]) -> None:
    """Ask for what stays; a seal in force that nobody answers for is not used meanwhile."""
    others = []
    for one in items:
        if one.outcome is not Outcome.LEFT_OPEN:
            continue
        if not isinstance(one.thing, Seal):
            others.append(f"{KINDS[one.kind].zh} {one.label}")
            continue
        raise_task(work, actor, TaskKind.BLOCKED_ITEM, seal_id=one.id, detail=_SUSPENDED, about_id=person_id)
        if one.thing.status == SealStatus.IN_FORCE:
            system = system_actor(actor.organization_id)
            act_on(work, system, one.id, "suspend", reason=_SUSPENDED, expected=None)
    if others:
        raise_task(work, actor, TaskKind.BLOCKED_ITEM, detail="、".join(others)[:200], about_id=person_id)
