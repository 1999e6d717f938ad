"""What follows when a filing authority has accepted a report: the seal is filed, or its end is carried out."""

from __future__ import annotations

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.commands.moving import move_seal
from shuangyin.seals.commands.outcomes import carry_out_or_void
from shuangyin.seals.commands.tasks import end_tasks
from shuangyin.seals.kinds import SealStatus
from shuangyin.seals.models import Seal, SealFiling, SealStep
from shuangyin.seals.rules.filing import Answer
from shuangyin.seals.rules.life import LifeAct, Move, Telling, find_move
from shuangyin.seals.rules.tasks import TaskKind

_NAMES = {"police": "公安机关印章备案系统", "management_unit": "电子印章制作管理单位"}


def carry_on(work: UnitOfWork, actor: Actor, filing: SealFiling, answer: Answer) -> None:
    """Do what waited for the acceptance."""
    seal = work.session.get_one(Seal, filing.seal_id, with_for_update=True)
    end_tasks(work, actor, seal.id, TaskKind.FILING_REFUSED)
    if filing.telling == Telling.NEW:
        _filed(work, actor, seal, filing, answer)
    step = work.session.get(SealStep, filing.step_id) if filing.step_id else None
    if step is not None and step.status == "filing":
        carry_out_or_void(work, actor, step, seal)


def _filed(work: UnitOfWork, actor: Actor, seal: Seal, filing: SealFiling, answer: Answer) -> None:
    seal.filing_no = answer.filing_no
    seal.filing_authority = _NAMES[filing.authority]
    seal.filed_at = answer.filed_at or work.now
    if seal.seal_code is None and answer.seal_code is not None:
        seal.seal_code = answer.seal_code
    move = find_move(LifeAct.FILE, seal.status, seal.medium, seal.begun)
    if isinstance(move, Move) and seal.status == SealStatus.MADE:
        facts = {"filing_no": seal.filing_no, "filed_at": seal.filed_at, "report": filing.id}
        move_seal(work, actor, seal, move, facts=facts)
