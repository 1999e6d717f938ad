"""What of a use is not over or has begun: ports of seals and requests, answered by an area that sees safes and devices."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select

from shuangyin.core.jobs import Job
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody.models import (
    Loan,
    LoanSeal,
    LoanStatus,
    Opening,
    OpeningRequest,
    OpeningStatus,
    PhysicalUse,
    SafeSlot,
    SealReturn,
)
from shuangyin.devices.models import Device, DevicePermit, DeviceStatus
from shuangyin.requests.models import RequestSeal, RequestStatus, UseRequest
from shuangyin.sealing.models import SealUse
from shuangyin.seals.models import Seal, Whereabouts
from shuangyin.seals.ports import UnfinishedUse

_RUNNING = (RequestStatus.IN_APPROVAL, RequestStatus.APPROVED, RequestStatus.SEALING)
_UNDER_WAY = (OpeningStatus.PENDING, OpeningStatus.OPEN)
MOST = 100
"""So many are named; one is enough to refuse."""


class UsesUnderWay:
    """`seals.ports.UnfinishedUses` over requests, openings and where the seal is."""

    def of_seal(self, work: UnitOfWork, seal_id: str) -> Sequence[UnfinishedUse]:
        return [*_requests(work, seal_id), *_openings(work, seal_id), *_loan(work, seal_id)]

    def leave_place(self, work: UnitOfWork, seal_id: str) -> None:
        work.session.execute(delete(SafeSlot).where(SafeSlot.seal_id == seal_id))

    def sits_in_device(self, work: UnitOfWork, seal_id: str) -> bool:
        held = select(Device.id).where(Device.seal_id == seal_id, Device.status == DeviceStatus.ACTIVE)
        return work.session.scalar(held.limit(1)) is not None


class UsesBegun:
    """`requests.uses.BegunUses` over openings, loans, permits, registered presses and electronic sealings."""

    def begun(self, work: UnitOfWork, request_id: str) -> bool:
        return bool(work.session.scalar(select(or_(*_begun(request_id, work.now)))))


def _begun(request_id: str, now: int) -> list[ColumnElement[bool]]:
    opening = select(Opening.id).join(OpeningRequest, OpeningRequest.opening_id == Opening.id)
    mine = OpeningRequest.request_id == request_id
    in_time = and_(Opening.status == OpeningStatus.PENDING, Opening.confirm_by > now)
    loan = select(Loan.id).where(Loan.request_id == request_id)
    permit = select(DevicePermit.id).where(DevicePermit.request_id == request_id)
    return [
        exists(opening.where(mine, or_(Opening.status == OpeningStatus.OPEN, in_time))),
        exists(loan.where(Loan.status.in_((LoanStatus.PENDING, LoanStatus.OUT)))),
        exists(permit.where(or_(DevicePermit.slot.is_not(None), DevicePermit.check_at.is_not(None)))),
        exists(select(PhysicalUse.id).where(PhysicalUse.request_id == request_id)),
        exists(select(SealUse.id).where(SealUse.request_id == request_id)),
        exists(select(Job.id).where(Job.slot == f"seal:{request_id}")),
    ]


def _requests(work: UnitOfWork, seal_id: str) -> list[UnfinishedUse]:
    query = (
        select(UseRequest.id, UseRequest.number)
        .join(RequestSeal, RequestSeal.request_id == UseRequest.id)
        .where(RequestSeal.seal_id == seal_id, UseRequest.status.in_(_RUNNING))
        .order_by(UseRequest.number)
        .distinct()
        .limit(MOST)
    )
    return [
        UnfinishedUse("request", row_id, number) for row_id, number in work.session.execute(query).tuples()
    ]


def _openings(work: UnitOfWork, seal_id: str) -> list[UnfinishedUse]:
    served = (
        select(OpeningRequest.opening_id)
        .join(RequestSeal, RequestSeal.request_id == OpeningRequest.request_id)
        .where(RequestSeal.seal_id == seal_id)
    )
    out = select(SealReturn.opening_id).where(SealReturn.seal_id == seal_id, SealReturn.returned_at.is_(None))
    query = (
        select(Opening.id, Opening.number)
        .where(Opening.id.in_(served.union(out)), Opening.status.in_(_UNDER_WAY))
        .order_by(Opening.number)
        .limit(MOST)
    )
    return [
        UnfinishedUse("opening", row_id, number) for row_id, number in work.session.execute(query).tuples()
    ]


def _loan(work: UnitOfWork, seal_id: str) -> list[UnfinishedUse]:
    query = (
        select(Loan.id, Loan.number)
        .join(LoanSeal, LoanSeal.loan_id == Loan.id)
        .where(LoanSeal.seal_id == seal_id, Loan.status.in_((LoanStatus.PENDING, LoanStatus.OUT)))
        .order_by(Loan.number)
        .limit(MOST)
    )
    found = [UnfinishedUse("loan", row_id, number) for row_id, number in work.session.execute(query).tuples()]
    seal = work.session.get_one(Seal, seal_id)
    if not found and seal.whereabouts == Whereabouts.OUT_ON_LOAN:
        return [UnfinishedUse("loan", seal.id, seal.name)]
    return found
