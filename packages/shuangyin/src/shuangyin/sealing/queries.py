"""Reads of seal uses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.models import DocumentVersion
from shuangyin.people.queries import display
from shuangyin.people.schemas import PersonRef
from shuangyin.requests.models import UseRequest
from shuangyin.requests.schemas import VoidedOut
from shuangyin.sealing import rules
from shuangyin.sealing.models import SealUse, VoidedUse
from shuangyin.sealing.schemas import SealUseOut
from shuangyin.sealing.void_reasons import void_words
from shuangyin.seals.models import Seal

READ_ALL = ("requests.read_all", "custody.read", "sealing.void")
"""Whoever holds one of these sees every use: that is less than a request, it names neither title nor matter."""

Row = TypeVar("Row", DocumentVersion, UseRequest, Seal)


@dataclass(frozen=True, slots=True)
class UseFilter:
    """Which uses are asked for."""

    request_id: str | None = None
    seal_id: str | None = None
    medium: str | None = None
    person_id: str | None = None
    number: str | None = None
    before: str | None = None


def list_uses(work: UnitOfWork, actor: Actor, wanted: UseFilter, *, limit: int) -> list[SealUse]:
    """Uses that the actor may see, newest first: his own requests', those of seals he keeps or pressed, or all."""
    query = (
        select(SealUse)
        .join(UseRequest, UseRequest.id == SealUse.request_id)
        .join(Seal, Seal.id == SealUse.seal_id)
        .where(SealUse.organization_id == actor.organization_id)
        .order_by(SealUse.id.desc())
        .limit(limit)
    )
    if not (any(actor.may(one) for one in READ_ALL)):
        query = query.where(
            or_(
                UseRequest.applicant_id == actor.person_id,
                SealUse.presser_id == actor.person_id,
                Seal.keeper_person_id == actor.person_id,
            )
        )
    for column, value in (
        (SealUse.request_id, wanted.request_id),
        (SealUse.seal_id, wanted.seal_id),
        (SealUse.medium, wanted.medium),
        (SealUse.number, wanted.number),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.person_id is not None:
        query = query.where(
            or_(UseRequest.applicant_id == wanted.person_id, SealUse.presser_id == wanted.person_id)
        )
    if wanted.before is not None:
        query = query.where(SealUse.id < wanted.before)
    return list(work.session.scalars(query))


def get(work: UnitOfWork, organization_id: str, use_id: str) -> SealUse:
    """One use of the organization. Raises NotFound."""
    use = work.session.scalar(
        select(SealUse).where(SealUse.id == use_id, SealUse.organization_id == organization_id)
    )
    if use is None:
        raise not_found("这次用印", "seal use")
    return use


def of_request(work: UnitOfWork, request_id: str) -> list[SealUse]:
    """The uses of a request whose visibility is decided already, oldest first."""
    return list(
        work.session.scalars(select(SealUse).where(SealUse.request_id == request_id).order_by(SealUse.id))
    )


def by_token(work: UnitOfWork, token: str) -> SealUse | None:
    """The use that a public address names. The search is by a digest, so its time tells nothing about tokens."""
    return work.session.scalar(select(SealUse).where(SealUse.token_digest == rules.token_digest(token)))


def by_document_digest(work: UnitOfWork, sm3: str) -> list[SealUse]:
    """The uses whose registered file has exactly these bytes, in any organization; for the public check."""
    return list(
        work.session.scalars(
            select(SealUse).where(SealUse.document_sm3 == sm3).order_by(SealUse.id).limit(50)
        )
    )


def by_document_sha256(work: UnitOfWork, sha256: str) -> list[SealUse]:
    """As `by_document_digest`, for those who computed a SHA-256."""
    digests = select(DocumentVersion.sm3).where(DocumentVersion.sha256 == sha256)
    return list(
        work.session.scalars(
            select(SealUse).where(SealUse.document_sm3.in_(digests)).order_by(SealUse.id).limit(50)
        )
    )


def uses_out(work: UnitOfWork, uses: Sequence[SealUse]) -> list[SealUseOut]:
    """Uses for the API, with all names read at once."""
    versions = _by_id(work, DocumentVersion, {use.sealed_version_id or use.source_version_id for use in uses})
    requests = _by_id(work, UseRequest, {use.request_id for use in uses})
    seals = _by_id(work, Seal, {use.seal_id for use in uses})
    behalf = {use.id: json.loads(use.authority).get("on_behalf_of") for use in uses}
    voided = voids_of(work, [use.id for use in uses])
    named = {one for use in uses for one in (use.presser_id, behalf[use.id]) if one}
    people = display(work, named | {one.voided_by for one in voided.values()})
    return [
        SealUseOut(
            id=use.id,
            number=use.number,
            request_id=use.request_id,
            request_number=requests[use.request_id].number,
            medium=seals[use.seal_id].medium,
            seal_id=use.seal_id,
            seal_name=seals[use.seal_id].name,
            position=use.position,
            executed_at=use.executed_at,
            presser=people.get(use.presser_id or ""),
            on_behalf_of=people.get(behalf[use.id] or ""),
            grant_id=use.grant_id,
            authority_valid=use.authority_valid,
            status=use.status,
            voided=_voided_out(voided.get(use.id), people),
            presses=json.loads(use.presses),
            source_sm3=use.source_sm3,
            document_sm3=use.document_sm3,
            document_id=versions[use.sealed_version_id or use.source_version_id].document_id,
            sealed_version_id=use.sealed_version_id,
            sealed_version_number=(
                versions[use.sealed_version_id].number if use.sealed_version_id is not None else None
            ),
            verification_url=rules.verification_url(work.settings.public_url, use.token),
            entry_id=use.entry_id,
        )
        for use in uses
    ]


def voids_of(work: UnitOfWork, use_ids: Sequence[str]) -> dict[str, VoidedUse]:
    """Those of these uses that were voided, with when and why."""
    rows = work.session.scalars(select(VoidedUse).where(VoidedUse.use_id.in_(use_ids)))
    return {row.use_id: row for row in rows}


def _voided_out(row: VoidedUse | None, people: Mapping[str, PersonRef]) -> VoidedOut | None:
    if row is None:
        return None
    words = void_words(row.reason_code)
    return VoidedOut(
        zh=words.zh,
        en=words.en,
        at=row.voided_at,
        by=people[row.voided_by],
        code=row.reason_code,
        reason=row.reason,
        entry_id=row.entry_id,
    )


def _by_id(work: UnitOfWork, model: type[Row], ids: set[str]) -> dict[str, Row]:
    return {row.id: row for row in work.session.scalars(select(model).where(model.id.in_(ids)))}
