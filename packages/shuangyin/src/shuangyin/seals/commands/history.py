"""Every change of a seal leaves an event in the register and an entry in the evidence log."""

from __future__ import annotations

import json
from collections.abc import Mapping

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.seals.models import Seal, SealEvent


def note_event(
    work: UnitOfWork,
    actor: Actor,
    seal: Seal,
    kind: str,
    facts: Mapping[str, JsonValue],
    *,
    note: str | None = None,
    step_id: str | None = None,
) -> None:
    """Record ``seals.<kind>`` of a seal whose new state is already set."""
    work.session.flush()
    digest = digest_of(note) if note else None
    work.session.add(
        SealEvent(
            id=work.new_id(),
            organization_id=seal.organization_id,
            seal_id=seal.id,
            at=work.now,
            kind=kind,
            status_after=seal.status,
            person_id=actor.person_id,
            note=note,
            note_digest=json.dumps(digest) if digest else None,
            step_id=step_id,
        )
    )
    everything: dict[str, JsonValue] = {"status": str(seal.status), **facts}
    if digest is not None:
        everything["note"] = dict(digest)
    record(work, actor, kind=f"seals.{kind}", subject_type="seal", subject_id=seal.id, facts=everything)
