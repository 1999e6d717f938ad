"""A seal that should be in its place and is not: an alarm, and no use until somebody has said what became of it."""

from __future__ import annotations

from shuangyin.alarms.commands import raise_alarm
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.seals.commands import act_on, set_whereabouts
from shuangyin.seals.models import Seal, SealStatus, Whereabouts

REASON = "清点时未找到，停用待查"


def declare_missing(work: UnitOfWork, actor: Actor, seal: Seal, *, found_by: tuple[str, str]) -> None:
    """Record that a seal was not found, raise the alarm, and suspend it where it is in force.

    The register says that it is missing until it is found or reported lost.

    `found_by` is the type and id of the hand-over or stocktake. Whoever manages seals takes it up again when it was
    found, or reports it lost.
    """
    subject_type, subject_id = found_by
    record(
        work,
        actor,
        kind="custody.seal_missing",
        subject_type="seal",
        subject_id=seal.id,
        facts={subject_type: subject_id},
    )
    raise_alarm(
        work,
        actor,
        "seal_missing",
        subject_type="seal",
        subject_id=seal.id,
        custodian_ids=[seal.keeper_person_id] if seal.keeper_person_id else [],
    )
    if seal.status == SealStatus.IN_FORCE:
        act_on(work, system_actor(seal.organization_id), seal.id, "suspend", reason=REASON, expected=None)
    set_whereabouts(work, actor, seal, Whereabouts.MISSING)


def note_found(work: UnitOfWork, actor: Actor, seal: Seal) -> None:
    """A seal that was missing lies in its place again. The entry of the hand-over or stocktake says who found it."""
    if seal.whereabouts == Whereabouts.MISSING:
        set_whereabouts(work, actor, seal, Whereabouts.IN_SAFE)
