"""Lend originals: asked for, approved, taken out and brought back by borrower and custodian together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evidencelog.entry import JsonValue
from shuangyin.alarms.commands import raise_alarm
from shuangyin.approvals import errors as approval_errors
from shuangyin.approvals.commands import RouteOrigin, start
from shuangyin.approvals.commands.departing import end_started
from shuangyin.approvals.directory import OrganizationDirectory
from shuangyin.approvals.models import ApprovalRoute, RouteStatus
from shuangyin.approvals.naming import named_route
from shuangyin.approvals.ports import Subject
from shuangyin.approvals.rules.definitions import ApproverKind, Approvers, RouteFacts, StepDefinition
from shuangyin.approvals.rules.planning import Nobody, plan_route
from shuangyin.core.actor import Actor
from shuangyin.core.errors import not_found, stale_version
from shuangyin.core.live import tell_live
from shuangyin.core.numbers import next_number
from shuangyin.core.objects import WrittenObject
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import errors, loan_errors, original_errors, original_queries, queries
from shuangyin.custody.commands.confirming import note_confirmation
from shuangyin.custody.commands.originals import note
from shuangyin.custody.commands.stocktakes import require_not_counted
from shuangyin.custody.commands.uses import keep_photo
from shuangyin.custody.keeping_queries import keeps, require_lock_changed
from shuangyin.custody.loan_rules import object_to_take_out, object_to_time
from shuangyin.custody.models import PhotoMoment, Safe, UsePhoto
from shuangyin.custody.original_models import (
    Original,
    OriginalLoan,
    OriginalLoanItem,
    OriginalLoanStatus,
    OriginalState,
)
from shuangyin.custody.original_rules import Returned, binding_of, object_to_overlap, object_to_return
from shuangyin.custody.original_schemas import NewOriginalLoan, ReturnedOriginal
from shuangyin.custody.rules import Objection
from shuangyin.evidence.commands import digest_of, record
from shuangyin.people.commands.confirm_identity import Confirmed
from shuangyin.people.queries import person as person_of

TOPIC = "original-loans"
_SUPERIOR = StepDefinition(
    key="superior",
    name=Text("上级审批", "Approval: superior"),
    approvers=Approvers(kind=ApproverKind.SUPERIORS, levels=1),
)
"""Who approves where an original names no route of its own."""


def ask_for_originals(work: UnitOfWork, actor: Actor, new: NewOriginalLoan) -> OriginalLoan:
    """Ask to borrow originals of one safe; the route of each has to approve.

    Raises Refused (LOAN_TIME, LOAN_TOO_LONG, LOAN_OVERLAPS, ORIGINAL_NOT_HERE, NO_APPROVER), NotFound, Invalid
    (ORIGINALS_OF_SEVERAL_SAFES).
    """
    actor.require("requests.apply")
    _refuse(object_to_time(work.now, new.from_at, new.due_at))
    ids = sorted(set(new.original_ids))
    asked = [original_queries.original(work, actor.organization_id, one) for one in ids]
    if len({one.safe_id for one in asked}) != 1:
        raise original_errors.several_safes()
    for one in asked:
        if one.state in (OriginalState.MISSING, OriginalState.WITHDRAWN):
            raise original_errors.not_here(one.name)
        spans = original_queries.spans_of(work, one.id)
        _refuse(object_to_overlap(one.name, spans, from_at=new.from_at, due_at=new.due_at, now=work.now))
    loan = OriginalLoan(
        id=work.new_id(),
        organization_id=actor.organization_id,
        number=next_number(work, actor.organization_id, "借阅"),
        safe_id=asked[0].safe_id,
        borrower_id=actor.person_id,
        purpose=new.purpose,
        place=new.place,
        from_at=new.from_at,
        due_at=new.due_at,
        status=OriginalLoanStatus.ASKED,
        binding=binding_of(
            ids,
            borrower_id=actor.person_id,
            purpose=new.purpose,
            place=new.place,
            from_at=new.from_at,
            due_at=new.due_at,
        ),
        requested_at=work.now,
    )
    work.session.add(loan)
    work.session.flush()
    work.session.add_all(
        OriginalLoanItem(loan_id=loan.id, original_id=one, organization_id=loan.organization_id)
        for one in ids
    )
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "number": loan.number,
        "originals": [*ids],
        "from_at": loan.from_at,
        "due_at": loan.due_at,
        "purpose": digest_of(loan.purpose),
        "place": digest_of(loan.place),
        "binding": loan.binding,
    }
    _record(work, actor, loan, "custody.original_loan_requested", facts)
    _start_approval(work, actor, loan, asked)
    _tell(work, loan)
    return loan


def decided(work: UnitOfWork, actor: Actor, loan_id: str, status: OriginalLoanStatus) -> None:
    """What the route said: approved, rejected or sent back; only what is approved can be taken out."""
    loan = original_queries.row(work, loan_id)
    loan.status, loan.decided_at = status, work.now
    work.session.flush()
    _record(
        work, actor, loan, "custody.original_loan_decided", {"number": loan.number, "status": status.value}
    )
    _tell(work, loan)


def confirm_original_loan(work: UnitOfWork, actor: Actor, loan_id: str, shown: Confirmed) -> OriginalLoan:
    """Note that the borrower or a keeper of the safe confirmed that the originals go out, or that they are back.

    An approved loan goes out when both have, one that is out is returned when both have; before that the custodian has
    looked at every original and photographed them in their slot. Raises Conflict (NOTHING_TO_CONFIRM), Forbidden (NOT_A_PARTY), Refused.
    """
    loan = original_queries.loan(work, actor, loan_id)
    if loan.status not in (OriginalLoanStatus.APPROVED, OriginalLoanStatus.OUT):
        raise loan_errors.ended()
    phase = "out" if loan.status == OriginalLoanStatus.APPROVED else "back"
    lines = original_queries.items(work, loan.id)
    if phase == "out":
        _require_may_go(work, loan, [one for _, one in lines])
    else:
        _refuse(object_to_return(Returned(one.name, line.intact, line.note) for line, one in lines))
        if not queries.photos_of(work, original_queries.occasion_of(work, loan)):
            raise original_errors.unphotographed()
    parties = _parties(work, loan, phase, shown.person_id)
    if note_confirmation(work, actor, (original_queries.SUBJECT_TYPE, loan.id), phase, parties, shown):
        if phase == "out":
            _take_out(work, actor, loan, lines)
        else:
            _bring_back(work, actor, loan, lines)
    work.session.flush()
    _tell(work, loan)
    return loan


def check_returned(
    work: UnitOfWork, actor: Actor, loan_id: str, found: Sequence[ReturnedOriginal]
) -> OriginalLoan:
    """Enter in which condition originals came back, by a keeper of the safe, until the first of the two confirms.

    Raises Conflict (LOAN_NOT_OUT, CONFIRMED_ALREADY), Forbidden (NOT_KEEPER_OF_SAFE), NotFound.
    """
    loan = _coming_back(work, actor, loan_id)
    lines = {line.original_id: line for line, _ in original_queries.items(work, loan.id)}
    entered: list[JsonValue] = []
    for one in found:
        line = lines.get(one.original_id)
        if line is None:
            raise not_found("借阅中的该原件", "original of this loan")
        line.intact = one.intact
        line.note = (one.note or "").strip() or None
        line.checked_by, line.checked_at = actor.person_id, work.now
        entered.append(
            {
                "original": line.original_id,
                "intact": line.intact,
                "note": digest_of(line.note) if line.note else None,
            }
        )
    work.session.flush()
    _record(work, actor, loan, "custody.original_loan_checked", {"items": entered})
    _tell(work, loan)
    return loan


def photograph_returned(
    work: UnitOfWork, actor: Actor, loan_id: str, *, written: WrittenObject, media_type: str
) -> UsePhoto:
    """Keep a photo of the originals back in their slot, by a keeper of the safe, until the first of the two confirms.

    Raises as `check_returned`.
    """
    loan = _coming_back(work, actor, loan_id)
    photo = keep_photo(
        work,
        actor,
        original_queries.occasion_of(work, loan),
        written=written,
        media_type=media_type,
        moment=PhotoMoment.RETURNED,
        use_id=None,
        request_id=None,
    )
    _tell(work, loan)
    return photo


def cancel_original_loan(
    work: UnitOfWork, actor: Actor, loan_id: str, *, reason: str, expected: int | None
) -> OriginalLoan:
    """Call off a loan that has not begun, by its borrower or a keeper of the safe. Raises Conflict, Forbidden, Stale."""
    loan = original_queries.loan(work, actor, loan_id)
    if expected is not None and expected != loan.version:
        raise stale_version()
    safe = work.session.get_one(Safe, loan.safe_id)
    if actor.person_id != loan.borrower_id and not keeps(work, safe, actor.person_id):
        raise loan_errors.not_a_party()
    if loan.status not in (OriginalLoanStatus.ASKED, OriginalLoanStatus.APPROVED):
        raise original_errors.not_to_cancel()
    _cancel(work, actor, loan, reason)
    return loan


def end_for_leaver(work: UnitOfWork, actor: Actor, loan: OriginalLoan) -> None:
    """Call off a loan that has not begun and whose borrower leaves."""
    _cancel(work, actor, loan, "借阅人离任")


def _coming_back(work: UnitOfWork, actor: Actor, loan_id: str) -> OriginalLoan:
    """A loan that is out, whose originals the caller may take back."""
    loan = original_queries.loan(work, actor, loan_id)
    if loan.status != OriginalLoanStatus.OUT:
        raise original_errors.not_lent()
    safe = work.session.get_one(Safe, loan.safe_id)
    if actor.person_id == loan.borrower_id or not keeps(work, safe, actor.person_id):
        raise original_errors.only_keepers()
    if queries.confirmations(work, loan.id, "back"):
        raise original_errors.confirmed_already()
    return loan


def _cancel(work: UnitOfWork, actor: Actor, loan: OriginalLoan, reason: str) -> None:
    if loan.status == OriginalLoanStatus.ASKED and loan.route_id is not None:
        route = work.session.get_one(ApprovalRoute, loan.route_id, with_for_update=True)
        if route.status == RouteStatus.RUNNING:
            end_started(work, actor, route, reason=reason)
    loan.status = OriginalLoanStatus.CANCELLED
    work.session.flush()
    _record(
        work,
        actor,
        loan,
        "custody.original_loan_cancelled",
        {"number": loan.number, "reason": digest_of(reason)},
    )
    _tell(work, loan)


def _start_approval(work: UnitOfWork, actor: Actor, loan: OriginalLoan, asked: Sequence[Original]) -> None:
    steps: dict[str, StepDefinition] = {}
    version_id = None
    for code in dict.fromkeys(one.route_code for one in asked):
        if code is None:
            steps.setdefault(_SUPERIOR.key, _SUPERIOR)
            continue
        route = named_route(work, loan.organization_id, code)
        version_id = version_id or route.version_id
        for step in route.steps:
            steps.setdefault(f"{code}.{step.key}", step)
    department_id = person_of(work, loan.organization_id, loan.borrower_id).department_id
    facts = RouteFacts(applicant_id=loan.borrower_id, department_id=department_id)
    planned = plan_route(steps.values(), OrganizationDirectory(work, loan.organization_id), facts)
    if isinstance(planned, Nobody):
        raise approval_errors.no_approver(planned.step.name.zh, planned.step.name.en)
    title = f"借阅原件：{'、'.join(one.name for one in asked)}"[:200]
    route_row = start(
        work,
        actor,
        subject=Subject(original_queries.SUBJECT_TYPE, loan.id, title),
        steps=planned,
        binding=loan.binding,
        origin=RouteOrigin(facts=facts, version_id=version_id),
    )
    loan.route_id = route_row.id
    work.session.flush()


def _parties(work: UnitOfWork, loan: OriginalLoan, phase: str, person_id: str) -> Mapping[str, str]:
    """Borrower and custodian; the custodian is whichever keeper of the safe confirms, and never the borrower."""
    there = queries.confirmations(work, loan.id, phase)
    custodian_id = there["custodian"].person_id if "custodian" in there else ""
    safe = work.session.get_one(Safe, loan.safe_id)
    if not custodian_id and person_id != loan.borrower_id and keeps(work, safe, person_id):
        custodian_id = person_id
    return {"borrower": loan.borrower_id, "custodian": custodian_id}


def _require_may_go(work: UnitOfWork, loan: OriginalLoan, lent: Sequence[Original]) -> None:
    """What was true when the loan was asked for is looked at again when the originals go out."""
    _refuse(object_to_take_out(work.now, from_at=loan.from_at, due_at=loan.due_at))
    require_not_counted(work, loan.safe_id)
    require_lock_changed(work, work.session.get_one(Safe, loan.safe_id))
    for one in lent:
        if one.state != OriginalState.KEPT or one.safe_id != loan.safe_id:
            raise original_errors.not_here(one.name)
        spans = original_queries.spans_of(work, one.id, but=loan.id)
        out = [span for span in spans if span.out]
        _refuse(object_to_overlap(one.name, out, from_at=loan.from_at, due_at=loan.due_at, now=work.now))


def _take_out(
    work: UnitOfWork, actor: Actor, loan: OriginalLoan, lines: Sequence[tuple[OriginalLoanItem, Original]]
) -> None:
    loan.status, loan.out_at = OriginalLoanStatus.OUT, work.now
    for _, one in lines:
        one.state = OriginalState.LENT
        note(work, actor, one, "custody.original_out", {"loan": loan.id, "due_at": loan.due_at})
    _record(
        work,
        actor,
        loan,
        "custody.original_loan_out",
        {"originals": [one.id for _, one in lines], "due_at": loan.due_at},
    )


def _bring_back(
    work: UnitOfWork, actor: Actor, loan: OriginalLoan, lines: Sequence[tuple[OriginalLoanItem, Original]]
) -> None:
    loan.status, loan.back_at = OriginalLoanStatus.RETURNED, work.now
    damaged: list[JsonValue] = []
    for line, one in lines:
        one.state = OriginalState.KEPT
        note(work, actor, one, "custody.original_back", {"loan": loan.id, "intact": line.intact})
        if not line.intact:
            one.condition = line.note or one.condition
            damaged.append(one.id)
            _tell_damage(work, actor, loan, one)
    late = work.now >= loan.due_at
    _record(
        work,
        actor,
        loan,
        "custody.original_loan_returned",
        {"number": loan.number, "late": late, "damaged": damaged},
    )


def _tell_damage(work: UnitOfWork, actor: Actor, loan: OriginalLoan, damaged: Original) -> None:
    safe = work.session.get_one(Safe, loan.safe_id)
    raise_alarm(
        work,
        actor,
        "original_damaged",
        subject_type="original",
        subject_id=damaged.id,
        about=loan.id,
        custodian_ids=[safe.custodian_id],
        facts={"loan": loan.id},
    )


def _refuse(objection: Objection | None) -> None:
    if objection is not None:
        raise errors.refused(objection)


def _record(
    work: UnitOfWork, actor: Actor, loan: OriginalLoan, kind: str, facts: Mapping[str, JsonValue]
) -> None:
    record(
        work,
        actor,
        kind=kind,
        subject_type=original_queries.SUBJECT_TYPE,
        subject_id=loan.id,
        facts=facts,
    )


def _tell(work: UnitOfWork, loan: OriginalLoan) -> None:
    safe = work.session.get_one(Safe, loan.safe_id)
    tell_live(work, loan.organization_id, [loan.borrower_id, safe.custodian_id], TOPIC, loan.id)
