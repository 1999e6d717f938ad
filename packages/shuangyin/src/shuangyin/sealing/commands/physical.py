"""Record that a physical seal was used on an approved request; custody calls this when a press is registered."""

from __future__ import annotations

from collections.abc import Mapping

from shuangyin.authority.commands import take
from shuangyin.core.actor import Actor
from shuangyin.core.ids import new_token
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents import queries as documents
from shuangyin.requests import queries as requests
from shuangyin.requests.authorizing import authority_for, use_of
from shuangyin.requests.models import UseRequest
from shuangyin.sealing.commands.recording import UseFacts, record_use
from shuangyin.sealing.models import SealUse
from shuangyin.seals import queries as seals


def record_physical_use(
    work: UnitOfWork,
    actor: Actor,
    *,
    request: UseRequest,
    seal_id: str,
    presser_id: str,
    position: int,
    presses: Mapping[str, int],
    executed_at: int,
) -> SealUse:
    """One use of a physical seal. The registered file is the approved one: what the paper should show.

    A press that was made is recorded whether or not the presser was in authority; the record says which.
    """
    seal = seals.get(work, request.organization_id, seal_id)
    document = requests.documents_of(work, request.id)[0]
    answer = authority_for(work, request, seal.id, person_id=presser_id, at=executed_at)
    if answer.allowed:
        use = use_of(work, request, seal.id)
        take(work, actor, answer, subject_id=request.id, seal_id=seal.id, use=use)
    facts = UseFacts(
        request=request,
        seal=seal,
        position=position,
        token=new_token(),
        executed_at=executed_at,
        presser_id=presser_id,
        answer=answer,
        source=documents.version(work, request.organization_id, document.document_version_id),
        source_sm3=document.sm3,
        sealed=None,
        presses=presses,
        extra={"binding": request.binding},
    )
    return record_use(work, actor, "sealing.pressed", facts)
