"""Reads of copies that went out."""

from __future__ import annotations

from sqlalchemy import select

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import views
from shuangyin.custody.models import PhysicalUse
from shuangyin.custody.sent_copy_models import ReturnedCopies, SentCopies
from shuangyin.custody.sent_copy_rules import sealed_copies, state_of
from shuangyin.custody.sent_copy_schemas import ReturnedCopiesOut, SentCopiesOut, SentCopiesPage
from shuangyin.requests.models import UseRequest


def sendings(work: UnitOfWork, request_id: str) -> list[SentCopies]:
    """What went out of a request, oldest first."""
    query = select(SentCopies).where(SentCopies.request_id == request_id)
    return list(work.session.scalars(query.order_by(SentCopies.id)))


def sending(work: UnitOfWork, request_id: str, sending_id: str) -> SentCopies:
    """One of them. Raises NotFound."""
    found = next((one for one in sendings(work, request_id) if one.id == sending_id), None)
    if found is None:
        raise not_found("该次寄送", "sending")
    return found


def returns(work: UnitOfWork, sending_id: str) -> list[ReturnedCopies]:
    """What came back of a sending, oldest first."""
    query = select(ReturnedCopies).where(ReturnedCopies.sent_id == sending_id)
    return list(work.session.scalars(query.order_by(ReturnedCopies.id)))


def sealed(work: UnitOfWork, request: UseRequest) -> int:
    """How many copies of a request bear a physical seal by the register."""
    stamped: dict[str, list[int]] = {}
    for use in work.session.scalars(select(PhysicalUse).where(PhysicalUse.request_id == request.id)):
        if use.normal + use.seam + use.cover:
            stamped.setdefault(use.seal_id, []).append(use.copies)
    return sealed_copies(request.copies, stamped)


def owed_until(work: UnitOfWork, request_id: str) -> int | None:
    """The earliest time at which copies of a request are to be back; None when none is owed."""
    due = [
        one.due_at
        for one in sendings(work, request_id)
        if one.void_at is None
        and one.due_at is not None
        and sum(back.copies for back in returns(work, one.id)) < one.copies
    ]
    return min(due, default=None)


def page_of_request(work: UnitOfWork, actor: Actor, request: UseRequest) -> SentCopiesPage:
    """All sendings of a request as they are shown."""
    rows = sendings(work, request.id)
    back = {one.id: returns(work, one.id) for one in rows}
    people = views.People(
        work,
        [one.registered_by for one in rows] + [one.registered_by for found in back.values() for one in found],
    )
    may = request.applicant_id == actor.person_id or actor.may("custody.open")
    return SentCopiesPage(
        sealed=sealed(work, request),
        sent=sum(one.copies for one in rows if one.void_at is None),
        items=[_out(work, one, back[one.id], people) for one in rows],
        may_send=may,
    )


def _out(
    work: UnitOfWork, row: SentCopies, back: list[ReturnedCopies], people: views.People
) -> SentCopiesOut:
    count = sum(one.copies for one in back)
    return SentCopiesOut.model_validate(
        {
            **{
                name: getattr(row, name)
                for name in (
                    "id", "number", "copies", "recipient", "way", "courier", "tracking", "sent_at", "due_at",
                    "version",
                )
            },
            "state": state_of(
                work.now, copies=row.copies, back=count, due_at=row.due_at, void=row.void_at is not None
            ),
            "registered_by": people(row.registered_by),
            "back": count,
            "returned": [
                ReturnedCopiesOut(
                    copies=one.copies,
                    document_version_id=one.document_version_id,
                    sm3=one.sm3,
                    registered_by=people(one.registered_by),
                    registered_at=one.registered_at,
                )
                for one in back
            ],
        }
    )  # fmt: skip
