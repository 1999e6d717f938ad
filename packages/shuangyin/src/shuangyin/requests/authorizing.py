"""What a use request asks of authority: its facts, who holds which duty of it, and who may press its seals."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import select

from shuangyin.approvals.queries import final_approvers
from shuangyin.authority.judging import AuthorityAnswer, UseFacts, fen_of, judge
from shuangyin.authority.kinds import Act
from shuangyin.authority.ports import SubjectDuties
from shuangyin.authority.rules.duties import Duties
from shuangyin.authority.rules.grants import Quantities
from shuangyin.core.actor import Actor
from shuangyin.core.errors import NotFound
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.requests import queries
from shuangyin.requests.models import RequestSeal, UseRequest


def use_of(work: UnitOfWork, request: UseRequest, seal_id: str) -> UseFacts:
    """The facts of a request's use of one seal. An amount in another currency is not known in fen."""
    documents = queries.documents_of(work, request.id)
    line = next((one for one in queries.seals_of(work, request.id) if one.seal_id == seal_id), None)
    return UseFacts(
        amount_minor=fen_of(request.amount_minor, request.currency),
        document_kind=request.document_kind,
        matter=request.matter,
        department_id=request.department_id,
        forms=tuple(document.sm3 for document in documents),
        wanted=Quantities(1, len(documents), _presses(line)),
    )


def authority_for(
    work: UnitOfWork, request: UseRequest, seal_id: str, *, person_id: str | None, at: int
) -> AuthorityAnswer:
    """Whether a person may press a seal of a request, or (None) the platform may seal by itself."""
    return judge(
        work,
        organization_id=request.organization_id,
        person_id=person_id,
        act=Act.AUTO_SEAL if person_id is None else Act.PRESS,
        seal_id=seal_id,
        at=at,
        use=use_of(work, request, seal_id),
        subject_id=request.id,
    )


def presses_by_grant(work: UnitOfWork, actor: Actor, request: UseRequest) -> bool:
    """Whether the actor may press a seal of the request by a grant or a delegation, whatever his post allows."""
    return any(_by_grant(work, actor, request, line.seal_id) for line in queries.seals_of(work, request.id))


def seals_for(work: UnitOfWork, actor: Actor, request: UseRequest) -> frozenset[str]:
    """The seals of a request that the actor may put on: those he keeps, and those of a grant or a delegation to him."""
    keeps = actor.may("sealing.execute")
    return frozenset(
        seal.id
        for _, seal in queries.lines_of(work, request.id)
        if (keeps and seal.keeper_person_id == actor.person_id) or _by_grant(work, actor, request, seal.id)
    )


def _by_grant(work: UnitOfWork, actor: Actor, request: UseRequest, seal_id: str) -> bool:
    answer = authority_for(work, request, seal_id, person_id=actor.person_id, at=work.now)
    return answer.allowed and (answer.basis == "grant" or answer.delegation_id is not None)


def readable(work: UnitOfWork, actor: Actor, request_id: str) -> UseRequest:
    """A request that the actor may read, or whose seals he may press by grant or delegation. Raises NotFound."""
    try:
        return queries.get(work, actor, request_id)
    except NotFound:
        row = work.session.get(UseRequest, request_id)
        mine = row is not None and row.organization_id == actor.organization_id
        if row is not None and mine and row.status == "approved" and presses_by_grant(work, actor, row):
            return row
        raise


def duties_of(work: UnitOfWork, request: UseRequest, presser_id: str) -> Duties:
    """Who applied for a request, who approved it last, and who presses."""
    return Duties(request.applicant_id, frozenset(final_approvers(work, request.route_id)), presser_id)


class RequestDuties:
    """Use requests as subjects of which duties are kept apart (`authority.ports.DutySubjects`)."""

    def duties(self, work: UnitOfWork, actor: Actor, subject_id: str) -> SubjectDuties:
        request = queries.get(work, actor, subject_id)
        approvers = frozenset(final_approvers(work, request.route_id))
        return SubjectDuties(request.number, request.applicant_id, approvers)

    def numbers(self, work: UnitOfWork, organization_id: str, subject_ids: set[str]) -> Mapping[str, str]:
        query = select(UseRequest.id, UseRequest.number).where(
            UseRequest.organization_id == organization_id, UseRequest.id.in_(subject_ids)
        )
        return dict(work.session.execute(query).tuples().all())


def _presses(line: RequestSeal | None) -> int:
    """Presses of one seal; an electronic seam over any number of pages is one."""
    if line is None:
        return 1
    electronic = len(json.loads(line.placements)) + bool(line.seam)
    return max(line.presses_applied + line.seam_presses, electronic)
