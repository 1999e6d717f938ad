"""Void a use that must not stand: it is kept with its file, and everybody who looks at it is told."""

from __future__ import annotations

from sqlalchemy import func, select

from shuangyin.approvals.commands.telling import TOPIC
from shuangyin.core.actor import Actor
from shuangyin.core.live import tell_live
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.commands.step_up import require_second_factor
from shuangyin.requests.commands import mark_voided
from shuangyin.requests.models import UseRequest
from shuangyin.sealing import errors
from shuangyin.sealing.models import SealUse, UseStatus, VoidedUse
from shuangyin.sealing.void_reasons import void_reasons

RIGHT = "sealing.void"
ACT = "sealing.void"


def void_use(
    work: UnitOfWork, actor: Actor, use_id: str, *, code: str, reason: str, proof: str | None
) -> VoidedUse:
    """Void one use, with a code that is public and words that are not.

    1. The caller may, and shows a second factor for this use alone.
    2. The use stands: it is voided once, and never taken back. What was voided in error is sealed anew.
    3. One entry says so with the code, so that outsiders can be given it; another holds the digest of the words.
    4. A request that is done and of which no use stands any more is voided with them.

    The sealed file stays as it is and its mathematics stay good: that it is voided is told by the public check and the
    evidence bundle. Raises Forbidden, NotFound, Invalid (VOID_REASON), Conflict (USE_ALREADY_VOIDED).
    """
    actor.require(RIGHT)  # 1.
    if code not in void_reasons():
        raise errors.no_such_reason()
    use = _locked(work, actor, use_id)
    if use.status != UseStatus.IN_FORCE:  # 2.
        raise errors.already_voided(use.number)
    used = require_second_factor(work, actor, act=ACT, subject=use.id, proof=proof, strength="each")
    said = {"use": use.id, "number": use.number, "seal": use.seal_id, "executed": use.entry_id}
    entry = record(  # 3.
        work,
        actor,
        kind="sealing.voided",
        subject_type="request",
        subject_id=use.request_id,
        facts={**said, "reason_code": code, "second_factor": used.kind},
    )
    explained = record(
        work,
        actor,
        kind="sealing.void_explained",
        subject_type="request",
        subject_id=use.request_id,
        facts={"use": use.id, "number": use.number, "reason": dict(digest_of(reason))},
    )
    use.status = UseStatus.VOIDED
    voided = VoidedUse(
        use_id=use.id,
        organization_id=use.organization_id,
        reason_code=code,
        reason=reason,
        second_factor=used.kind,
        voided_by=actor.person_id,
        voided_at=work.now,
        entry_id=entry.id,
        explained_entry_id=explained.id,
    )
    work.session.add(voided)
    work.session.flush()
    request = work.session.get_one(UseRequest, use.request_id)
    if _none_stands(work, request.id):  # 4.
        mark_voided(work, actor, request)
    people = {request.applicant_id, *([use.presser_id] if use.presser_id else [])}
    tell_live(work, use.organization_id, people, TOPIC, request.id)
    return voided


def _locked(work: UnitOfWork, actor: Actor, use_id: str) -> SealUse:
    use = work.session.scalar(
        select(SealUse)
        .where(SealUse.id == use_id, SealUse.organization_id == actor.organization_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if use is None:
        raise errors.no_such_use()
    return use


def _none_stands(work: UnitOfWork, request_id: str) -> bool:
    standing = select(func.count()).where(
        SealUse.request_id == request_id, SealUse.status == UseStatus.IN_FORCE
    )
    return work.session.scalar(standing) == 0
