"""Every change of a seal leaves an event in the register and an entry in the evidence log."""

from __future__ import annotations

import json
from collections.abc import Mapping

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.seals.models import Seal, SealEvent
from shuangyin.seals.rules.registering import face_lines


def as_entered(seal: Seal) -> dict[str, JsonValue]:
    """What an entry says of a seal that comes into the register: kind, root, keeper, counterpart, size, face, filing."""
    return {
        "category": seal.category,
        "root": seal.root,
        "keeper": seal.keeper_person_id,
        "counterpart": seal.counterpart_id,
        "sequence": seal.sequence_number,
        "shape": seal.shape,
        "width_um": seal.width_um,
        "height_um": seal.height_um,
        "face": dict(digest_of(face_lines(seal.name, seal.face_text, seal.face_words))),
        **({"filing_no": seal.filing_no, "filed_at": seal.filed_at} if seal.filing_no else {}),
    }


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
