"""Which requests automatic sealing has left to people, and by which refusal, as the evidence has it."""

from __future__ import annotations

import json

from sqlalchemy import select

from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.models import EvidenceEntry
from shuangyin.requests.models import RequestStatus, UseRequest
from shuangyin.requests.queries import SUBJECT_TYPE
from shuangyin.requests.stops import NOT_SEALED


def code_of_stop(entry: EvidenceEntry) -> str | None:
    """The code of the refusal that an entry records; None for an entry that records none."""
    return str(json.loads(entry.body)["facts"]["code"]) if entry.kind == NOT_SEALED else None


def stopped_by(work: UnitOfWork, organization_id: str, code: str) -> list[str]:
    """The approved electronic requests whose last try of automatic sealing was refused with this code."""
    waiting = select(UseRequest.id).where(
        UseRequest.organization_id == organization_id,
        UseRequest.medium == "electronic",
        UseRequest.status == RequestStatus.APPROVED,
    )
    entries = select(EvidenceEntry).where(
        EvidenceEntry.kind == NOT_SEALED,
        EvidenceEntry.subject_type == SUBJECT_TYPE,
        EvidenceEntry.subject_id.in_(waiting),
    )
    last = {
        entry.subject_id: code_of_stop(entry)
        for entry in work.session.scalars(entries.order_by(EvidenceEntry.id))
    }
    return [request_id for request_id, found in last.items() if found == code]
