"""Reads of custody."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import (
    Confirmation,
    Loan,
    LoanSeal,
    LoanStatus,
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
from shuangyin.custody.occasions import Occasion
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


def use_in(work: UnitOfWork, occasion: Occasion, use_id: str) -> PhysicalUse:
    """A use registered on this occasion. Raises NotFound."""
    found = work.session.get(PhysicalUse, use_id)
    if found is None or (found.opening_id, found.loan_id) != (occasion.opening_id, occasion.loan_id):
        raise not_found("本次开柜或外带中的该登记", "use on this occasion")
    return found


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """Which lines of the register are asked for; times in UTC milliseconds."""

    since: int | None = None
    until: int | None = None
    seal_id: str | None = None
    opening_id: str | None = None
    loan_id: str | None = None
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
    if wanted.loan_id is not None:
        query = query.where(PhysicalUse.loan_id == wanted.loan_id)
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


def photos_of(work: UnitOfWork, occasion: Occasion) -> list[UsePhoto]:
    """The photos of an occasion, oldest first."""
    return list(work.session.scalars(select(UsePhoto).where(occasion.of(UsePhoto)).order_by(UsePhoto.id)))


def photos_of_use(work: UnitOfWork, use_id: str) -> list[UsePhoto]:
    """The photos of one line of the register, oldest first."""
    return list(work.session.scalars(select(UsePhoto).where(UsePhoto.use_id == use_id).order_by(UsePhoto.id)))


def photo(work: UnitOfWork, actor: Actor, photo_id: str) -> UsePhoto:
    """One photo of an opening, a loan or a paper permit, for who may see that. Raises NotFound."""
    found = work.session.get(UsePhoto, photo_id)
    if found is None or found.organization_id != actor.organization_id:
        raise not_found("该照片", "photo")
    if found.loan_id is not None:
        loan(work, actor, found.loan_id)
    elif found.paper_permit_id is not None:
        readable(work, actor, found.request_id or "")
    else:
        opening(work, actor, found.opening_id or "")
    return found


def loan(work: UnitOfWork, actor: Actor, loan_id: str) -> Loan:
    """One loan, for custodian, escort, applicant and those who may read custody. Raises NotFound."""
    found = work.session.scalar(
        select(Loan).where(Loan.id == loan_id, Loan.organization_id == actor.organization_id)
    )
    if found is None or not _sees_loan(work, actor, found):
        raise not_found("该外带", "loan")
    return found


def _sees_loan(work: UnitOfWork, actor: Actor, found: Loan) -> bool:
    if actor.may("custody.read") or actor.person_id in (found.custodian_id, found.escort_id):
        return True
    return work.session.get_one(UseRequest, found.request_id).applicant_id == actor.person_id


def loans(work: UnitOfWork, actor: Actor, *, state: str | None, before: str | None, limit: int) -> list[Loan]:
    """Loans of the organization, newest first: all for those who may read custody, for others their own.

    `state` is a status, or `overdue`: out and past its time.
    """
    query = select(Loan).where(Loan.organization_id == actor.organization_id)
    if not actor.may("custody.read"):
        own = select(UseRequest.id).where(UseRequest.applicant_id == actor.person_id)
        query = query.where(
            or_(
                Loan.custodian_id == actor.person_id,
                Loan.escort_id == actor.person_id,
                Loan.request_id.in_(own),
            )
        )
    if state == "overdue":
        query = query.where(Loan.status == LoanStatus.OUT, Loan.due_at <= work.now)
    elif state is not None:
        query = query.where(Loan.status == state)
    if before is not None:
        query = query.where(Loan.id < before)
    return list(work.session.scalars(query.order_by(Loan.id.desc()).limit(limit)))


def loan_seals(work: UnitOfWork, loan_id: str) -> list[tuple[LoanSeal, Seal, Safe]]:
    """The seals of a loan with where they belong."""
    rows = work.session.execute(
        select(LoanSeal, Seal, Safe)
        .join(Seal, Seal.id == LoanSeal.seal_id)
        .join(Safe, Safe.id == LoanSeal.safe_id)
        .where(LoanSeal.loan_id == loan_id)
        .order_by(Seal.name)
    )
    return list(rows.tuples())


def spans_of_seal(work: UnitOfWork, seal_id: str) -> list[Loan]:
    """The loans of a seal that are to come or under way."""
    return list(
        work.session.scalars(
            select(Loan)
            .join(LoanSeal, LoanSeal.loan_id == Loan.id)
            .where(LoanSeal.seal_id == seal_id, Loan.status.in_((LoanStatus.PENDING, LoanStatus.OUT)))
        )
    )


def confirmations(work: UnitOfWork, subject_id: str, phase: str) -> dict[str, Confirmation]:
    """Who confirmed a phase so far, by role."""
    rows = work.session.scalars(
        select(Confirmation).where(Confirmation.subject_id == subject_id, Confirmation.phase == phase)
    )
    return {row.role: row for row in rows}


def returned_at(work: UnitOfWork, use: PhysicalUse) -> int | None:
    """When the seal was back after a use; None while it is out."""
    if use.loan_id is not None:
        return work.session.get_one(Loan, use.loan_id).back_at
    if use.opening_id is None:
        return use.pressed_at
    line = work.session.get(SealReturn, (use.opening_id, use.seal_id))
    return line.returned_at if line else None


def open_count(work: UnitOfWork, organization_id: str) -> int:
    """How many safes stand open now."""
    rows = work.session.scalars(
        select(Opening.id).where(
            Opening.organization_id == organization_id, Opening.status == OpeningStatus.OPEN
        )
    )
    return len(list(rows))
