"""Reads of the seal register."""

from __future__ import annotations

from sqlalchemy import or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found, stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals.models import Seal, SealCategory, SealEvent, SealStatus

MAX_IDS = 200


def get(work: UnitOfWork, organization_id: str, seal_id: str) -> Seal:
    """One seal of the organization. Raises NotFound."""
    seal = work.session.scalar(
        select(Seal).where(Seal.id == seal_id, Seal.organization_id == organization_id)
    )
    if seal is None:
        raise not_found("这枚印章", "seal")
    return seal


def get_expected(work: UnitOfWork, organization_id: str, seal_id: str, expected: int | None) -> Seal:
    """One seal that is about to be changed. Raises NotFound, and Stale when it is not the version that was read."""
    seal = get(work, organization_id, seal_id)
    if expected is not None and expected != seal.version:
        raise stale_version()
    return seal


def in_force(
    work: UnitOfWork, organization_id: str, *, medium: str, category: str | None, at: int
) -> list[Seal]:
    """The organization's seals of a medium (and category) that are in force and within their validity at `at`."""
    query = (
        select(Seal)
        .where(
            Seal.organization_id == organization_id,
            Seal.medium == medium,
            Seal.status == SealStatus.IN_FORCE,
            or_(Seal.valid_from.is_(None), Seal.valid_from <= at),
            or_(Seal.valid_until.is_(None), Seal.valid_until >= at),
        )
        .order_by(Seal.sequence_number, Seal.id)
    )
    if category is not None:
        query = query.where(Seal.category == category)
    return list(work.session.scalars(query))


def list_seals(
    work: UnitOfWork,
    actor: Actor,
    *,
    medium: str | None,
    status: str | None,
    after: str | None,
    limit: int,
) -> list[Seal]:
    """The register of the actor's organization, in the order of registration."""
    actor.require("seals.read")
    query = select(Seal).where(Seal.organization_id == actor.organization_id).order_by(Seal.id).limit(limit)
    for column, wanted in ((Seal.medium, medium), (Seal.status, status)):
        if wanted is not None:
            query = query.where(column == wanted)
    if after is not None:
        query = query.where(Seal.id > after)
    return list(work.session.scalars(query))


def status_at(work: UnitOfWork, seal_id: str, at: int) -> str | None:
    """The status a seal had at an instant; None before it was registered."""
    return work.session.scalar(
        select(SealEvent.status_after)
        .where(SealEvent.seal_id == seal_id, SealEvent.at <= at)
        .order_by(SealEvent.at.desc(), SealEvent.id.desc())
        .limit(1)
    )


def events_of(work: UnitOfWork, seal_id: str) -> list[SealEvent]:
    """What happened to a seal, newest first."""
    return list(
        work.session.scalars(
            select(SealEvent)
            .where(SealEvent.seal_id == seal_id)
            .order_by(SealEvent.at.desc(), SealEvent.id.desc())
            .limit(200)
        )
    )


def named(work: UnitOfWork, seal_ids: set[str]) -> dict[str, Seal]:
    """Seals by id, for lists that show their names."""
    if not seal_ids:
        return {}
    return {seal.id: seal for seal in work.session.scalars(select(Seal).where(Seal.id.in_(seal_ids)))}


def personal_names(work: UnitOfWork, es_ids: set[str]) -> list[str]:
    """The names on personal name seals among these e-seals, longest first: the public pages mask them."""
    if not es_ids:
        return []
    query = select(Seal).where(
        Seal.es_id.in_(list(es_ids)[:MAX_IDS]), Seal.category == SealCategory.LEGAL_REP_NAME
    )
    names = {name for seal in work.session.scalars(query) for name in (seal.name, seal.face_text)}
    return sorted(names, key=len, reverse=True)
