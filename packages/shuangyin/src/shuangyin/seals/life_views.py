"""How the life of a seal is shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from shuangyin.approvals.queries import route as route_of
from shuangyin.approvals.views import route_out
from shuangyin.core.actor import Actor
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef
from shuangyin.seals import queries, step_queries
from shuangyin.seals.commands.checking import WORDS as CHECK_WORDS
from shuangyin.seals.engravers import objection_to_step
from shuangyin.seals.kinds import Medium, SealStatus
from shuangyin.seals.life_schemas import (
    FilingBoardOut,
    LifeTableOut,
    SealCheckOut,
    SealDiscrepancyOut,
    SealEvidenceOut,
    SealFilingOut,
    SealLifeOut,
    SealMoveOut,
    SealNeedOut,
    SealStatusOut,
    SealStepDetailOut,
    SealStepOut,
    SealTaskOut,
    SealWordsOut,
    StepDetails,
    UnfinishedUseOut,
)
from shuangyin.seals.models import Seal, SealCheck, SealEvidence, SealFiling, SealStep, SealTask
from shuangyin.seals.ports import authorities, unfinished_uses
from shuangyin.seals.rules.evidence_kinds import EvidenceKind
from shuangyin.seals.rules.life import (
    ACT_WORDS,
    MOVES,
    STATUS_WORDS,
    LifeAct,
    Move,
    Who,
    diagram,
    moves_from,
)
from shuangyin.seals.rules.steps import object_to_formality
from shuangyin.seals.rules.tasks import TaskKind


def table_out() -> LifeTableOut:
    """The table of `seals.rules.life`."""
    return LifeTableOut(
        statuses=[
            SealStatusOut(status=status, words=_words(words)) for status, words in STATUS_WORDS.items()
        ],
        moves=[move_out(move) for move in MOVES],
        diagram=diagram(),
    )


def move_out(move: Move) -> SealMoveOut:
    """One line of the table."""
    return SealMoveOut(
        act=move.act,
        words=_words(ACT_WORDS[move.act]),
        before=[*move.before],
        after=move.after,
        media=[one.value for one in move.media],
        begun=[*move.begun],
        who=move.who,
        evidence=[
            SealNeedOut(kinds=[*need], words=[_words(kind.words) for kind in need]) for need in move.evidence
        ],
        approval=move.approval,
        telling=move.telling,
        told_first=move.told_first,
        while_in_use=move.while_in_use,
    )


def life_out(work: UnitOfWork, actor: Actor, seal: Seal) -> SealLifeOut:
    """Where a seal stands and what the actor may ask for."""
    steps = step_queries.steps_of(work, seal.id)
    shown = steps_out(work, steps)
    waiting = next((one for one in shown if one.status in ("waiting", "filing")), None)
    newer = work.session.scalar(
        select(Seal).where(Seal.replaces_id == seal.id).order_by(Seal.id.desc()).limit(1)
    )
    older = queries.named(work, {seal.replaces_id}) if seal.replaces_id else {}
    return SealLifeOut(
        seal_id=seal.id,
        status=seal.status,
        words=_words(STATUS_WORDS[SealStatus(seal.status)]),
        begun="applied" if seal.begun == "applied" else "taken_in",
        hold=seal.hold,
        replaces_id=seal.replaces_id,
        replaces_name=older[seal.replaces_id].name if seal.replaces_id in older else None,
        replaced_by_id=newer.id if newer else None,
        replaced_by_name=newer.name if newer else None,
        steps=shown,
        checks=_checks_out(work, step_queries.checks_of(work, seal.id)),
        filings=filings_out(work, step_queries.filings_of(work, seal.id)),
        tasks=tasks_out(work, step_queries.open_tasks(work, seal.organization_id, seal_id=seal.id)),
        next=[
            move_out(move)
            for move in moves_from(seal.status, seal.medium, seal.begun)
            if _may(actor, seal, move)
            and (move.act is not LifeAct.ALLOW_FORMALITY or object_to_formality(seal.hold) is None)
        ],
        waiting=waiting,
        uses=[
            UnfinishedUseOut(kind=one.kind, id=one.id, number=one.number)
            for one in unfinished_uses(work).of_seal(work, seal.id)
        ],
        version=seal.version,
    )


def board_out(work: UnitOfWork, organization_id: str) -> FilingBoardOut:
    """Queue, discrepancies and tasks of an organization."""
    found = step_queries.open_discrepancies(work, organization_id)
    names = queries.named(work, {one.seal_id for one in found if one.seal_id})
    connected = authorities(work)
    systems = ("police", "management_unit", "registry", "identity")
    return FilingBoardOut(
        connected=[name for name in systems if getattr(connected, name) is not None],
        filings=filings_out(work, step_queries.filings(work, organization_id, open_only=False, limit=200)),
        discrepancies=[
            SealDiscrepancyOut(
                id=one.id,
                seal_id=one.seal_id,
                seal_name=names[one.seal_id].name if one.seal_id in names else None,
                outside=one.register,
                what=one.what,
                ours=one.ours,
                theirs=one.theirs,
                found_at=one.found_at,
                seen_at=one.seen_at,
            )
            for one in found
        ],
        tasks=tasks_out(work, step_queries.open_tasks(work, organization_id)),
    )


def steps_out(work: UnitOfWork, steps: Sequence[SealStep]) -> list[SealStepOut]:
    """Steps with their evidence."""
    pieces = step_queries.evidence_of(work, [step.id for step in steps])
    added_by = {one.added_by for several in pieces.values() for one in several}
    people = display(work, {step.asked_by for step in steps} | added_by)
    return [
        SealStepOut(
            id=step.id,
            seal_id=step.seal_id,
            act=step.act,
            words=_words(ACT_WORDS[LifeAct(step.act)]),
            status=step.status,
            details=StepDetails(**json.loads(step.details)),
            reason=step.reason,
            binding=step.binding,
            route_id=step.route_id,
            asked_by=people.get(step.asked_by),
            asked_at=step.asked_at,
            ended_at=step.ended_at,
            ended_because=step.ended_because,
            obstacle=_obstacle(work, step),
            evidence=[evidence_out(one, people) for one in pieces[step.id]],
        )
        for step in steps
    ]


def _obstacle(work: UnitOfWork, step: SealStep) -> SealWordsOut | None:
    seal = work.session.get_one(Seal, step.seal_id)
    objection = objection_to_step(work, step, seal.medium)
    return None if objection is None else _words(objection.text)


def step_detail(work: UnitOfWork, step: SealStep) -> SealStepDetailOut:
    """One step as its approver reads it."""
    seal = work.session.get_one(Seal, step.seal_id)
    route = route_out(work, route_of(work, step.route_id)) if step.route_id else None
    return SealStepDetailOut(**steps_out(work, [step])[0].model_dump(), seal_name=seal.name, route=route)


def evidence_out(piece: SealEvidence, people: dict[str, PersonRef]) -> SealEvidenceOut:
    """One piece of evidence."""
    return SealEvidenceOut(
        id=piece.id,
        kind=piece.kind,
        words=_words(EvidenceKind(piece.kind).words),
        sm3=piece.sm3,
        media_type=piece.media_type,
        added_by=people.get(piece.added_by),
        added_at=piece.added_at,
    )


def check_out(work: UnitOfWork, check: SealCheck) -> SealCheckOut:
    """One check."""
    return _checks_out(work, [check])[0]


def filings_out(work: UnitOfWork, filings: Iterable[SealFiling]) -> list[SealFilingOut]:
    """What authorities are told."""
    rows = list(filings)
    names = queries.named(work, {one.seal_id for one in rows})
    return [
        SealFilingOut(
            id=one.id,
            seal_id=one.seal_id,
            seal_name=names[one.seal_id].name,
            authority=one.authority,
            telling=one.telling,
            status=one.status,
            attempts=one.attempts,
            created_at=one.created_at,
            next_try_at=one.next_try_at,
            due_at=one.due_at,
            overdue=one.status not in ("accepted", "replaced")
            and one.due_at is not None
            and work.now > one.due_at,
            answered_at=one.answered_at,
            filing_no=one.filing_no,
            problem=_problem(one.problem),
            version=one.version,
        )
        for one in rows
    ]


def tasks_out(work: UnitOfWork, tasks: Sequence[SealTask]) -> list[SealTaskOut]:
    """What is to be done."""
    concerned = {one.seal_id for one in tasks} | {one.cause_seal_id for one in tasks}
    names = queries.named(work, {one for one in concerned if one})
    return [
        SealTaskOut(
            id=one.id,
            kind=one.kind,
            words=_words(TaskKind(one.kind).words),
            seal_id=one.seal_id,
            seal_name=names[one.seal_id].name if one.seal_id in names else None,
            seal_medium=Medium(names[one.seal_id].medium).value if one.seal_id in names else None,
            cause_seal_id=one.cause_seal_id,
            cause_seal_name=names[one.cause_seal_id].name if one.cause_seal_id in names else None,
            detail=one.detail,
            raised_at=one.raised_at,
        )
        for one in tasks
    ]


def _checks_out(work: UnitOfWork, checks: Sequence[SealCheck]) -> list[SealCheckOut]:
    people = display(work, {one.checked_by for one in checks})
    return [
        SealCheckOut(
            id=one.id,
            kind=one.kind,
            words=_words(CHECK_WORDS[one.kind]),
            good=one.good,
            outcome=one.outcome,
            checked_by=people.get(one.checked_by),
            checked_at=one.checked_at,
        )
        for one in checks
    ]


def _may(actor: Actor, seal: Seal, move: Move) -> bool:
    if move.who is Who.PLATFORM:
        return False
    return actor.may("seals.manage") or (
        move.who is Who.KEEPER_TOO and actor.person_id == seal.keeper_person_id
    )


def _problem(kept: str | None) -> SealWordsOut | None:
    if kept is None:
        return None
    said = json.loads(kept)
    return SealWordsOut(zh=str(said["zh"]), en=str(said["en"]))


def _words(text: Text) -> SealWordsOut:
    return SealWordsOut(zh=text.zh, en=text.en)
