"""Lift the separation of duties for one request, register a small unit, and review afterwards what rested on it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from sqlalchemy import func, select

from evidencelog.entry import JsonValue
from shuangyin.authority import errors
from shuangyin.authority.kinds import ReviewKind, ReviewStatus
from shuangyin.authority.models import AfterReview, DutyOverride, SmallUnit
from shuangyin.authority.ports import duty_subjects
from shuangyin.authority.rules.duties import (
    REVIEW_WORKING_DAYS,
    Duties,
    Verdict,
    objection_to_override,
    objection_to_reviewer,
    objection_to_small_unit,
)
from shuangyin.authority.schemas import NewOverride, NewSmallUnit, ReviewDecision
from shuangyin.authority.separating import override_of, small_unit_of, verdict
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.organization.calendar import end_of_term
from shuangyin.people.commands import require_second_factor
from shuangyin.people.models import Person, PersonStatus
from shuangyin.people.queries import person


def give_override(work: UnitOfWork, actor: Actor, new: NewOverride) -> DutyOverride:
    """Let one person do two duties of one request, with a reason, to be reviewed by somebody else afterwards.

    Raises Forbidden, Refused (OVERRIDE_SELF, OVERRIDE_NEEDLESS), Conflict (OVERRIDE_GIVEN), NotFound.
    """
    actor.require("authority.override")
    duties = duty_subjects(work).duties(work, actor, new.request_id)
    person(work, actor.organization_id, new.person_id)
    objection = objection_to_override(
        giver_id=actor.person_id,
        person_id=new.person_id,
        applicant_id=duties.applicant_id,
        approver_ids=duties.final_approver_ids,
    )
    if objection is not None:
        raise errors.duty_refused(objection)
    if override_of(work, new.request_id, new.person_id) is not None:
        raise errors.override_given()
    subject = f"{new.request_id}:{new.person_id}"
    require_second_factor(
        work, actor, act="authority.override", subject=subject, proof=new.proof, strength="each"
    )
    row = _override(work, actor, new.request_id, new.person_id, "override", new.reason)
    open_review(
        work,
        actor,
        ReviewKind.OVERRIDE,
        cause_id=row.id,
        subject_id=new.request_id,
        barred={actor.person_id, new.person_id, duties.applicant_id},
        reviewer_id=None,
        since=work.now,
    )
    return row


def note_merged(work: UnitOfWork, actor: Actor, subject_id: str, duties: Duties) -> Verdict:
    """A use was made: say on what the separation of its duties rests, and open the review that merged ones owe."""
    found = verdict(work, actor.organization_id, subject_id, duties)
    unit = small_unit_of(work, actor.organization_id) if found == "small_unit" else None
    if unit is not None and override_of(work, subject_id, duties.presser_id) is None:
        row = _override(work, actor, subject_id, duties.presser_id, "small_unit", unit.reason)
        open_review(
            work,
            actor,
            ReviewKind.SMALL_UNIT,
            cause_id=row.id,
            subject_id=subject_id,
            barred=(),
            reviewer_id=unit.reviewer_id,
            since=work.now,
        )
    return found


def register_small_unit(work: UnitOfWork, actor: Actor, new: NewSmallUnit) -> SmallUnit:
    """State that the unit is too small to keep its duties apart, and who reviews every such use afterwards.

    Raises Forbidden, Refused (UNIT_NOT_SMALL, UNIT_OF_ONE), Conflict (SMALL_UNIT_REGISTERED), NotFound.
    """
    actor.require("authority.grant")
    if small_unit_of(work, actor.organization_id) is not None:
        raise errors.small_unit_registered()
    if person(work, actor.organization_id, new.reviewer_id).status != PersonStatus.ACTIVE:
        raise errors.holder_left()
    headcount = _headcount(work, actor.organization_id)
    # The owner of a small unit is often its legal representative, who may well review what his people did.
    by = "" if new.reviewer_kind == "owner" else actor.person_id
    objection = objection_to_small_unit(headcount=headcount, reviewer_id=new.reviewer_id, registered_by=by)
    if objection is not None:
        raise errors.duty_refused(objection)
    require_second_factor(
        work, actor, act="authority.small_unit", subject=new.reviewer_id, proof=new.proof, strength="each"
    )
    row = SmallUnit(
        id=work.new_id(),
        organization_id=actor.organization_id,
        reviewer_id=new.reviewer_id,
        reviewer_kind=new.reviewer_kind,
        headcount=headcount,
        reason=new.reason,
        registered_by=actor.person_id,
        registered_at=work.now,
        open_slot=actor.organization_id,
    )
    work.session.add(row)
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "reviewer": row.reviewer_id,
        "reviewer_kind": row.reviewer_kind,
        "headcount": headcount,
        "reason": digest_of(row.reason),
    }
    _record(work, actor, "authority.small_unit_registered", "small_unit", row.id, facts)
    return row


def end_small_unit(work: UnitOfWork, actor: Actor, *, proof: str | None) -> SmallUnit:
    """From now on the unit keeps its duties apart. Raises Forbidden, Conflict (SMALL_UNIT_ABSENT)."""
    actor.require("authority.grant")
    row = small_unit_of(work, actor.organization_id)
    if row is None:
        raise errors.small_unit_absent()
    require_second_factor(
        work, actor, act="authority.small_unit", subject=row.id, proof=proof, strength="each"
    )
    row.ended_at, row.open_slot = work.now, None
    work.session.flush()
    _record(work, actor, "authority.small_unit_ended", "small_unit", row.id, {})
    return row


def decide_review(
    work: UnitOfWork, actor: Actor, review_id: str, decision: ReviewDecision, expected: int | None
) -> AfterReview:
    """Say whether what was done without separate duties or in an emergency was right.

    Raises Forbidden, Refused (REVIEW_OWN, REVIEW_OTHERS), Conflict (REVIEW_DONE), Stale, NotFound.
    """
    row = work.session.scalar(
        select(AfterReview).where(
            AfterReview.id == review_id, AfterReview.organization_id == actor.organization_id
        )
    )
    if row is None:
        raise errors.no_such_review()
    if row.reviewer_id is None:
        actor.require("authority.review")
    objection = objection_to_reviewer(
        actor.person_id, named_id=row.reviewer_id, barred_ids=json.loads(row.barred_ids)
    )
    if objection is not None:
        raise errors.duty_refused(objection)
    if expected is not None and expected != row.version:
        raise stale_version()
    if row.status != ReviewStatus.OPEN:
        raise errors.review_done()
    require_second_factor(
        work, actor, act="authority.review", subject=row.id, proof=decision.proof, strength="window"
    )
    row.status = ReviewStatus.UPHELD if decision.upheld else ReviewStatus.NOT_UPHELD
    row.reviewed_by, row.reviewed_at, row.comment = actor.person_id, work.now, decision.comment
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "review": row.id,
        "kind": row.kind,
        "cause": row.cause_id,
        "verdict": row.status.value,
        "overdue": work.now > row.due_at,
        "comment": digest_of(decision.comment),
    }
    subject_type, subject_id = _subject(row)
    _record(work, actor, "authority.reviewed", subject_type, subject_id, facts)
    return row


def open_review(
    work: UnitOfWork,
    actor: Actor,
    kind: ReviewKind,
    *,
    cause_id: str,
    subject_id: str | None,
    barred: Collection[str],
    reviewer_id: str | None,
    since: int,
) -> AfterReview:
    """Owe a later review, due so many working days after an instant."""
    row = AfterReview(
        id=work.new_id(),
        organization_id=actor.organization_id,
        kind=kind,
        cause_id=cause_id,
        subject_id=subject_id,
        reviewer_id=reviewer_id,
        barred_ids=json.dumps(sorted(barred)),
        opened_at=work.now,
        due_at=end_of_term(work, actor.organization_id, since, REVIEW_WORKING_DAYS),
        status=ReviewStatus.OPEN,
    )
    work.session.add(row)
    work.session.flush()
    subject_type, of_id = _subject(row)
    facts: dict[str, JsonValue] = {
        "review": row.id,
        "kind": kind.value,
        "cause": cause_id,
        "due_at": row.due_at,
        "reviewer": reviewer_id,
    }
    _record(work, actor, "authority.review_opened", subject_type, of_id, facts)
    return row


def _override(
    work: UnitOfWork, actor: Actor, subject_id: str, person_id: str, basis: str, reason: str
) -> DutyOverride:
    row = DutyOverride(
        id=work.new_id(),
        organization_id=actor.organization_id,
        subject_id=subject_id,
        person_id=person_id,
        basis=basis,
        reason=reason,
        given_by=actor.person_id,
        given_at=work.now,
    )
    if actor.is_system:
        row.given_by = person_id
    work.session.add(row)
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "override": row.id,
        "person": person_id,
        "basis": basis,
        "reason": digest_of(reason),
    }
    _record(work, actor, "authority.duties_merged", "request", subject_id, facts)
    return row


def _subject(row: AfterReview) -> tuple[str, str]:
    return ("request", row.subject_id) if row.subject_id is not None else ("delegation", row.cause_id)


def _headcount(work: UnitOfWork, organization_id: str) -> int:
    query = select(func.count()).where(
        Person.organization_id == organization_id, Person.status == PersonStatus.ACTIVE
    )
    return work.session.scalar(query) or 0


def _record(
    work: UnitOfWork,
    actor: Actor,
    kind: str,
    subject_type: str,
    subject_id: str,
    facts: Mapping[str, JsonValue],
) -> None:
    record(work, actor, kind=kind, subject_type=subject_type, subject_id=subject_id, facts=facts)
