"""Open and close monthly audits; answer, rectify and settle findings.

An audit takes in the differences when it is opened. What is noticed while it is open is taken in by an act of its own
(`take_in`), so that nobody's list grows under his hands; an audit is not closed while something waits to be taken in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from evidencelog.entry import JsonValue
from shuangyin.audit import queries, rules
from shuangyin.audit.errors import audit_closed, refused
from shuangyin.audit.models import Audit, AuditFinding, AuditStatus
from shuangyin.audit.months import end_of, month_of
from shuangyin.audit.schemas import FindingAnswer, FindingSettlement
from shuangyin.core.actor import Actor
from shuangyin.core.clock import beijing_time
from shuangyin.core.errors import stale_version
from shuangyin.core.numbers import next_number
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.queries import person as person_of

CONDUCT = "audit.conduct"
ANSWER = "audit.answer"
SERIES = "问题"


def open_audit(work: UnitOfWork, actor: Actor, month: str) -> Audit:
    """Open the audit of a month and take in every difference noticed before its end.

    Raises Forbidden, Refused (AUDIT_EXISTS, AUDIT_RUNNING, AUDIT_MONTH_AHEAD, AUDIT_MONTH_PAST).
    """
    actor.require(CONDUCT)
    last, running = (one(work, actor.organization_id) for one in (queries.latest, queries.running))
    _unless(
        rules.object_to_opening(
            month,
            this_month=month_of(work.now),
            latest=last.month if last else None,
            running=running.month if running else None,
        )
    )
    audit = Audit(
        id=work.new_id(),
        organization_id=actor.organization_id,
        month=month,
        status=AuditStatus.OPEN,
        open_slot=actor.organization_id,
        opened_by=actor.person_id,
        opened_at=work.now,
    )
    work.session.add(audit)
    work.session.flush()
    carried: list[JsonValue] = [one.id for one in queries.findings(work, audit)]
    record(
        work,
        actor,
        kind="audit.opened",
        subject_type="audit",
        subject_id=audit.id,
        facts={"month": month, "carried": carried},
    )
    _take_in(work, actor, audit)
    return audit


def take_in(work: UnitOfWork, actor: Actor, audit_id: str, *, expected: int | None) -> Audit:
    """Take in the differences that were noticed since an audit was opened. Raises Forbidden, Conflict, Stale."""
    audit = _conducted(work, actor, audit_id, expected)
    _take_in(work, actor, audit)
    return audit


def close_audit(work: UnitOfWork, actor: Actor, audit_id: str, *, expected: int | None) -> Audit:
    """Close an audit whose month is over and whose findings are all settled or to be rectified by a date.

    Raises Forbidden, Conflict, Stale, Refused (AUDIT_MONTH_RUNNING, AUDIT_DIFFERENCES_NEW, AUDIT_FINDINGS_OPEN).
    """
    audit = _conducted(work, actor, audit_id, expected)
    found = queries.findings(work, audit)
    unanswered = [one for one in found if not queries.stand_of(one).lets_close]
    _unless(
        rules.object_to_closing(
            audit.month,
            over=work.now >= end_of(audit.month),
            new=len(queries.new_differences(work, audit)),
            unanswered=len(unanswered),
        )
    )
    audit.status, audit.open_slot = AuditStatus.CLOSED, None
    audit.closed_by, audit.closed_at = actor.person_id, work.now
    work.session.flush()
    unsettled = sum(one.settled_at is None for one in found)
    record(
        work,
        actor,
        kind="audit.closed",
        subject_type="audit",
        subject_id=audit.id,
        facts={"month": audit.month, "findings": len(found), "unsettled": unsettled},
    )
    return audit


def answer(
    work: UnitOfWork, actor: Actor, finding_id: str, given: FindingAnswer, *, expected: int | None
) -> AuditFinding:
    """Say who is responsible for a finding, its cause, and what is done until when; also anew, until it is settled.

    A new answer takes back a report of rectification that was made on the one before. Raises Forbidden, NotFound,
    Stale, Refused (FINDING_SETTLED, RECTIFICATION_INCOMPLETE, DUE_PAST).
    """
    actor.require(ANSWER)
    found = _finding(work, actor, finding_id, expected)
    person_of(work, actor.organization_id, given.responsible_id)
    _unless(
        rules.object_to_answer(
            queries.stand_of(found),
            rectification=given.rectification or None,
            due_on=given.due_on,
            today=beijing_time(work.now).date(),
        )
    )
    found.responsible_id, found.cause = given.responsible_id, given.cause
    found.rectification = given.rectification or None
    found.due_on = given.due_on.isoformat() if given.due_on else None
    found.answered_by, found.answered_at = actor.person_id, work.now
    found.rectified_by = found.rectified_at = found.rectified_note = None
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "responsible": found.responsible_id,
        "cause": digest_of(found.cause or ""),
        "rectification": digest_of(found.rectification) if found.rectification else None,
        "due_on": found.due_on,
    }
    _record(work, actor, found, "audit.finding_answered", facts)
    return found


def report_rectified(
    work: UnitOfWork, actor: Actor, finding_id: str, note: str, *, expected: int | None
) -> AuditFinding:
    """Report that the measures against a finding were taken.

    Raises Forbidden, NotFound, Stale, Refused (FINDING_SETTLED, NO_RECTIFICATION, ALREADY_RECTIFIED).
    """
    actor.require(ANSWER)
    found = _finding(work, actor, finding_id, expected)
    _unless(rules.object_to_rectifying(queries.stand_of(found)))
    found.rectified_by, found.rectified_at, found.rectified_note = actor.person_id, work.now, note
    work.session.flush()
    _record(work, actor, found, "audit.finding_rectified", {"note": digest_of(note)})
    return found


def settle(
    work: UnitOfWork, actor: Actor, finding_id: str, given: FindingSettlement, *, expected: int | None
) -> AuditFinding:
    """Settle a finding as explained or as rectified, with the figures that the accounts have at that time.

    Raises Forbidden, NotFound, Stale, Refused (FINDING_SETTLED, FINDING_UNANSWERED, SAME_PERSON, NOT_RECTIFIED).
    """
    actor.require(CONDUCT)
    found = _finding(work, actor, finding_id, expected)
    _unless(
        rules.object_to_settling(
            queries.stand_of(found), person_id=actor.person_id, outcome=rules.Outcome(given.outcome)
        )
    )
    figures = queries.figures_now(work, [found])[found.id]
    found.outcome, found.reason = given.outcome, given.reason
    found.settled_by, found.settled_at, found.slot = actor.person_id, work.now, None
    found.settled_figures = queries.kept_figures(figures)
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "outcome": found.outcome,
        "reason": digest_of(given.reason),
        "figures": asdict(figures),
    }
    _record(work, actor, found, "audit.finding_settled", facts)
    return found


def _take_in(work: UnitOfWork, actor: Actor, audit: Audit) -> None:
    for one in queries.new_differences(work, audit):
        found = AuditFinding(
            id=work.new_id(),
            organization_id=audit.organization_id,
            number=next_number(work, audit.organization_id, SERIES),
            audit_id=audit.id,
            kind=one.kind.value,
            about=one.about,
            slot=one.key,
            seal_id=one.seal_id,
            device_id=one.device_id,
            request_id=one.request_id,
            permit_id=one.permit_id,
            paper_permit_id=one.paper_permit_id,
            stocktake_id=one.stocktake_id,
            alarm_id=one.alarm_id,
            figures=queries.kept_figures(one.figures),
            noticed_at=one.noticed_at,
            found_at=work.now,
        )
        work.session.add(found)
        work.session.flush()
        names = ("kind", "about", "seal_id", "device_id", "request_id", "permit_id", "paper_permit_id")
        stated: dict[str, JsonValue] = {
            name.removesuffix("_id"): getattr(found, name)
            for name in (*names, "stocktake_id", "alarm_id", "noticed_at", "number")
        }
        facts = {"audit": audit.id, **stated, "figures": asdict(one.figures)}
        _record(work, actor, found, "audit.finding_taken_in", facts)


def _conducted(work: UnitOfWork, actor: Actor, audit_id: str, expected: int | None) -> Audit:
    actor.require(CONDUCT)
    audit = queries.get(work, actor, audit_id)
    if expected is not None and expected != audit.version:
        raise stale_version()
    if not queries.is_open(audit):
        raise audit_closed(audit.month)
    return audit


def _finding(work: UnitOfWork, actor: Actor, finding_id: str, expected: int | None) -> AuditFinding:
    found = queries.finding(work, actor, finding_id)
    if expected is not None and expected != found.version:
        raise stale_version()
    return found


def _unless(objection: rules.Objection | None) -> None:
    if objection is not None:
        raise refused(objection)


def _record(
    work: UnitOfWork, actor: Actor, found: AuditFinding, kind: str, facts: Mapping[str, JsonValue]
) -> None:
    record(work, actor, kind=kind, subject_type="finding", subject_id=found.id, facts=facts)
