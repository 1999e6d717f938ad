"""A loan of originals as something to be approved."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from shuangyin.approvals.ports import SubjectCard
from shuangyin.core.actor import Actor
from shuangyin.core.errors import NotFound
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.custody import original_queries
from shuangyin.custody.commands.original_loans import decided
from shuangyin.custody.original_models import OriginalLoanStatus
from shuangyin.custody.original_rules import binding_of

SUBJECT_TYPE = original_queries.SUBJECT_TYPE


class OriginalLoanSubject:
    """A loan of originals as the subject of an approval (`approvals.ports.SubjectHandler`)."""

    def approved(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        decided(work, actor, subject_id, OriginalLoanStatus.APPROVED)

    def rejected(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        decided(work, actor, subject_id, OriginalLoanStatus.REJECTED)

    def sent_back(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        decided(work, actor, subject_id, OriginalLoanStatus.SENT_BACK)

    def may_read(self, work: UnitOfWork, actor: Actor, subject_id: str) -> bool:
        try:
            original_queries.loan(work, actor, subject_id)
        except NotFound:
            return False
        return True

    def current_binding(self, work: UnitOfWork, subject_id: str) -> str:
        loan = original_queries.row(work, subject_id)
        return binding_of(
            [one.id for _, one in original_queries.items(work, loan.id)],
            borrower_id=loan.borrower_id,
            purpose=loan.purpose,
            place=loan.place,
            from_at=loan.from_at,
            due_at=loan.due_at,
        )

    def cards(self, work: UnitOfWork, subject_ids: Collection[str]) -> Mapping[str, SubjectCard]:
        return original_queries.cards(work, subject_ids)
