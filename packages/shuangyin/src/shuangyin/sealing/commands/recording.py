"""One row and one evidence entry for every seal use, with everything as of that instant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from evidencelog.entry import JsonValue
from shuangyin.authority.commands import note_merged
from shuangyin.authority.judging import AuthorityAnswer
from shuangyin.core.actor import Actor
from shuangyin.core.numbers import next_number
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.models import DocumentVersion
from shuangyin.evidence.commands import record
from shuangyin.organization.queries import get as organization_of
from shuangyin.requests.authorizing import duties_of
from shuangyin.requests.models import UseRequest
from shuangyin.sealing import rules
from shuangyin.sealing.models import SealUse, UseStatus
from shuangyin.seals.models import Seal, SealStatus

SERIES = "印"


@dataclass(frozen=True, slots=True)
class UseFacts:
    """What one use consists of. Times in UTC milliseconds, digests SM3 in hex."""

    request: UseRequest
    seal: Seal
    position: int
    token: str
    executed_at: int
    presser_id: str | None
    answer: AuthorityAnswer
    source: DocumentVersion
    source_sm3: str
    sealed: DocumentVersion | None
    presses: Mapping[str, int]
    extra: Mapping[str, JsonValue]


def record_use(work: UnitOfWork, actor: Actor, kind: str, facts: UseFacts) -> SealUse:
    """Write the use and its evidence into this transaction; `kind` is the entry's."""
    document_sm3 = facts.sealed.sm3 if facts.sealed is not None else facts.source_sm3
    use = SealUse(
        id=work.new_id(),
        organization_id=facts.request.organization_id,
        number=next_number(work, facts.request.organization_id, SERIES),
        request_id=facts.request.id,
        seal_id=facts.seal.id,
        medium=facts.seal.medium,
        position=facts.position,
        token=facts.token,
        token_digest=rules.token_digest(facts.token),
        executed_at=facts.executed_at,
        executed_by=actor.person_id,
        presser_id=facts.presser_id,
        grant_id=facts.answer.grant_id,
        source_version_id=facts.source.id,
        sealed_version_id=facts.sealed.id if facts.sealed is not None else None,
        source_sm3=facts.source_sm3,
        document_sm3=document_sm3,
        status=UseStatus.IN_FORCE,
        authority_valid=facts.answer.allowed,
        authority=_authority(facts.answer),
        seal_status=facts.seal.status,
        seal_facts=_seal_facts(work, facts.seal, facts.request),
        presses=json.dumps(dict(facts.presses)),
        created_at=work.now,
    )
    work.session.add(use)
    work.session.flush()
    answer = facts.answer
    duties = "separate"
    if facts.presser_id is not None:
        parted = duties_of(work, facts.request, facts.presser_id)
        duties = note_merged(work, actor, facts.request.id, parted)
    entry = record(
        work,
        actor,
        kind=kind,
        subject_type="request",
        subject_id=facts.request.id,
        facts={
            **_evidence(use),
            "delegation": answer.delegation_id,
            "on_behalf_of": answer.on_behalf_of,
            "duties": duties,
            "presses": dict(facts.presses),
            "seal_facts": _public_facts(use),
            **facts.extra,
        },
    )
    use.entry_id = entry.id
    work.session.flush()
    return use


def _evidence(use: SealUse) -> dict[str, JsonValue]:
    # The token itself would let every reader of the log open the public page; its digest lets a holder find the entry.
    return {
        "use": use.id,
        "number": use.number,
        "seal": use.seal_id,
        "medium": use.medium,
        "position": use.position,
        "executed_at": use.executed_at,
        "presser": use.presser_id,
        "grant": use.grant_id,
        "authority_valid": use.authority_valid,
        "seal_status": str(use.seal_status),
        "source_sm3": use.source_sm3,
        "document_sm3": use.document_sm3,
        "sealed_version": use.sealed_version_id,
        "token_sm3": use.token_digest,
    }


def _authority(answer: AuthorityAnswer) -> str:
    chain = [{"kind": one.kind, "id": one.id, "person": one.person_id} for one in answer.chain]
    facts = {
        "basis": answer.basis,
        "grant_id": answer.grant_id,
        "delegation_id": answer.delegation_id,
        "on_behalf_of": answer.on_behalf_of,
        "chain": chain,
        "reasons": [reason.to_dict() for reason in answer.reasons],
    }
    return json.dumps(facts, ensure_ascii=False)


def _public_facts(use: SealUse) -> dict[str, JsonValue]:
    """What the seal was at the use; a personal name seal's own name is left out, since no entry names a person."""
    facts: dict[str, JsonValue] = json.loads(use.seal_facts)
    if facts["category"] == "legal_rep_name":
        del facts["name"]
    return facts


def _seal_facts(work: UnitOfWork, seal: Seal, request: UseRequest) -> str:
    organization = organization_of(work, seal.organization_id)
    facts = {
        "name": seal.name,
        "category": seal.category,
        "ga_type": seal.ga_type,
        "origin": seal.origin,
        "organization": organization.name,
        "uscc": organization.uscc,
        "seal_code": seal.seal_code,
        "es_id": seal.es_id,
        "filing_no": seal.filing_no,
        "filing_authority": seal.filing_authority,
        "filed_at": seal.filed_at,
        "valid_from": seal.valid_from,
        "valid_until": seal.valid_until,
    }
    if request.formality_id is not None and seal.status != SealStatus.IN_FORCE:
        facts["formality"] = request.formality_id
    return json.dumps(facts, ensure_ascii=False)
