"""What is on record of a use, as far as an outsider may see it: no person, no title, no other document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from shuangyin.core.clock import beijing_time
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.models import DocumentVersion
from shuangyin.evidence.models import EvidenceEntry, LogLeaf
from shuangyin.sealing import queries as sealing
from shuangyin.sealing.models import SealUse, UseStatus
from shuangyin.sealing.rules import is_token
from shuangyin.sealing.void_reasons import void_words
from shuangyin.seals.models import Seal, SealStatus
from shuangyin.verification import rules
from shuangyin.verification.agreement import agreeing, require_agreement


@dataclass(frozen=True, slots=True)
class PublicUse:
    """One use for the public. Times in UTC milliseconds, digests in hex."""

    number: str
    medium: str
    seal_name: str
    category: str
    trial: bool
    organization: str
    uscc: str
    filing_no: str | None
    filing_authority: str | None
    filed_at: int | None
    valid_from: int | None
    valid_until: int | None
    seal_then: str
    for_formality: bool
    seal_now: str
    use_status: str
    voided_at: int | None
    void_reason: str | None
    executed_at: int
    authority_valid: bool
    presses: Mapping[str, int]
    document_sm3: str
    pages: int
    log_index: int | None
    entry_digest: str | None


@dataclass(frozen=True, slots=True)
class UseRecord:
    """The use a code names, the verdict about it, and all uses on the same document."""

    use: PublicUse
    answer: rules.Answer
    uses: tuple[PublicUse, ...]
    digests: frozenset[str]


@dataclass(frozen=True, slots=True)
class DigestRecord:
    """The uses whose registered file has the digest that was asked for, and the answer about them."""

    uses: tuple[PublicUse, ...]
    answer: rules.Answer


def record_of(work: UnitOfWork, token: str) -> UseRecord | None:
    """What a code names, None when it names nothing or has not the form of one.

    Raises Conflict (RECORD_DISAGREES) when the use is not what its entry in the log says.
    """
    if not is_token(token):
        return None
    use = sealing.by_token(work, token)
    if use is None:
        return None
    require_agreement(work, use)
    siblings = agreeing(work, uses_on_same_document(work, use))
    shown = {one.id: public_use(work, one) for one in siblings}
    public = shown[use.id]
    return UseRecord(
        public,
        rules.answer_for_use(state_of(public)),
        tuple(shown.values()),
        frozenset(one.document_sm3 for one in siblings),
    )


def records_by_digest(work: UnitOfWork, sm3: str) -> list[PublicUse]:
    """The uses whose registered file has exactly these bytes. Raises Conflict (RECORD_DISAGREES)."""
    return [public_use(work, use) for use in agreeing(work, sealing.by_document_digest(work, sm3))]


def voids_on_file(work: UnitOfWork, sm3: str) -> list[PublicUse]:
    """The uses whose seals a registered file carries, when one of them was voided; else none.

    The file of a later seal carries those that were put on before, under the same request. What was sealed anew from
    the same source carries none of them.
    """
    carried: dict[str, SealUse] = {}
    for use in sealing.by_document_digest(work, sm3):
        earlier = select(SealUse).where(
            SealUse.request_id == use.request_id,
            SealUse.source_version_id == use.source_version_id,
            SealUse.executed_at <= use.executed_at,
        )
        carried |= {
            one.id: one for one in work.session.scalars(earlier.order_by(SealUse.executed_at).limit(100))
        }
    if all(use.status != UseStatus.VOIDED for use in carried.values()):
        return []
    return [public_use(work, use) for use in agreeing(work, list(carried.values()))]


def registered(work: UnitOfWork, digest: str) -> DigestRecord | None:
    """The registered files with this SM3 or SHA-256; None for anything but 64 hex digits of one.

    Raises Conflict (RECORD_DISAGREES) when none of their uses is what its entry says.
    """
    wanted = digest.lower()
    if not rules.is_digest(wanted):
        return None
    uses = sealing.by_document_digest(work, wanted) or sealing.by_document_sha256(work, wanted)
    if not uses:
        return None
    shown = tuple(public_use(work, use) for use in agreeing(work, uses))
    return DigestRecord(shown, rules.answer_for_digest([state_of(use) for use in shown]))


def uses_on_same_document(work: UnitOfWork, use: SealUse) -> list[SealUse]:
    """All uses on the document of this one, in order of time."""
    document_id = (
        select(DocumentVersion.document_id)
        .where(DocumentVersion.id == use.source_version_id)
        .scalar_subquery()
    )
    return list(
        work.session.scalars(
            select(SealUse)
            .join(DocumentVersion, DocumentVersion.id == SealUse.source_version_id)
            .where(DocumentVersion.document_id == document_id)
            .order_by(SealUse.executed_at, SealUse.id)
            .limit(100)
        )
    )


def public_use(work: UnitOfWork, use: SealUse) -> PublicUse:
    """A use without anything that names a person; the name on a personal name seal is masked."""
    facts: dict[str, Any] = json.loads(use.seal_facts)
    seal = work.session.get_one(Seal, use.seal_id)
    version = work.session.get_one(DocumentVersion, use.sealed_version_id or use.source_version_id)
    entry = work.session.get(EvidenceEntry, use.entry_id) if use.entry_id else None
    index = work.session.scalar(select(LogLeaf.log_index).where(LogLeaf.entry_id == (use.entry_id or "")))
    name = str(facts["name"])
    void = sealing.voids_of(work, [use.id]).get(use.id)
    return PublicUse(
        number=use.number,
        medium=use.medium,
        seal_name=rules.masked_name(name) if facts["category"] == "legal_rep_name" else name,
        category=str(facts["category"]),
        trial=facts["origin"] == "trial",
        organization=str(facts["organization"]),
        uscc=str(facts["uscc"]),
        filing_no=facts["filing_no"],
        filing_authority=facts["filing_authority"],
        filed_at=facts["filed_at"],
        valid_from=facts["valid_from"],
        valid_until=facts["valid_until"],
        seal_then=use.seal_status,
        for_formality="formality" in facts,
        seal_now=_status_now(seal, work.now),
        use_status=use.status,
        voided_at=void.voided_at if void is not None else None,
        void_reason=void.reason_code if void is not None else None,
        executed_at=use.executed_at,
        authority_valid=use.authority_valid,
        presses=json.loads(use.presses),
        document_sm3=use.document_sm3,
        pages=version.pages,
        log_index=index,
        entry_digest=entry.digest if entry is not None else None,
    )


def state_of(use: PublicUse) -> rules.UseState:
    """What the rules need of a use."""
    note = None
    if use.voided_at is not None and use.void_reason is not None:
        at = f"{beijing_time(use.voided_at):%Y-%m-%d %H:%M} (UTC+8)"
        note = rules.VoidNote(at, void_words(use.void_reason))
    return rules.UseState(
        use.medium,
        use.use_status,
        use.authority_valid,
        use.seal_then,
        use.seal_now,
        use.trial,
        note,
        use.for_formality,
    )


def _status_now(seal: Seal, now: int) -> str:
    expired = seal.valid_until is not None and now > seal.valid_until
    return "expired" if expired and seal.status == SealStatus.IN_FORCE else seal.status
