"""Record a fact in the transaction that makes it one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping

from evidencelog.entry import JsonValue, encode_entry
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry, PendingEntry

ENTRY_VERSION = 1


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
    entry_id = work.new_id()
    body = encode_entry(
        {
            "v": ENTRY_VERSION,
            "id": entry_id,
            "at": work.now,
            "organization": actor.organization_id,
            "actor": actor.person_id,
            "kind": kind,
            "subject": {"type": subject_type, "id": subject_id},
            "facts": dict(facts),
        }
    )
    entry = EvidenceEntry(
        id=entry_id,
        organization_id=actor.organization_id,
        kind=kind,
        subject_type=subject_type,
        subject_id=subject_id,
        actor_id=actor.person_id,
        body=body.decode(),
        digest=hashlib.sha256(body).hexdigest(),
        recorded_at=work.now,
    )
    work.session.add_all([entry, PendingEntry(entry_id=entry_id)])
    work.after_commit(work.platform.wake_sequencer.set)
    return entry


def digest_of(text: str) -> dict[str, str]:
    """A salted SM3 of a free text. Who keeps text and salt can show what was said; the log alone cannot tell."""
    salt = secrets.token_hex(16)
    return {"salt": salt, "sm3": hashlib.new("sm3", bytes.fromhex(salt) + text.encode()).hexdigest()}
