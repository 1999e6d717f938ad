"""Record a fact in the transaction that makes it one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from evidencelog.entry import JsonValue, encode_entry
from shuangyin.core.actor import Actor
from shuangyin.core.many_rows import insert_rows
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry, PendingEntry

ENTRY_VERSION = 1


@dataclass(frozen=True, slots=True)
class Fact:
    """What one entry says, before it has an id."""

    kind: str
    subject_type: str
    subject_id: str
    facts: Mapping[str, JsonValue]


def record(
    work: UnitOfWork,
    actor: Actor,
    *,
    kind: str,
    subject_type: str,
    subject_id: str,
    facts: Mapping[str, JsonValue],
) -> EvidenceEntry:
    """Write one entry into the log, in this transaction and under its time.

    `kind` is ``area.what_happened``. `facts` hold ids, digests, codes and counts, never names or free text: an
    entry cannot be deleted, so it must not hold personal data. Free text goes in through `digest_of`. Raises
    evidencelog's error when the entry is not canonical or longer than 65,535 bytes.
    """
    row = _row(work, actor, Fact(kind, subject_type, subject_id, facts))
    entry = EvidenceEntry(**row)
    work.session.add_all([entry, PendingEntry(entry_id=entry.id)])
    work.after_commit(work.platform.wake_sequencer.set)
    return entry


def record_many(work: UnitOfWork, actor: Actor, facts: Iterable[Fact]) -> list[str]:
    """Write one entry for each fact, as `record` does, in one statement; returns their ids in the same order.

    For a command that changes thousands of things at once: each still has an entry of its own.
    """
    rows = [_row(work, actor, fact) for fact in facts]
    if rows:
        insert_rows(work.session, EvidenceEntry, rows)
        insert_rows(work.session, PendingEntry, [{"entry_id": row["id"]} for row in rows])
        work.after_commit(work.platform.wake_sequencer.set)
    return [row["id"] for row in rows]


def _row(work: UnitOfWork, actor: Actor, fact: Fact) -> dict[str, Any]:
    entry_id = work.new_id()
    body = encode_entry(
        {
            "v": ENTRY_VERSION,
            "id": entry_id,
            "at": work.now,
            "organization": actor.organization_id,
            "actor": actor.person_id,
            "kind": fact.kind,
            "subject": {"type": fact.subject_type, "id": fact.subject_id},
            "facts": dict(fact.facts),
        }
    )
    return {
        "id": entry_id,
        "organization_id": actor.organization_id,
        "kind": fact.kind,
        "subject_type": fact.subject_type,
        "subject_id": fact.subject_id,
        "actor_id": actor.person_id,
        "body": body.decode(),
        "digest": hashlib.sha256(body).hexdigest(),
        "recorded_at": work.now,
    }


def digest_of(text: str) -> dict[str, str]:
    """A salted SM3 of a free text. Who keeps text and salt can show what was said; the log alone cannot tell."""
    salt = secrets.token_hex(16)
    return {"salt": salt, "sm3": hashlib.new("sm3", bytes.fromhex(salt) + text.encode()).hexdigest()}
