"""Freeze all seals of both media at once, and lift that again."""

from __future__ import annotations

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.commands import require_second_factor
from shuangyin.seals import errors
from shuangyin.seals.freezes import current_freeze
from shuangyin.seals.models import SealFreeze
from shuangyin.seals.ports import AfterFreeze

RIGHT = "seals.freeze"
FREEZE_ACT = "seals.freeze_all"
LIFT_ACT = "seals.lift_freeze"


def freeze_all(work: UnitOfWork, actor: Actor, *, reason: str, proof: str | None) -> SealFreeze:
    """From this instant nothing of the organization is sealed and no safe opened, whatever was approved.

    A seal that is out of its safe is still registered and returned: what happened is never left unrecorded. Raises
    Forbidden (STEP_UP_REQUIRED), Conflict (SEALS_ALREADY_FROZEN).
    """
    actor.require(RIGHT)
    if current_freeze(work, actor.organization_id) is not None:
        raise errors.already_frozen()
    used = require_second_factor(
        work, actor, act=FREEZE_ACT, subject=actor.organization_id, proof=proof, strength="each"
    )
    freeze_id = work.new_id()
    entry = record(
        work,
        actor,
        kind="seals.frozen",
        subject_type="organization",
        subject_id=actor.organization_id,
        facts={"freeze": freeze_id, "reason": digest_of(reason), "second_factor": used.kind},
    )
    freeze = SealFreeze(
        id=freeze_id,
        organization_id=actor.organization_id,
        slot=actor.organization_id,
        frozen_by=actor.person_id,
        frozen_at=work.now,
        reason=reason,
        entry_id=entry.id,
    )
    work.session.add(freeze)
    work.session.flush()
    return freeze


def lift_freeze(work: UnitOfWork, actor: Actor, *, reason: str, proof: str | None) -> SealFreeze:
    """Let the seals be used again; automatic sealing that the freeze refused is tried again, under every rule.

    Raises Forbidden (STEP_UP_REQUIRED), Conflict (SEALS_NOT_FROZEN).
    """
    actor.require(RIGHT)
    freeze = current_freeze(work, actor.organization_id)
    if freeze is None:
        raise errors.not_frozen()
    used = require_second_factor(work, actor, act=LIFT_ACT, subject=freeze.id, proof=proof, strength="each")
    entry = record(
        work,
        actor,
        kind="seals.freeze_lifted",
        subject_type="organization",
        subject_id=actor.organization_id,
        facts={"freeze": freeze.id, "reason": digest_of(reason), "second_factor": used.kind},
    )
    freeze.slot = None
    freeze.lifted_by = actor.person_id
    freeze.lifted_at = work.now
    freeze.lift_reason = reason
    freeze.lift_entry_id = entry.id
    work.session.flush()
    held_up = work.port(AfterFreeze)  # type: ignore[type-abstract]  # a port is looked up by its protocol
    held_up.lifted(work, actor.organization_id)
    return freeze
