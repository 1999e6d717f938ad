"""Write a transition down with everything that followed from it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.seals.commands.reconciling import stop_seal
from shuangyin.seals.commands.tasks import raise_task
from shuangyin.seals.kinds import Hold, Medium
from shuangyin.seals.models import Seal
from shuangyin.seals.rules.tasks import TaskKind
from shuangyin.transitions.models import Transition


@dataclass(frozen=True, slots=True)
class Item:
    """One thing and what became of it, as it is shown and printed."""

    kind: str
    name: str
    outcome: str
    id: str | None = None


def named(seal: Seal) -> str:
    """A seal as a proof names it: the two of a pair are called alike."""
    return f"{seal.name}（{'实体' if seal.medium == Medium.PHYSICAL else '电子'}）"


def stop_for_good(work: UnitOfWork, actor: Actor, seals: Sequence[Seal], hold: Hold) -> list[Item]:
    """Stop seals at this instant, and ask that they be ended and replaced."""
    items = []
    for seal in seals:
        stop_seal(work, actor, seal, hold)
        raise_task(work, actor, TaskKind.END_OLD, seal_id=seal.id)
        raise_task(work, actor, TaskKind.REPLACE, seal_id=seal.id)
        items.append(Item("seal", named(seal), "stopped", seal.id))
    return items


def keep(
    work: UnitOfWork,
    actor: Actor,
    *,
    kind: str,
    before: str,
    after: str,
    notice_no: str,
    items: Sequence[Item],
) -> Transition:
    """The row and its entry; the entry holds the digest of every item."""
    transition_id = work.new_id()
    kept = json.dumps([asdict(one) for one in items], ensure_ascii=False)
    entry = record(
        work,
        actor,
        kind=f"transitions.{kind}",
        subject_type="organization",
        subject_id=actor.organization_id,
        facts={
            "transition": transition_id,
            "before": dict(digest_of(before)),
            "after": dict(digest_of(after)),
            "notice_no": notice_no,
            "items": dict(digest_of(kept)),
            "count": len(items),
        },
    )
    row = Transition(
        id=transition_id,
        organization_id=actor.organization_id,
        kind=kind,
        before=before,
        after=after,
        notice_no=notice_no,
        items=kept,
        done_by=actor.person_id,
        done_at=work.now,
        entry_id=entry.id,
    )
    work.session.add(row)
    work.session.flush()
    return row
