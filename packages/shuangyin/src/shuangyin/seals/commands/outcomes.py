"""What becomes of a step when the root office has decided about it."""

from __future__ import annotations

from collections.abc import Callable

from shuangyin.core.actor import Actor
from shuangyin.core.errors import Conflict, Refused
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals import step_queries
from shuangyin.seals.commands.carrying_out import carry_out
from shuangyin.seals.commands.history import note_event
from shuangyin.seals.commands.life import possible_move
from shuangyin.seals.commands.moving import require_unused
from shuangyin.seals.commands.reporting import report_move
from shuangyin.seals.models import Seal, SealStep
from shuangyin.seals.rules.life import LifeAct


def approved(work: UnitOfWork, actor: Actor, step_id: str) -> None:
    """The root office approved: carry the step out, or tell the authority first where the table says so.

    Between question and answer the seal may have been lost or stopped; then the step is void and says why.
    """
    step = step_queries.row(work, step_id)
    _or_void(work, actor, step, work.session.get_one(Seal, step.seal_id), _go_on)


def carry_out_or_void(work: UnitOfWork, actor: Actor, step: SealStep, seal: Seal) -> None:
    """The authority accepted what the step waited for: carry it out.

    What cannot be done any more leaves nothing half done: the step is void and says why, and the round shows that the
    authority's register is out of step with this one.
    """
    _or_void(work, actor, step, seal, carry_out)


def _or_void(
    work: UnitOfWork,
    actor: Actor,
    step: SealStep,
    seal: Seal,
    act: Callable[[UnitOfWork, Actor, SealStep, Seal], None],
) -> None:
    try:
        with work.session.begin_nested():
            act(work, actor, step, seal)
    except (Conflict, Refused) as problem:
        work.session.refresh(step)
        work.session.refresh(seal)
        step.status, step.slot, step.ended_at = "void", None, work.now
        step.ended_because = problem.code
        note_event(work, actor, seal, "step_void", {"step": step.id, "act": step.act, "why": problem.code})


def not_approved(work: UnitOfWork, actor: Actor, step_id: str, *, status: str) -> None:
    """The root office rejected the step or sent it back; it is over, and can be asked for anew."""
    step = step_queries.row(work, step_id)
    step.status, step.slot, step.ended_at = status, None, work.now
    seal = work.session.get_one(Seal, step.seal_id)
    note_event(work, actor, seal, f"step_{status}", {"step": step.id, "act": step.act}, step_id=step.id)


def _go_on(work: UnitOfWork, actor: Actor, step: SealStep, seal: Seal) -> None:
    move = possible_move(seal, LifeAct(step.act))
    if move.told_first and move.telling is not None:
        require_unused(work, seal)
        if report_move(work, actor, seal, move.telling, step_id=step.id) is not None:
            # The step keeps its slot: nothing else happens to the seal until the authority has answered.
            step.status = "filing"
            note_event(work, actor, seal, "step_approved", {"step": step.id, "act": step.act})
            return
    carry_out(work, actor, step, seal)
