"""What becomes of a request: approved, rejected, sent back, sealed, voided."""

from __future__ import annotations

from collections.abc import Mapping

from evidencelog.entry import JsonValue
from shuangyin.approvals.commands.telling import TOPIC
from shuangyin.authority.commands import consume, release
from shuangyin.core.actor import Actor
from shuangyin.core.jobs import enqueue
from shuangyin.core.live import tell_live
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence.commands import record
from shuangyin.requests import errors, queries
from shuangyin.requests.authorizing import authority_for
from shuangyin.requests.commands.duties import open_duties
from shuangyin.requests.models import RequestStatus, UseRequest

SEALING_JOB = "sealing.execute"


def approved(work: UnitOfWork, actor: Actor, request_id: str) -> None:
    """The last step was approved. With a grant of automatic sealing for every seal, sealing is put in as a job."""
    request = queries.row(work, request_id)
    _require_status(request, RequestStatus.IN_APPROVAL)
    request.status = RequestStatus.APPROVED
    _tell_keepers(work, request)
    request.approved_at = work.now
    automatic = request.medium == "electronic" and _may_seal_automatically(work, request)
    work.session.flush()
    _record(work, actor, request, "requests.approved", {"binding": request.binding, "automatic": automatic})
    if automatic:
        seal_by_itself(work, request.organization_id, request.id)


def seal_by_itself(work: UnitOfWork, organization_id: str, request_id: str) -> None:
    """Let the platform try to seal a request. The job judges everything as it is then, and records what refuses it."""
    payload = {"request_id": request_id}
    enqueue(work, SEALING_JOB, payload, organization_id=organization_id, slot=f"seal:{request_id}")


def rejected(work: UnitOfWork, actor: Actor, request_id: str) -> None:
    """A step was rejected. That is final; another attempt is another request."""
    _come_back(work, actor, request_id, RequestStatus.REJECTED, "requests.rejected")


def sent_back(work: UnitOfWork, actor: Actor, request_id: str) -> None:
    """A step sent the request back; its applicant may change and submit it again."""
    _come_back(work, actor, request_id, RequestStatus.SENT_BACK, "requests.sent_back")


def mark_sealed(work: UnitOfWork, actor: Actor, request: UseRequest) -> None:
    """All seals of the request were put on. Uses up the counts it reserved. Raises Conflict unless approved."""
    if request.status not in (RequestStatus.APPROVED, RequestStatus.SEALING):
        raise errors.wrong_state(request.status)
    request.status = RequestStatus.SEALED
    _tell_keepers(work, request)
    request.sealed_at = work.now
    used = consume(work, actor, request.id)
    work.session.flush()
    _record(work, actor, request, "requests.sealed", {"medium": request.medium, "grant_counts": used})
    open_duties(work, actor, request)


def mark_voided(work: UnitOfWork, actor: Actor, request: UseRequest) -> None:
    """No use of a finished request stands any more. What it used up stays used: a limit counts what was done."""
    if request.status == RequestStatus.SEALED:
        request.status = RequestStatus.VOIDED
        work.session.flush()
        _record(work, actor, request, "requests.voided", {"number": request.number})


def take_back(work: UnitOfWork, actor: Actor, request: UseRequest, status: RequestStatus) -> None:
    """Leave approval, or give up what was approved: nothing is bound, no count is held."""
    request.status = status
    request.binding = None
    request.allowance_slot = None
    release(work, actor, request.id)
    work.session.flush()


def _come_back(work: UnitOfWork, actor: Actor, request_id: str, status: RequestStatus, kind: str) -> None:
    request = queries.row(work, request_id)
    _require_status(request, RequestStatus.IN_APPROVAL)
    take_back(work, actor, request, status)
    _record(work, actor, request, kind, {})


def _may_seal_automatically(work: UnitOfWork, request: UseRequest) -> bool:
    return all(
        authority_for(work, request, line.seal_id, person_id=None, at=work.now).allowed
        for line in queries.seals_of(work, request.id)
    )


def _tell_keepers(work: UnitOfWork, request: UseRequest) -> None:
    """What waits for their seals changes on the open pages of their keepers."""
    keepers = [seal.keeper_person_id for _, seal in queries.lines_of(work, request.id)]
    persons = [one for one in keepers if one is not None]
    tell_live(work, request.organization_id, persons, TOPIC, request.id)


def _require_status(request: UseRequest, status: RequestStatus) -> None:
    if request.status != status:
        raise errors.wrong_state(request.status)


def _record(
    work: UnitOfWork, actor: Actor, request: UseRequest, kind: str, facts: Mapping[str, JsonValue]
) -> None:
    record(work, actor, kind=kind, subject_type=queries.SUBJECT_TYPE, subject_id=request.id, facts=facts)
