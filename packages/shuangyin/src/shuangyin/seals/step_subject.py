"""A step of a seal's life as something to be approved."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from shuangyin.approvals.ports import SubjectCard
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.seals import step_queries
from shuangyin.seals.commands import outcomes

SUBJECT_TYPE = step_queries.SUBJECT_TYPE


class SealStepSubject:
    """A step of a seal's life as the subject of an approval (`approvals.ports.SubjectHandler`)."""

    def approved(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        outcomes.approved(work, actor, subject_id)

    def rejected(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        outcomes.not_approved(work, actor, subject_id, status="rejected")

    def sent_back(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        outcomes.not_approved(work, actor, subject_id, status="sent_back")

    def may_read(self, work: UnitOfWork, actor: Actor, subject_id: str) -> bool:
        step_queries.get(work, actor.organization_id, subject_id)
        return actor.may("seals.read")

    def current_binding(self, work: UnitOfWork, subject_id: str) -> str:
        return step_queries.binding_of(work, step_queries.row(work, subject_id))

    def cards(self, work: UnitOfWork, subject_ids: Collection[str]) -> Mapping[str, SubjectCard]:
        return step_queries.cards(work, subject_ids)
