"""Register copies that went out to a counterparty, and check them off when they come back with its seal."""

from __future__ import annotations

from evidencelog.entry import JsonValue
from shuangyin.core.actor import Actor
from shuangyin.core.errors import stale_version
from shuangyin.core.numbers import next_number
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import errors, sent_copy_errors, sent_copy_queries
from shuangyin.custody.sent_copy_models import ReturnedCopies, SentCopies
from shuangyin.custody.sent_copy_rules import object_to_return, object_to_sending
from shuangyin.custody.sent_copy_schemas import NewReturnedCopies, NewSentCopies
from shuangyin.evidence.commands import digest_of, record
from shuangyin.requests.commands.duties import await_copies, copies_are_back, keep_countersigned
from shuangyin.requests.models import UseRequest
from shuangyin.requests.queries import get


def send_copies(work: UnitOfWork, actor: Actor, request_id: str, new: NewSentCopies) -> UseRequest:
    """Register copies that went out, by the applicant or who keeps seals.

    Raises Refused (COPIES_NOT_SEALED), Invalid (SENT_TIME, COURIER_FIELDS), Forbidden, NotFound.
    """
    request = _changeable(work, actor, request_id)
    sent = [one for one in sent_copy_queries.sendings(work, request.id) if one.void_at is None]
    sealed = sent_copy_queries.sealed(work, request)
    objection = object_to_sending(sealed, (one.copies for one in sent), new.copies)
    if objection is not None:
        raise errors.refused(objection)
    if new.sent_at > work.now or (new.due_at is not None and new.due_at <= new.sent_at):
        raise sent_copy_errors.sent_time()
    if (new.way == "courier") != (new.courier is not None and new.tracking is not None):
        raise sent_copy_errors.courier_fields()
    sending = SentCopies(
        id=work.new_id(),
        organization_id=request.organization_id,
        number=next_number(work, request.organization_id, "寄送"),
        request_id=request.id,
        **new.model_dump(),
        registered_by=actor.person_id,
        registered_at=work.now,
    )
    work.session.add(sending)
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "sending": sending.id,
        "number": sending.number,
        "copies": sending.copies,
        "sealed": sealed,
        "recipient": digest_of(sending.recipient),
        "way": sending.way,
        "courier": sending.courier,
        "tracking": sending.tracking,
        "sent_at": sending.sent_at,
        "due_at": sending.due_at,
    }
    _record(work, actor, request, "custody.copies_sent", facts)
    _settle(work, actor, request)
    return request


def take_copies_back(
    work: UnitOfWork, actor: Actor, request_id: str, sending_id: str, back: NewReturnedCopies
) -> UseRequest:
    """Check copies off that came back, with a scan that is none of the papers that were asked for.

    Raises Refused (COPIES_NOT_OUT, COUNTERSEAL_MISSING), Invalid (SCAN_IS_THE_DRAFT), Forbidden, NotFound, Conflict.
    """
    request = _changeable(work, actor, request_id)
    sending = sent_copy_queries.sending(work, request.id, sending_id)
    if sending.void_at is not None:
        raise sent_copy_errors.sending_void()
    if not back.counterparty_sealed:
        raise sent_copy_errors.counterseal_missing()
    there = sent_copy_queries.returns(work, sending.id)
    objection = object_to_return(sending.copies, (one.copies for one in there), back.copies)
    if objection is not None:
        raise errors.refused(objection)
    version = keep_countersigned(work, actor, request, back.document_version_id)
    row = ReturnedCopies(
        id=work.new_id(),
        organization_id=request.organization_id,
        sent_id=sending.id,
        copies=back.copies,
        document_version_id=version.id,
        sm3=version.sm3,
        registered_by=actor.person_id,
        registered_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "return": row.id,
        "sending": sending.id,
        "copies": row.copies,
        "version": version.id,
        "sm3": version.sm3,
        "late": sending.due_at is not None and work.now >= sending.due_at,
    }
    _record(work, actor, request, "custody.copies_back", facts)
    _settle(work, actor, request)
    return request


def strike_sending(
    work: UnitOfWork, actor: Actor, request_id: str, sending_id: str, *, reason: str, expected: int | None
) -> UseRequest:
    """Strike a sending out that was entered by mistake and of which nothing came back. Raises Conflict, Forbidden,
    Stale."""
    request = _changeable(work, actor, request_id)
    sending = sent_copy_queries.sending(work, request.id, sending_id)
    if expected is not None and expected != sending.version:
        raise stale_version()
    if sending.void_at is not None or sent_copy_queries.returns(work, sending.id):
        raise sent_copy_errors.sending_void()
    sending.void_at = work.now
    work.session.flush()
    facts: dict[str, JsonValue] = {"sending": sending.id, "reason": digest_of(reason)}
    _record(work, actor, request, "custody.copies_struck", facts)
    _settle(work, actor, request)
    return request


def _changeable(work: UnitOfWork, actor: Actor, request_id: str) -> UseRequest:
    """The request, locked: two sendings at one moment count one after the other."""
    request = get(work, actor, request_id)
    if request.applicant_id != actor.person_id:
        actor.require("custody.open")
    work.session.refresh(request, with_for_update=True)
    return request


def _settle(work: UnitOfWork, actor: Actor, request: UseRequest) -> None:
    """The applicant owes what is out: until the earliest time that is agreed, or nothing any more."""
    due = sent_copy_queries.owed_until(work, request.id)
    if due is None:
        copies_are_back(work, actor, request)
    else:
        await_copies(work, actor, request, due_at=due)


def _record(
    work: UnitOfWork, actor: Actor, request: UseRequest, kind: str, facts: dict[str, JsonValue]
) -> None:
    record(work, actor, kind=kind, subject_type="request", subject_id=request.id, facts=facts)
