"""Reads of originals and their loans."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import or_, select

from shuangyin.approvals.ports import SubjectCard
from shuangyin.approvals.queries import approvers_of, persons_asked
from shuangyin.approvals.queries import route as route_of
from shuangyin.approvals.views import route_out
from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import queries, views
from shuangyin.custody.keeping_queries import keeps
from shuangyin.custody.loan_rules import Span
from shuangyin.custody.loan_views import parties_out
from shuangyin.custody.models import Safe, UsePhoto
from shuangyin.custody.occasions import Occasion, of_originals
from shuangyin.custody.original_models import (
    Original,
    OriginalLoan,
    OriginalLoanItem,
    OriginalLoanStatus,
    OriginalState,
)
from shuangyin.custody.original_rules import state_of
from shuangyin.custody.original_schemas import OriginalLoanItemOut, OriginalLoanOut, OriginalOut

SUBJECT_TYPE = "original_loan"
READERS = ("custody.read", "seals.manage")
HOLDS = (OriginalLoanStatus.APPROVED, OriginalLoanStatus.OUT)
"""Loans that keep their originals from others."""


def original(work: UnitOfWork, organization_id: str, original_id: str) -> Original:
    """One original of the organization. Raises NotFound."""
    found = work.session.scalar(
        select(Original).where(Original.id == original_id, Original.organization_id == organization_id)
    )
    if found is None:
        raise not_found("该原件", "original")
    return found


def occasion_of(work: UnitOfWork, found: OriginalLoan) -> Occasion:
    """Where the photo of the return belongs."""
    return of_originals(found, custodian_of(work, found, "back"))


def photo(work: UnitOfWork, actor: Actor, photo_id: str) -> UsePhoto:
    """One photo of custody, for who may see its opening, its loan or its loan of originals. Raises NotFound."""
    found = work.session.get(UsePhoto, photo_id)
    if found is None or found.original_loan_id is None or found.organization_id != actor.organization_id:
        return queries.photo(work, actor, photo_id)
    loan(work, actor, found.original_loan_id)
    return found


def originals(
    work: UnitOfWork, actor: Actor, *, state: str | None, q: str | None, before: str | None, limit: int
) -> list[Original]:
    """The register of originals, newest first; `q` is looked for in number, name and reference."""
    query = select(Original).where(Original.organization_id == actor.organization_id)
    if state is not None:
        query = query.where(Original.state == state)
    if q:
        query = query.where(
            or_(
                *(
                    column.contains(q, autoescape=True)
                    for column in (Original.number, Original.name, Original.reference)
                )
            )
        )
    if before is not None:
        query = query.where(Original.id < before)
    return list(work.session.scalars(query.order_by(Original.id.desc()).limit(limit)))


def in_safe(work: UnitOfWork, safe_id: str) -> list[Original]:
    """The originals that belong to a safe and were not given up, by slot."""
    query = select(Original).where(Original.safe_id == safe_id, Original.state != OriginalState.WITHDRAWN)
    return list(work.session.scalars(query.order_by(Original.slot, Original.number)))


def row(work: UnitOfWork, loan_id: str) -> OriginalLoan:
    """A loan that is known to exist."""
    return work.session.get_one(OriginalLoan, loan_id)


def loan(work: UnitOfWork, actor: Actor, loan_id: str) -> OriginalLoan:
    """One loan, for its borrower, the keepers of its safe, its approvers and who may read custody. Raises NotFound."""
    found = work.session.scalar(
        select(OriginalLoan).where(
            OriginalLoan.id == loan_id, OriginalLoan.organization_id == actor.organization_id
        )
    )
    if found is None or not _sees(work, actor, found):
        raise not_found("该借阅", "loan of originals")
    return found


def _sees(work: UnitOfWork, actor: Actor, found: OriginalLoan) -> bool:
    if any(actor.may(one) for one in READERS) or actor.person_id == found.borrower_id:
        return True
    if found.route_id is not None and actor.person_id in persons_asked(work, found.route_id):
        return True
    return keeps(work, work.session.get_one(Safe, found.safe_id), actor.person_id)


def loans(
    work: UnitOfWork, actor: Actor, *, state: str | None, before: str | None, limit: int
) -> list[OriginalLoan]:
    """Loans of originals, newest first: all for those who read custody or keep safes, for others their own."""
    query = select(OriginalLoan).where(OriginalLoan.organization_id == actor.organization_id)
    if not any(actor.may(one) for one in (*READERS, "custody.open")):
        query = query.where(OriginalLoan.borrower_id == actor.person_id)
    if state == "overdue":
        query = query.where(OriginalLoan.status == OriginalLoanStatus.OUT, OriginalLoan.due_at <= work.now)
    elif state is not None:
        query = query.where(OriginalLoan.status == state)
    if before is not None:
        query = query.where(OriginalLoan.id < before)
    return list(work.session.scalars(query.order_by(OriginalLoan.id.desc()).limit(limit)))


def items(work: UnitOfWork, loan_id: str) -> list[tuple[OriginalLoanItem, Original]]:
    """The originals of a loan, by number."""
    rows = work.session.execute(
        select(OriginalLoanItem, Original)
        .join(Original, Original.id == OriginalLoanItem.original_id)
        .where(OriginalLoanItem.loan_id == loan_id)
        .order_by(Original.number)
    )
    return list(rows.tuples())


def spans_of(work: UnitOfWork, original_id: str, *, but: str | None = None) -> list[Span]:
    """The times of an original's loans that are approved or out, `but` one of them."""
    query = (
        select(OriginalLoan)
        .join(OriginalLoanItem, OriginalLoanItem.loan_id == OriginalLoan.id)
        .where(OriginalLoanItem.original_id == original_id, OriginalLoan.status.in_(HOLDS))
    )
    return [
        Span(one.number, one.from_at, one.due_at, one.status == OriginalLoanStatus.OUT)
        for one in work.session.scalars(query)
        if one.id != but
    ]


def unfinished_of(work: UnitOfWork, organization_id: str, person_id: str) -> list[OriginalLoan]:
    """Loans that a person has out, or may still take out."""
    query = select(OriginalLoan).where(
        OriginalLoan.organization_id == organization_id,
        OriginalLoan.borrower_id == person_id,
        OriginalLoan.status.in_((OriginalLoanStatus.ASKED, *HOLDS)),
    )
    return list(work.session.scalars(query.order_by(OriginalLoan.id)))


def _lent_on(work: UnitOfWork, found: Original) -> OriginalLoan | None:
    if found.state != OriginalState.LENT:
        return None
    query = (
        select(OriginalLoan)
        .join(OriginalLoanItem, OriginalLoanItem.loan_id == OriginalLoan.id)
        .where(OriginalLoanItem.original_id == found.id, OriginalLoan.status == OriginalLoanStatus.OUT)
    )
    return work.session.scalar(query)


def original_out(work: UnitOfWork, found: Original) -> OriginalOut:
    """An original as the register shows it, with who has it."""
    on = _lent_on(work, found)
    people = views.People(work, [] if on is None else [on.borrower_id])
    return OriginalOut.model_validate(
        {
            **{
                name: getattr(found, name)
                for name in (
                    "id", "number", "kind", "name", "reference", "condition", "safe_id", "slot", "route_code",
                    "state", "registered_at", "version",
                )
            },
            "safe_name": work.session.get_one(Safe, found.safe_id).name,
            "lent_to": None if on is None else people(on.borrower_id),
            "loan_id": None if on is None else on.id,
            "due_at": None if on is None else on.due_at,
        }
    )  # fmt: skip


def custodian_of(work: UnitOfWork, found: OriginalLoan, phase: str) -> str:
    """Who gave the originals out or took them back, or the safe's designated custodian as long as nobody has."""
    there = queries.confirmations(work, found.id, phase)
    if "custodian" in there:
        return there["custodian"].person_id
    return work.session.get_one(Safe, found.safe_id).custodian_id


def loan_out(work: UnitOfWork, actor: Actor, found: OriginalLoan, *, listed: bool = False) -> OriginalLoanOut:
    """A loan as it is shown; in a list without the route of its approval."""
    safe = work.session.get_one(Safe, found.safe_id)
    approvers = approvers_of(work, found.route_id)
    gave, took = custodian_of(work, found, "out"), custodian_of(work, found, "back")
    people = views.People(work, [found.borrower_id, gave, took, *approvers])
    photos = [] if listed else queries.photos_of(work, occasion_of(work, found))
    return OriginalLoanOut.model_validate(
        {
            **{
                name: getattr(found, name)
                for name in (
                    "id", "number", "purpose", "place", "from_at", "due_at", "requested_at", "decided_at",
                    "out_at", "back_at", "overdue_at", "escalated_at", "version",
                )
            },
            "state": state_of(work.now, status=found.status, due_at=found.due_at),
            "borrower": people(found.borrower_id),
            "custodian": people(gave),
            "approvers": [people(one) for one in approvers],
            "safe_name": safe.name,
            "items": [_item_out(line, one) for line, one in items(work, found.id)],
            "out": parties_out(
                work, people, found.id, "out", {"borrower": found.borrower_id, "custodian": gave}
            ),
            "back": parties_out(
                work, people, found.id, "back", {"borrower": found.borrower_id, "custodian": took}
            ),
            "route": None if listed or found.route_id is None else route_out(work, route_of(work, found.route_id)),
            "photos": [views.photo_out(work, one) for one in photos],
            "i_keep": keeps(work, safe, actor.person_id),
        }
    )  # fmt: skip


def _item_out(line: OriginalLoanItem, of: Original) -> OriginalLoanItemOut:
    return OriginalLoanItemOut.model_validate(
        {
            "original_id": of.id,
            "number": of.number,
            "kind": of.kind,
            "name": of.name,
            "slot": of.slot,
            "intact": line.intact,
            "note": line.note,
        }
    )


def cards(work: UnitOfWork, loan_ids: Collection[str]) -> Mapping[str, SubjectCard]:
    """What a list of approvals shows of loans."""
    found = work.session.scalars(select(OriginalLoan).where(OriginalLoan.id.in_(list(loan_ids))))
    return {
        one.id: SubjectCard(
            number=one.number,
            applicant_id=one.borrower_id,
            document_kind=SUBJECT_TYPE,
            amount_minor=None,
            currency="CNY",
            medium="",
            seal_names=tuple(of.name for _, of in items(work, one.id)),
            counterparty_name="",
            high_risk=False,
            status=one.status,
        )
        for one in found
    }
