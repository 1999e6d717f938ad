"""What requests ask of areas above them, and what they implement for areas below."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from shuangyin.approvals.ports import ApprovalSubjects, SubjectCard, SubjectHandler, SubjectTable
from shuangyin.authority.ports import DutySubjects
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.documents.ports import DocumentReaders
from shuangyin.requests import queries
from shuangyin.requests.authorizing import RequestDuties
from shuangyin.requests.commands import outcomes
from shuangyin.requests.past_uses import SubmittedUses
from shuangyin.requests.uses import BegunUses, RequestUses
from shuangyin.scenarios import ports as scenarios
from shuangyin.scenarios.past_uses import PastUses
from shuangyin.seals import step_subject

__all__ = ["SUBJECT_TYPE", "BegunUses", "RequestReaders", "RequestSubject", "RequestUses", "implementations"]

SUBJECT_TYPE = queries.SUBJECT_TYPE


class RequestSubject:
    """A use request as the subject of an approval (`approvals.ports.SubjectHandler`)."""

    def approved(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        outcomes.approved(work, actor, subject_id)

    def rejected(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        outcomes.rejected(work, actor, subject_id)

    def sent_back(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        outcomes.sent_back(work, actor, subject_id)

    def may_read(self, work: UnitOfWork, actor: Actor, subject_id: str) -> bool:
        return queries.may_read(work, actor, subject_id)

    def current_binding(self, work: UnitOfWork, subject_id: str) -> str:
        return queries.current_binding(work, queries.row(work, subject_id))

    def cards(self, work: UnitOfWork, subject_ids: Collection[str]) -> Mapping[str, SubjectCard]:
        return queries.cards(work, subject_ids)


class RequestReaders:
    """Who may read a request may read its documents (`documents.ports.DocumentReaders`)."""

    def may_read(self, work: UnitOfWork, actor: Actor, document_id: str) -> bool:
        return queries.reads_document(work, actor, document_id)


def implementations(above: Mapping[str, SubjectHandler] | None = None) -> dict[type[Any], object]:
    """The ports of approvals, authority and documents; `above` are the subjects of areas above this one."""
    return {
        ApprovalSubjects: SubjectTable(
            {
                SUBJECT_TYPE: RequestSubject(),
                scenarios.SUBJECT_TYPE: scenarios.ScenarioListSubject(),
                step_subject.SUBJECT_TYPE: step_subject.SealStepSubject(),
                **(above or {}),
            }
        ),
        DocumentReaders: RequestReaders(),
        DutySubjects: RequestDuties(),
        PastUses: SubmittedUses(),
    }
