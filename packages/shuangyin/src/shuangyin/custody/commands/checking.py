"""Check a paper before it is pressed, under the eyes of a supervisor where the list asks for one."""

from __future__ import annotations

from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import errors, loan_errors, queries
from shuangyin.custody.checklist_models import PressCheck
from shuangyin.custody.checklist_queries import checks_of
from shuangyin.custody.checklist_rules import POINTS, object_to_supervisor
from shuangyin.custody.checklist_schemas import NewPressCheck
from shuangyin.custody.models import LoanStatus, OpeningStatus
from shuangyin.custody.occasions import Occasion, at_safe, on_loan
from shuangyin.evidence.commands import record
from shuangyin.people.commands.confirm_identity import Confirmed
from shuangyin.requests.models import UseRequest


def occasion_of_opening(work: UnitOfWork, actor: Actor, opening_id: str) -> Occasion:
    """An opening that stands, for its two persons. Raises Conflict, Forbidden, NotFound."""
    opening = queries.opening(work, actor, opening_id)
    over = opening.closes_by is not None and work.now > opening.closes_by
    if opening.status != OpeningStatus.OPEN or over:
        raise errors.not_open()
    if actor.person_id not in (opening.custodian_id, opening.reviewer_id):
        raise errors.not_yours()
    return at_safe(opening)


def occasion_of_loan(work: UnitOfWork, actor: Actor, loan_id: str) -> Occasion:
    """A loan that is out, for escort and custodian. Raises Conflict, Forbidden, NotFound."""
    loan = queries.loan(work, actor, loan_id)
    if loan.status != LoanStatus.OUT:
        raise loan_errors.not_out()
    if actor.person_id not in (loan.custodian_id, loan.escort_id):
        raise loan_errors.not_a_party()
    return on_loan(loan, queries.request(work, loan.organization_id, loan.request_id))


def check_paper(work: UnitOfWork, actor: Actor, occasion: Occasion, found: NewPressCheck) -> PressCheck:
    """Keep what was found of a request's paper, also when a point fails: then it cannot be pressed until it is checked
    anew. Raises NotFound for a request of another occasion."""
    request = _request_on(work, actor, occasion, found.request_id)
    points = {point: bool(getattr(found, point)) for point in POINTS}
    check = PressCheck(
        id=work.new_id(),
        organization_id=actor.organization_id,
        opening_id=occasion.opening_id,
        loan_id=occasion.loan_id,
        request_id=request.id,
        **points,
        checked_by=actor.person_id,
        checked_at=work.now,
    )
    work.session.add(check)
    work.session.flush()
    record(
        work,
        actor,
        kind="custody.paper_checked",
        subject_type="request",
        subject_id=request.id,
        facts={"check": check.id, **points},
    )
    return check


def supervise(
    work: UnitOfWork, actor: Actor, occasion: Occasion, check_id: str, shown: Confirmed
) -> PressCheck:
    """Note that a supervisor identified himself at a check and watches. Raises NotFound, Refused
    (SUPERVISOR_NOT_APART)."""
    check = next((one for one in checks_of(work, occasion) if one.id == check_id), None)
    if check is None:
        raise not_found("该次用印前核对", "check")
    request = queries.request(work, actor.organization_id, check.request_id)
    objection = object_to_supervisor(shown.person_id, occasion.present, request.applicant_id)
    if objection is not None:
        raise errors.refused(objection)
    check.supervisor_id, check.supervised_at = shown.person_id, work.now
    work.session.flush()
    record(
        work,
        actor,
        kind="custody.press_supervised",
        subject_type="request",
        subject_id=request.id,
        facts={"check": check.id, "supervisor": shown.person_id, "two_factors": shown.two_factors},
    )
    return check


def _request_on(work: UnitOfWork, actor: Actor, occasion: Occasion, request_id: str) -> UseRequest:
    if occasion.opening_id is not None:
        opening = queries.opening(work, actor, occasion.opening_id)
        return queries.request_in(work, opening, request_id)
    loan = queries.loan(work, actor, occasion.loan_id or "")
    if loan.request_id != request_id:
        raise loan_errors.other_request()
    return queries.request(work, loan.organization_id, request_id)
