"""Staff confirm having read a version of the list; who has not is reminded."""

from __future__ import annotations

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.errors import Forbidden
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.scenarios import errors, queries
from shuangyin.scenarios.acknowledgements import not_acknowledged
from shuangyin.scenarios.commands.drafting import SUBJECT_TYPE
from shuangyin.scenarios.models import ListStatus, ScenarioAcknowledgement, ScenarioList

REMIND_AGAIN_MS = 24 * 3_600_000
"""How long between two reminders, so that they stay worth reading."""
_NAMED = 1000
"""Persons whom the entry of a reminder names; an entry holds at most 64 KiB."""


def acknowledge(work: UnitOfWork, actor: Actor, list_id: str, *, binding: str) -> ScenarioList:
    """Confirm having read a version that is in force or approved to be. Doing it twice is doing it once.

    Raises Conflict (LIST_CHANGED) when `binding` is not what the list says.
    """
    actor.require("scenarios.read")
    row = queries.get(work, actor.organization_id, list_id)
    if queries.status_now(row, work.now) not in (ListStatus.IN_FORCE, ListStatus.APPROVED):
        raise errors.not_readable_yet()
    if binding != queries.binding(work, row):
        raise errors.other_version_read()
    there = work.session.scalar(
        select(ScenarioAcknowledgement.id).where(
            ScenarioAcknowledgement.list_id == row.id, ScenarioAcknowledgement.person_id == actor.person_id
        )
    )
    if there is not None:
        return row
    facts: dict[str, JsonValue] = {"version": row.version_number, "binding": binding}
    entry = record(
        work,
        actor,
        kind="scenarios.acknowledged",
        subject_type=SUBJECT_TYPE,
        subject_id=row.id,
        facts=facts,
    )
    work.session.add(
        ScenarioAcknowledgement(
            id=work.new_id(),
            organization_id=actor.organization_id,
            list_id=row.id,
            person_id=actor.person_id,
            acknowledged_at=work.now,
            binding=binding,
            entry_id=entry.id,
        )
    )
    work.session.flush()
    return row


def remind(work: UnitOfWork, actor: Actor, list_id: str) -> ScenarioList:
    """Remind those who have not confirmed having read the version in force: their home page asks them to.

    Raises Conflict (ALL_ACKNOWLEDGED, REMINDED_LATELY within a day).
    """
    if not queries.may_read_drafts(actor):
        raise Forbidden(
            "NOT_PERMITTED",
            "提醒阅读清单由编制或批准清单的岗位办理。",
            "Reminders are sent by who drafts or approves the list.",
            details={"permission": "scenarios.manage"},
        )
    row = queries.get(work, actor.organization_id, list_id)
    if queries.status_now(row, work.now) is not ListStatus.IN_FORCE:
        raise errors.not_readable_yet()
    if row.reminded_at is not None and work.now < row.reminded_at + REMIND_AGAIN_MS:
        left = row.reminded_at + REMIND_AGAIN_MS - work.now
        raise errors.reminded_lately(-(-left // 3_600_000))
    missing = not_acknowledged(work, row)
    if not missing:
        raise errors.everybody_has_read()
    row.reminded_at = work.now
    facts: dict[str, JsonValue] = {
        "version": row.version_number,
        "persons": [one.id for one in missing[:_NAMED]],
        "count": len(missing),
    }
    record(work, actor, kind="scenarios.reminded", subject_type=SUBJECT_TYPE, subject_id=row.id, facts=facts)
    work.session.flush()
    return row
