"""What the scenario list implements for areas below it, and asks of areas above."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from shuangyin.approvals.ports import SubjectCard
from shuangyin.core.actor import Actor
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.scenarios import queries
from shuangyin.scenarios.commands import submitting
from shuangyin.scenarios.commands.drafting import SUBJECT_TYPE

__all__ = ["SUBJECT_TYPE", "ScenarioListSubject"]


class ScenarioListSubject:
    """A scenario list as the subject of an approval (`approvals.ports.SubjectHandler`)."""

    def approved(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        submitting.approved(work, actor, subject_id)

    def rejected(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        submitting.came_back(work, actor, subject_id, rejected=True)

    def sent_back(self, work: UnitOfWork, actor: Actor, subject_id: str) -> None:
        submitting.came_back(work, actor, subject_id, rejected=False)

    def may_read(self, work: UnitOfWork, actor: Actor, subject_id: str) -> bool:
        queries.get(work, actor.organization_id, subject_id)
        return queries.may_read_drafts(actor)

    def current_binding(self, work: UnitOfWork, subject_id: str) -> str:
        return queries.binding(work, queries.row(work, subject_id))

    def cards(self, work: UnitOfWork, subject_ids: Collection[str]) -> Mapping[str, SubjectCard]:
        return {
            row.id: SubjectCard(
                number=f"第 {row.version_number} 版",
                applicant_id=row.submitted_by or row.created_by,
                document_kind=SUBJECT_TYPE,
                amount_minor=None,
                currency="CNY",
                medium="",
                seal_names=(),
                counterparty_name="",
                high_risk=False,
                status=queries.status_now(row, work.now),
            )
            for row in queries.rows(work, subject_ids)
        }
