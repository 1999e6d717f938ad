"""What the list lays on a request after its seals are on: to be opened, fulfilled, and noticed when overdue."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from evidencelog.entry import JsonValue
from shuangyin.approvals.commands.telling import TOPIC
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.live import tell_live
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.models import DocumentVersion
from shuangyin.documents.queries import readable_version
from shuangyin.evidence.commands import digest_of, record
from shuangyin.organization.calendar import end_of_term
from shuangyin.requests import errors, queries
from shuangyin.requests.controls import controls_of_request
from shuangyin.requests.models import ArchiveCopy, DutyKind, RequestDuty, UseRequest

AT_ONCE = 200
"""Duties that one round of the sweeper looks at."""


def open_duties(work: UnitOfWork, actor: Actor, request: UseRequest) -> None:
    """Open what the list asks for after the use. An electronic use leaves its archive copy by itself: the sealed file."""
    controls = controls_of_request(request)
    if request.medium == "physical" and (
        controls.archive != "none" or controls.keep_electronic_copy or controls.paper_only
    ):
        compulsory = controls.archive == "compulsory"
        days = controls.archive_working_days if compulsory else None
        due_at = end_of_term(work, request.organization_id, work.now, days) if days else None
        _open(work, actor, request, DutyKind.ARCHIVE_COPY, compulsory=compulsory, due_at=due_at)
    if controls.hand_over:
        _open(work, actor, request, DutyKind.HAND_OVER, compulsory=False, due_at=None)


def fulfil(
    work: UnitOfWork,
    actor: Actor,
    request_id: str,
    kind: DutyKind,
    *,
    document_version_ids: Sequence[str],
    note: str,
) -> UseRequest:
    """Say that a duty is done: with the scans of the sealed papers, or with a note of how they were handed over.

    Raises NotFound for a request the actor may not see or a duty it does not have, Conflict (DUTY_DONE), Forbidden
    for others than its applicant and those who keep seals, Invalid (SCANS_MISSING, NOTE_MISSING, SCAN_IS_THE_DRAFT).
    """
    request = queries.get(work, actor, request_id)
    if kind is DutyKind.COUNTERSIGNED:
        # Copies are checked off one sending at a time, where they were registered.
        raise errors.no_such_duty()
    if request.applicant_id != actor.person_id:
        actor.require("custody.open")
    duty = work.session.scalar(
        select(RequestDuty)
        .where(RequestDuty.request_id == request.id, RequestDuty.kind == kind)
        .with_for_update()
    )
    if duty is None:
        raise errors.no_such_duty()
    if duty.fulfilled_at is not None:
        raise errors.duty_done()
    if kind is DutyKind.ARCHIVE_COPY and not document_version_ids:
        raise errors.scans_missing()
    if kind is DutyKind.HAND_OVER and not note.strip():
        raise errors.note_missing()
    digests = _keep_copies(work, actor, request, duty, document_version_ids)
    duty.fulfilled_at, duty.fulfilled_by, duty.note = work.now, actor.person_id, note.strip() or None
    work.session.flush()
    facts: dict[str, JsonValue] = {
        "duty": duty.id,
        "duty_kind": kind.value,
        "copies": digests,
        "late": duty.due_at is not None and work.now >= duty.due_at,
        "note": digest_of(duty.note) if duty.note else None,
    }
    _record(work, actor, request.id, "requests.duty_fulfilled", facts)
    return request


def await_copies(work: UnitOfWork, actor: Actor, request: UseRequest, *, due_at: int) -> None:
    """The applicant owes copies that are out until a time; the duty is opened, or opened again with another time."""
    duty = _countersigned(work, request)
    if duty is None:
        _open(work, actor, request, DutyKind.COUNTERSIGNED, compulsory=False, due_at=due_at)
        return
    if duty.fulfilled_at is None and duty.due_at == due_at:
        return
    if duty.due_at != due_at:
        duty.overdue_at = None
    duty.fulfilled_at = duty.fulfilled_by = None
    duty.due_at = due_at
    work.session.flush()
    facts: dict[str, JsonValue] = {"duty": duty.id, "duty_kind": duty.kind, "due_at": due_at}
    _record(work, actor, request.id, "requests.duty_opened", {**facts, "compulsory": False})


def copies_are_back(work: UnitOfWork, actor: Actor, request: UseRequest) -> None:
    """No copy is owed any more: the duty, if there is one, is fulfilled."""
    duty = _countersigned(work, request)
    if duty is None or duty.fulfilled_at is not None:
        return
    duty.fulfilled_at, duty.fulfilled_by = work.now, actor.person_id
    work.session.flush()
    kept = select(ArchiveCopy.sm3).where(ArchiveCopy.duty_id == duty.id).order_by(ArchiveCopy.sm3)
    facts: dict[str, JsonValue] = {
        "duty": duty.id,
        "duty_kind": duty.kind,
        "copies": list(work.session.scalars(kept)),
        "late": duty.due_at is not None and work.now >= duty.due_at,
        "note": None,
    }
    _record(work, actor, request.id, "requests.duty_fulfilled", facts)


def keep_countersigned(
    work: UnitOfWork, actor: Actor, request: UseRequest, version_id: str
) -> DocumentVersion:
    """Keep a scan of copies that came back, for everybody who may read the request.

    Raises Invalid (SCAN_IS_THE_DRAFT) for a paper that was asked for, NotFound.
    """
    if version_id in {one.document_version_id for one in queries.documents_of(work, request.id)}:
        raise errors.scan_is_the_draft()
    version = readable_version(work, actor, version_id)
    duty = _countersigned(work, request)
    if duty is None:
        _open(work, actor, request, DutyKind.COUNTERSIGNED, compulsory=False, due_at=None)
        duty = _countersigned(work, request)
    assert duty is not None  # noqa: S101  # it was opened above
    if work.session.get(ArchiveCopy, (duty.id, version.id)) is None:
        work.session.add(_copy(work, request, duty, version))
        work.session.flush()
    return version


def _countersigned(work: UnitOfWork, request: UseRequest) -> RequestDuty | None:
    query = select(RequestDuty).where(
        RequestDuty.request_id == request.id, RequestDuty.kind == DutyKind.COUNTERSIGNED
    )
    return work.session.scalar(query.with_for_update())


def require_none_overdue(work: UnitOfWork, request: UseRequest) -> None:
    """A compulsory archive copy is one: while it is overdue its applicant submits no further paper of that kind.

    Raises Refused (ARCHIVE_OVERDUE) with the number of the request that still owes its scans.
    """
    owing = work.session.scalar(
        select(UseRequest.number)
        .join(RequestDuty, RequestDuty.request_id == UseRequest.id)
        .where(
            UseRequest.applicant_id == request.applicant_id,
            UseRequest.document_kind == request.document_kind,
            RequestDuty.compulsory.is_(True),
            RequestDuty.fulfilled_at.is_(None),
            RequestDuty.due_at <= work.now,
        )
        .order_by(UseRequest.id)
        .limit(1)
    )
    if owing is not None:
        raise errors.archive_overdue(owing)


def notice_overdue(platform: Platform) -> int:
    """Write down once that the term of a duty has passed, and tell its applicant; returns how many."""
    return platform.transact(_notice_overdue)


def _notice_overdue(work: UnitOfWork) -> int:
    query = (
        select(RequestDuty)
        .where(
            RequestDuty.fulfilled_at.is_(None),
            RequestDuty.overdue_at.is_(None),
            RequestDuty.due_at <= work.now,
        )
        .order_by(RequestDuty.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    duties = list(work.session.scalars(query))
    for duty in duties:
        duty.overdue_at = work.now
        request = queries.row(work, duty.request_id)
        facts: dict[str, JsonValue] = {"duty": duty.id, "duty_kind": duty.kind, "due_at": duty.due_at}
        _record(work, system_actor(duty.organization_id), request.id, "requests.duty_overdue", facts)
        tell_live(work, request.organization_id, [request.applicant_id], TOPIC, request.id)
    work.session.flush()
    return len(duties)


def _open(
    work: UnitOfWork,
    actor: Actor,
    request: UseRequest,
    kind: DutyKind,
    *,
    compulsory: bool,
    due_at: int | None,
) -> None:
    duty = RequestDuty(
        id=work.new_id(),
        organization_id=request.organization_id,
        request_id=request.id,
        kind=kind,
        compulsory=compulsory,
        opened_at=work.now,
        due_at=due_at,
    )
    work.session.add(duty)
    work.session.flush()
    facts: dict[str, JsonValue] = {"duty": duty.id, "duty_kind": kind.value, "due_at": due_at}
    _record(work, actor, request.id, "requests.duty_opened", {**facts, "compulsory": compulsory})


def _keep_copies(
    work: UnitOfWork, actor: Actor, request: UseRequest, duty: RequestDuty, version_ids: Sequence[str]
) -> list[JsonValue]:
    asked_for = {one.document_version_id for one in queries.documents_of(work, request.id)}
    digests: list[JsonValue] = []
    for version_id in dict.fromkeys(version_ids):
        if version_id in asked_for:
            raise errors.scan_is_the_draft()
        version = readable_version(work, actor, version_id)
        work.session.add(_copy(work, request, duty, version))
        digests.append(version.sm3)
    return digests


def _copy(work: UnitOfWork, request: UseRequest, duty: RequestDuty, version: DocumentVersion) -> ArchiveCopy:
    return ArchiveCopy(
        duty_id=duty.id,
        document_version_id=version.id,
        organization_id=request.organization_id,
        request_id=request.id,
        sm3=version.sm3,
        added_at=work.now,
    )


def _record(work: UnitOfWork, actor: Actor, request_id: str, kind: str, facts: dict[str, JsonValue]) -> None:
    record(work, actor, kind=kind, subject_type=queries.SUBJECT_TYPE, subject_id=request_id, facts=facts)
