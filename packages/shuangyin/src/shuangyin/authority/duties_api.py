"""Routes of delegations, of the separation of duties, and of later reviews."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response
from sqlalchemy import or_, select

from shuangyin.authority.commands import delegations, duties
from shuangyin.authority.kinds import ReviewStatus
from shuangyin.authority.models import AfterReview, Delegation, SmallUnit
from shuangyin.authority.schemas import (
    DelegationOut,
    DelegationsOut,
    GrantEnd,
    NewDelegation,
    NewOverride,
    NewSmallUnit,
    ReviewDecision,
    ReviewOut,
    SmallUnitEnd,
    SmallUnitOut,
)
from shuangyin.authority.separating import small_unit_of
from shuangyin.authority.views import delegations_out, names_for, reviews_out
from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, SignedIn, access
from shuangyin.core.http.paging import Cursor, Limit, Page, page_of, read_cursor
from shuangyin.core.http.routes import Routes
from shuangyin.core.http.writing import ExpectedVersion, Write
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.api import IdInPath

router = Routes(tags=["authority"])

Reader = Annotated[Actor, access("authority.read")]


@router.get("/delegations", response_model=Page[DelegationOut])
def list_delegations(
    platform: PlatformOf,
    actor: SignedIn,
    scope: Annotated[
        Literal["mine", "all"], Query(description="`all` for those who may see grants.")
    ] = "mine",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DelegationOut]:
    """Delegations, newest first: those the caller gave or has, or all of the organization."""
    if scope == "all":
        actor.require("authority.read")

    def query(work: UnitOfWork) -> Page[DelegationOut]:
        found = select(Delegation).where(Delegation.organization_id == actor.organization_id)
        if scope == "mine":
            found = found.where(
                or_(Delegation.delegator_id == actor.person_id, Delegation.delegate_id == actor.person_id)
            )
        before = read_cursor(cursor)
        if before is not None:
            found = found.where(Delegation.id < before)
        rows = list(work.session.scalars(found.order_by(Delegation.id.desc()).limit(limit + 1)))
        shown = {one.id: one for one in delegations_out(work, actor, rows)}
        return page_of(rows, limit, lambda row: row.id, lambda row: shown[row.id])

    return platform.view(query)


@router.post("/delegations", status_code=201, response_model=DelegationOut)
def delegate(body: NewDelegation, actor: SignedIn, write: Write) -> DelegationOut | Response:
    """Delegate for an absence, pass on, or in an emergency (second factor: act `authority.delegate`, subject the
    delegate's id)."""

    def command(work: UnitOfWork) -> DelegationOut:
        return delegations_out(work, actor, [delegations.delegate(work, actor, body)])[0]

    return write.run(actor, command, status=201)


@router.post("/delegations/{delegation_id}/end", response_model=DelegationsOut)
def end_delegation(
    delegation_id: IdInPath, body: GrantEnd, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> DelegationsOut | Response:
    """End a delegation and all that was passed on from it (second factor: a recent one, or act
    `authority.delegate`, subject the id)."""

    def command(work: UnitOfWork) -> DelegationsOut:
        ended = delegations.end_delegation(
            work, actor, delegation_id, reason=body.reason, proof=body.proof, expected=expected
        )
        return DelegationsOut(items=delegations_out(work, actor, ended))

    return write.run(actor, command)


@router.post("/authority/overrides", status_code=201, response_model=ReviewOut)
def override(body: NewOverride, actor: SignedIn, write: Write) -> ReviewOut | Response:
    """Lift the separation of duties for one person and one request; answers with the review that is owed for it
    (second factor: act `authority.override`, subject `{request_id}:{person_id}`)."""

    def command(work: UnitOfWork) -> ReviewOut:
        given = duties.give_override(work, actor, body)
        row = work.session.scalars(select(AfterReview).where(AfterReview.cause_id == given.id)).one()
        return reviews_out(work, actor, [row])[0]

    return write.run(actor, command, status=201)


@router.get("/authority/reviews", response_model=Page[ReviewOut])
def list_reviews(
    platform: PlatformOf,
    actor: Reader,
    status: ReviewStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ReviewOut]:
    """Later reviews of overrides, merged duties and emergencies, newest first."""

    def query(work: UnitOfWork) -> Page[ReviewOut]:
        found = select(AfterReview).where(AfterReview.organization_id == actor.organization_id)
        if status is not None:
            found = found.where(AfterReview.status == status)
        before = read_cursor(cursor)
        if before is not None:
            found = found.where(AfterReview.id < before)
        rows = list(work.session.scalars(found.order_by(AfterReview.id.desc()).limit(limit + 1)))
        shown = {one.id: one for one in reviews_out(work, actor, rows)}
        return page_of(rows, limit, lambda row: row.id, lambda row: shown[row.id])

    return platform.view(query)


@router.post("/authority/reviews/{review_id}/decision", response_model=ReviewOut)
def decide(
    review_id: IdInPath, body: ReviewDecision, actor: SignedIn, write: Write, expected: ExpectedVersion
) -> ReviewOut | Response:
    """Say whether it was right (second factor: a recent one, or act `authority.review`, subject the id)."""

    def command(work: UnitOfWork) -> ReviewOut:
        return reviews_out(work, actor, [duties.decide_review(work, actor, review_id, body, expected)])[0]

    return write.run(actor, command)


@router.get("/authority/small-unit", response_model=SmallUnitOut)
def small_unit(platform: PlatformOf, actor: Reader) -> SmallUnitOut:
    """Whether the unit is registered as a small one whose duties may be merged."""
    return platform.view(lambda work: _small_unit_out(work, small_unit_of(work, actor.organization_id)))


@router.post("/authority/small-unit", status_code=201, response_model=SmallUnitOut)
def register(body: NewSmallUnit, actor: SignedIn, write: Write) -> SmallUnitOut | Response:
    """Register the unit as a small one (second factor: act `authority.small_unit`, subject the reviewer's id)."""
    return write.run(
        actor,
        lambda work: _small_unit_out(work, duties.register_small_unit(work, actor, body)),
        status=201,
    )


@router.post("/authority/small-unit/end", response_model=SmallUnitOut)
def end_small_unit(body: SmallUnitEnd, actor: SignedIn, write: Write) -> SmallUnitOut | Response:
    """Keep duties apart from now on (second factor: act `authority.small_unit`, subject the registration's id)."""

    def command(work: UnitOfWork) -> SmallUnitOut:
        duties.end_small_unit(work, actor, proof=body.proof)
        return SmallUnitOut(registered=False)

    return write.run(actor, command)


def _small_unit_out(work: UnitOfWork, row: SmallUnit | None) -> SmallUnitOut:
    if row is None:
        return SmallUnitOut(registered=False)
    names = names_for(work, row.organization_id, people=[row.reviewer_id])
    return SmallUnitOut(
        registered=True,
        reviewer=names.person(row.reviewer_id),
        reviewer_kind=row.reviewer_kind,
        headcount=row.headcount,
        reason=row.reason,
        registered_at=row.registered_at,
    )
