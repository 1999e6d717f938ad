"""Reads of custody."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import (
    Opening,
    OpeningRequest,
    OpeningStatus,
    PhysicalUse,
    PrintCopy,
    Safe,
    SafeSlot,
    SealReturn,
    UsePhoto,
)
from shuangyin.requests.authorizing import readable
from shuangyin.requests.models import RequestSeal, UseRequest
from shuangyin.seals.models import Seal


def safe(work: UnitOfWork, organization_id: str, safe_id: str) -> Safe:
    """One safe of the organization. Raises NotFound."""
    found = work.session.scalar(
        select(Safe).where(Safe.id == safe_id, Safe.organization_id == organization_id)
    )
    if found is None:
        raise not_found("该保险柜", "safe")
    return found


def safes(work: UnitOfWork, actor: Actor) -> list[Safe]:
    """All safes of the organization."""
    return list(
        work.session.scalars(
            select(Safe).where(Safe.organization_id == actor.organization_id).order_by(Safe.name)
        )
    )


def seals_in(work: UnitOfWork, safe_id: str) -> list[tuple[SafeSlot, Seal]]:
    """What lies in a safe, by slot."""
    rows = work.session.execute(
        select(SafeSlot, Seal)
        .join(Seal, Seal.id == SafeSlot.seal_id)
        .where(SafeSlot.safe_id == safe_id)
        .order_by(SafeSlot.slot)
    )
    return list(rows.tuples())


def opening(work: UnitOfWork, actor: Actor, opening_id: str) -> Opening:
    """One opening, for its two persons and for those who may read custody. Raises NotFound."""
    found = work.session.scalar(
        select(Opening).where(Opening.id == opening_id, Opening.organization_id == actor.organization_id)
    )
    if found is None or not (
        actor.may("custody.read") or actor.person_id in (found.custodian_id, found.reviewer_id)
    ):
        raise not_found("该次开柜", "opening")
    return found


def openings(
    work: UnitOfWork, actor: Actor, *, status: str | None, before: str | None, limit: int
) -> list[Opening]:
    """Openings of the organization, newest first."""
    query = select(Opening).where(Opening.organization_id == actor.organization_id)
    if not actor.may("custody.read"):
        query = query.where(
            or_(Opening.custodian_id == actor.person_id, Opening.reviewer_id == actor.person_id)
        )
    if status is not None:
        query = query.where(Opening.status == status)
    if before is not None:
        query = query.where(Opening.id < before)
    return list(work.session.scalars(query.order_by(Opening.id.desc()).limit(limit)))


def request(work: UnitOfWork, organization_id: str, request_id: str) -> UseRequest:
    """A request of the organization. Raises NotFound."""
    found = work.session.scalar(
        select(UseRequest).where(UseRequest.id == request_id, UseRequest.organization_id == organization_id)
    )
    if found is None:
        raise not_found("该用印申请", "request")
    return found


def request_in(work: UnitOfWork, opening: Opening, request_id: str) -> UseRequest:
    """A request that this opening serves. Raises NotFound."""
    if work.session.get(OpeningRequest, (opening.id, request_id)) is None:
        raise not_found("本次开柜中的该用印申请", "request in this opening")
    return request(work, opening.organization_id, request_id)


def requests_of(work: UnitOfWork, opening: Opening) -> list[UseRequest]:
    """The requests an opening serves, by number."""
    return list(
        work.session.scalars(
            select(UseRequest)
            .join(OpeningRequest, OpeningRequest.request_id == UseRequest.id)
            .where(OpeningRequest.opening_id == opening.id)
            .order_by(UseRequest.number)
        )
    )


def waiting(work: UnitOfWork, actor: Actor) -> list[UseRequest]:
    """Approved requests that wait for a physical seal, oldest first."""
    return list(
        work.session.scalars(
            select(UseRequest)
            .where(
                UseRequest.organization_id == actor.organization_id,
                UseRequest.medium == "physical",
                UseRequest.status == "approved",
            )
            .order_by(UseRequest.id)
            .limit(200)
        )
    )


def seal_line(work: UnitOfWork, request: UseRequest, seal_id: str) -> RequestSeal:
    """What a request asks of one seal. Raises NotFound."""
    line = work.session.scalar(
        select(RequestSeal).where(RequestSeal.request_id == request.id, RequestSeal.seal_id == seal_id)
    )
    if line is None:
        raise not_found("申请中的该印章", "seal in this request")
    return line


def lines_of(work: UnitOfWork, request_id: str) -> list[tuple[RequestSeal, Seal]]:
    """The seals a request asks for."""
    rows = work.session.execute(
        select(RequestSeal, Seal)
        .join(Seal, Seal.id == RequestSeal.seal_id)
        .where(RequestSeal.request_id == request_id)
    )
    return list(rows.tuples())


def uses_of_line(work: UnitOfWork, request_id: str, seal_id: str) -> list[PhysicalUse]:
    """What is registered of one seal on one request."""
    return list(
        work.session.scalars(
            select(PhysicalUse)
            .where(PhysicalUse.request_id == request_id, PhysicalUse.seal_id == seal_id)
            .order_by(PhysicalUse.position)
        )
    )


def use_in(work: UnitOfWork, opening: Opening, use_id: str) -> PhysicalUse:
    """A use registered in this opening. Raises NotFound."""
    found = work.session.get(PhysicalUse, use_id)
    if found is None or found.opening_id != opening.id:
        raise not_found("本次开柜中的该登记", "use in this opening")
    return found


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """Which lines of the register are asked for; times in UTC milliseconds."""

    since: int | None = None
    until: int | None = None
    seal_id: str | None = None
    opening_id: str | None = None
    before: str | None = None


def register(
    work: UnitOfWork, organization_id: str, wanted: RegisterFilter, *, limit: int
) -> list[PhysicalUse]:
    """Lines of the register of physical use, newest first."""
    query = select(PhysicalUse).where(PhysicalUse.organization_id == organization_id)
    if wanted.since is not None:
        query = query.where(PhysicalUse.pressed_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(PhysicalUse.pressed_at < wanted.until)
    if wanted.seal_id is not None:
        query = query.where(PhysicalUse.seal_id == wanted.seal_id)
    if wanted.opening_id is not None:
        query = query.where(PhysicalUse.opening_id == wanted.opening_id)
    if wanted.before is not None:
        query = query.where(PhysicalUse.id < wanted.before)
    return list(work.session.scalars(query.order_by(PhysicalUse.id.desc()).limit(limit)))


def prints_of(work: UnitOfWork, request_id: str) -> list[PrintCopy]:
    """The controlled prints of a request, oldest first."""
    query = select(PrintCopy).where(PrintCopy.request_id == request_id).order_by(PrintCopy.id)
    return list(work.session.scalars(query))


def print_copy(work: UnitOfWork, actor: Actor, print_id: str) -> PrintCopy:
    """One controlled print, for who may read its request. Raises NotFound."""
    found = work.session.get(PrintCopy, print_id)
    if found is None or found.organization_id != actor.organization_id:
        raise not_found("该打印件", "print")
    readable(work, actor, found.request_id)
    return found


def photos_of(work: UnitOfWork, opening_id: str) -> list[UsePhoto]:
    """The photos of an opening, oldest first."""
    return list(
        work.session.scalars(select(UsePhoto).where(UsePhoto.opening_id == opening_id).order_by(UsePhoto.id))
    )


def photo(work: UnitOfWork, actor: Actor, photo_id: str) -> UsePhoto:
    """One photo, for who may see its opening. Raises NotFound."""
    found = work.session.get(UsePhoto, photo_id)
    if found is None or found.organization_id != actor.organization_id:
        raise not_found("该照片", "photo")
    opening(work, actor, found.opening_id)
    return found


def returned_at(work: UnitOfWork, opening_id: str, seal_id: str) -> int | None:
    """When the seal was back after an opening; None while it is out."""
    line = work.session.get(SealReturn, (opening_id, seal_id))
    return line.returned_at if line else None


def open_count(work: UnitOfWork, organization_id: str) -> int:
    """How many safes stand open now."""
    rows = work.session.scalars(
        select(Opening.id).where(
            Opening.organization_id == organization_id, Opening.status == OpeningStatus.OPEN
        )
    )
    return len(list(rows))
