"""Put the electronic seals of an approved request on its documents, once.

The order of durable steps, and what a crash after each leaves behind:

1. Plan in a read transaction: nothing.
2. Decrypt into the work folder and seal there: a work file, swept at the next start.
3. Encrypt the sealed file into the object store: ciphertext whose key existed only in memory.
4. ONE write transaction: judge again (approved, binding, seal in force, authority), then the version, the uses, the
   request's status and the evidence. Before its commit the request is approved; after it, it is sealed.

A second run finds the uses and does nothing; two runs at once meet at the unique constraint, and one loses.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from sqlalchemy.exc import IntegrityError

from evidencelog.entry import JsonValue
from shuangyin.authority.commands import take
from shuangyin.core.actor import Actor, system_actor
from shuangyin.core.errors import Conflict, ShuangyinError, Stale, Unavailable, not_found
from shuangyin.core.jobs import ClaimedJob
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.commands import add_sealed_version
from shuangyin.documents.models import DocumentVersion
from shuangyin.evidence.commands import record
from shuangyin.people.commands import require_second_factor
from shuangyin.requests.authorizing import presses_by_grant, use_of
from shuangyin.requests.commands import mark_sealed
from shuangyin.requests.controls import factor_to_use
from shuangyin.requests.models import UseRequest
from shuangyin.sealing.commands.recording import UseFacts, record_use
from shuangyin.sealing.files import SealedFile, seal_documents
from shuangyin.sealing.plan import (
    ReadyLine,
    SealingPlan,
    SealStep,
    is_complete,
    make_plan,
    ready_lines,
    request_of,
    uses_by_place,
)

_log = structlog.get_logger(__name__)

_TRIES = 2
"""A run that lost against another one looks once more what is left for it."""
ACT = "sealing.execute"


def execute(platform: Platform, request_id: str, *, actor: Actor | None = None) -> int:
    """Seal what is left of a request, as the actor or as the platform itself; returns how many uses were made.

    Raises what `ready_lines` and the file work raise; then nothing has changed.
    """
    acting = actor or platform.view(lambda work: _platform_as_actor(work, request_id))
    for last in (False, True):
        plan = platform.view(lambda work: make_plan(work, acting, request_id))
        if plan is None:
            return 0
        files = seal_documents(platform.objects, platform.settings, plan)
        try:
            return platform.transact(lambda work: _make_true(work, acting, plan, files))  # noqa: B023  # called at once
        except (IntegrityError, _Overtaken):
            if last:
                raise _being_sealed() from None
    raise AssertionError  # both turns of the loop return or raise


def seal_by_keeper(platform: Platform, actor: Actor, request_id: str, *, proof: str | None) -> int:
    """A keeper seals: the second factor first that the list asks (each time for a high-risk use), then `execute`.

    A request that is sealed already asks for nothing and changes nothing.
    """

    def identify(work: UnitOfWork) -> bool:
        _require_right(work, actor, request_id)
        request = request_of(work, actor, request_id)
        if is_complete(work, request, uses_by_place(work, request_id)):
            return False
        ready_lines(work, actor, request)
        require_second_factor(
            work,
            actor,
            act=ACT,
            subject=request_id,
            proof=proof,
            strength=factor_to_use(request),
        )
        return True

    return execute(platform, request_id, actor=actor) if platform.transact(identify) else 0


def run_job(platform: Platform, job: ClaimedJob) -> None:
    """The background job ``sealing.execute``: automatic sealing within a recorded grant.

    What a rule refuses is recorded and left to people; what is merely not there now is tried again later.
    """
    request_id = str(job.payload["request_id"])
    try:
        execute(platform, request_id)
    except (Unavailable, Stale):
        raise
    except ShuangyinError as error:
        code = error.code
        _log.warning("sealing.refused", request_id=request_id, error_code=code)
        platform.transact(lambda work: _note_refusal(work, request_id, code))


class _Overtaken(Exception):  # what happened, as the error family says it
    """Another run made a use that this run planned."""


def _make_true(work: UnitOfWork, actor: Actor, plan: SealingPlan, files: list[SealedFile]) -> int:
    request = request_of(work, actor, plan.request_id)
    done = uses_by_place(work, request.id)
    if any((step.seal_id, step.position) in done for file in files for step in file.plan.steps):
        raise _Overtaken
    lines = {ready.seal.id: ready for ready in ready_lines(work, actor, request)}
    made = 0
    for file in files:
        source = work.session.get_one(DocumentVersion, file.plan.source.id)
        sealed = add_sealed_version(work, actor, source, file.written)
        for step, data_hash, stamped_at in zip(
            file.plan.steps, file.data_hashes, file.stamped_at, strict=True
        ):
            ready = lines.get(step.seal_id)
            if ready is None:
                raise _Overtaken
            extra: dict[str, JsonValue] = {"data_hash": data_hash}
            if stamped_at is not None:
                extra["timestamp"] = stamped_at
            facts = _facts(request, plan, file, step, ready, source, sealed, extra)
            use = use_of(work, request, step.seal_id)
            take(work, actor, ready.answer, subject_id=request.id, seal_id=step.seal_id, use=use)
            record_use(work, actor, "sealing.sealed", facts)
            made += 1
    if is_complete(work, request, uses_by_place(work, request.id)):
        mark_sealed(work, actor, request)
    return made


def _facts(
    request: UseRequest,
    plan: SealingPlan,
    file: SealedFile,
    step: SealStep,
    ready: ReadyLine,
    source: DocumentVersion,
    sealed: DocumentVersion,
    extra: Mapping[str, JsonValue],
) -> UseFacts:
    return UseFacts(
        request=request,
        seal=ready.seal,
        position=step.position,
        token=step.token,
        executed_at=plan.signed_at,
        presser_id=ready.presser_id,
        answer=ready.answer,
        source=source,
        source_sm3=file.plan.approved_sm3,
        sealed=sealed,
        presses={
            "normal": len(step.placements),
            "seam": int(step.seam is not None),
            "cover": 0,
            "spoiled": 0,
        },
        extra={**extra, "binding": request.binding, "list_version": request.list_version},
    )


def _require_right(work: UnitOfWork, actor: Actor, request_id: str) -> None:
    """A post has the right to seal; whoever was granted or delegated the use of this very seal needs no such post."""
    if actor.may(ACT):
        return
    request = work.session.get(UseRequest, request_id)
    own = request is not None and request.organization_id == actor.organization_id
    if request is None or not own or not presses_by_grant(work, actor, request):
        actor.require(ACT)


def _platform_as_actor(work: UnitOfWork, request_id: str) -> Actor:
    request = work.session.get(UseRequest, request_id)
    if request is None:
        raise not_found("这份申请", "request")
    return system_actor(request.organization_id)


def _note_refusal(work: UnitOfWork, request_id: str, code: str) -> None:
    request = work.session.get(UseRequest, request_id)
    if request is not None:
        record(
            work,
            system_actor(request.organization_id),
            kind="sealing.not_sealed",
            subject_type="request",
            subject_id=request_id,
            facts={"code": code},
        )


def _being_sealed() -> Conflict:
    return Conflict(
        "BEING_SEALED",
        "该申请正由另一操作盖章，请稍后刷新查看。",
        "Another run is sealing this request. Reload in a moment.",
    )
